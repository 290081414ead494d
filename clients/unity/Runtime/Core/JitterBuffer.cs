// Keeps one dancer's frames until their time, and shows the pose of any moment without a jump, whatever the network did.
using System;
using System.Collections.Generic;

namespace Groovecast
{
    /// <summary>One dancer; one thread. Given server time, reads none.</summary>
    public sealed class JitterBuffer
    {
        private const int Capacity = 256; // two seconds at 120 a second
        private const double SameMomentS = 1e-6;

        private readonly PoseFrame[] _frames = new PoseFrame[Capacity];
        private readonly Stack<PoseFrame> _spare = new Stack<PoseFrame>();
        private readonly SoftLanding _landing = new SoftLanding();
        private readonly ShownPose _dance = new ShownPose();
        private int _count;
        private double _reachS = double.PositiveInfinity; // what comes for later than this cannot move the last picture
        private bool _moved; // something came that moves the last picture
        private bool _leapt; // time jumped

        /// <summary>The pose of the last picture.</summary>
        public readonly ShownPose Pose = new ShownPose();

        public int Received { get; private set; }

        /// <summary>Frames that came after their moment.</summary>
        public int Late { get; private set; }

        /// <summary>Frames that an earlier plan sent after a later one, and that were left out.</summary>
        public int Outdated { get; private set; }

        /// <summary>Pictures for which no frame was there.</summary>
        public int Starved { get; private set; }

        /// <summary>How much dance lies ready after the last picture.</summary>
        public double AheadS
        {
            get { return _count == 0 || Pose.Showing == Showing.Nothing ? 0 : _frames[_count - 1].PresentS - Pose.TimeS; }
        }

        /// <summary>A frame to write into and then to Add.</summary>
        public PoseFrame Rent()
        {
            return _spare.Count > 0 ? _spare.Pop() : new PoseFrame();
        }

        /// <summary>A frame that was rented and is not added.</summary>
        public void GiveBack(PoseFrame frame)
        {
            _spare.Push(frame);
        }

        /// <summary>Keep a frame; it belongs to the buffer from now on.</summary>
        public void Add(PoseFrame frame)
        {
            Received++;
            bool seen = Pose.Showing != Showing.Nothing;
            if (seen && frame.PresentS <= Pose.TimeS)
            {
                Late++;
            }
            for (int joint = 0; joint < frame.JointCount; joint++)
            {
                frame.LocalQuat[joint] = frame.LocalQuat[joint].Normalised;
            }
            int at = _count;
            while (at > 0 && _frames[at - 1].PresentS > frame.PresentS + SameMomentS)
            {
                at--;
            }
            if (at > 0 && _frames[at - 1].PresentS >= frame.PresentS - SameMomentS)
            {
                if (frame.Revision < _frames[at - 1].Revision)
                {
                    Outdated++;
                    GiveBack(frame);
                    return;
                }
                GiveBack(_frames[at - 1]);
                _frames[at - 1] = frame;
            }
            else if (at == 0 && seen && _count > 1 && _frames[0].PresentS <= Pose.TimeS)
            {
                GiveBack(frame); // older than all that is still needed
                return;
            }
            else
            {
                Insert(frame, at);
            }
            _moved |= seen && frame.PresentS <= _reachS;
        }

        /// <summary>Another session: its frames have another time. The figure stays, and blends into what comes.</summary>
        public void Restart()
        {
            while (_count > 0)
            {
                Drop();
            }
            _moved = false;
            _leapt = true;
            Pose.TimeS = double.NegativeInfinity;
        }

        /// <summary>Server time has jumped: the figure blends into where the dance is now.</summary>
        public void Leap()
        {
            _leapt = true;
        }

        /// <summary>Fill Pose with the pose of that moment of server time; false while there is none to show.</summary>
        public bool Show(double timeS)
        {
            bool seen = Pose.Showing != Showing.Nothing;
            if (_count == 0 || (_frames[0].PresentS > timeS && !seen))
            {
                Starved += seen ? 1 : 0;
                Pose.Showing = seen ? Showing.Holding : Showing.Nothing;
                Pose.BeatKnown = false;
                Pose.TimeS = seen ? timeS : Pose.TimeS;
                return seen;
            }
            double elapsedS = timeS - Pose.TimeS;
            // a picture that was long in coming is no leap: it shows where the dance is by then
            bool leap = seen && (_leapt || elapsedS < 0);
            bool gap = leap, cut = !seen;
            LookBack(timeS, ref gap, ref cut);
            if (cut)
            {
                _landing.Clear();
            }
            else if (_moved && !leap)
            {
                Dance(Pose.TimeS);
                _landing.Begin(Pose, _dance);
            }
            int at = Dance(timeS);
            if (gap && !cut)
            {
                _landing.Begin(Pose, _dance);
            }
            _landing.Land(_dance, leap ? 0 : elapsedS);
            Starved += _dance.Showing == Showing.Dancing ? 0 : 1;
            _dance.TimeS = timeS;
            Pose.CopyFrom(_dance);
            _moved = _leapt = false;
            _reachS = at + 2 < _count ? _frames[at + 2].PresentS : double.PositiveInfinity;
            while (_count > 2 && _frames[2].PresentS <= timeS) // two from before the moment say how fast it was
            {
                Drop();
            }
            return true;
        }

        /// <summary>Write the dance of a moment, as the frames have it, into _dance; answers the frame before it.</summary>
        private int Dance(double timeS)
        {
            int at = _count - 1;
            while (at > 0 && _frames[at].PresentS > timeS)
            {
                at--;
            }
            if (_frames[at].PresentS > timeS)
            {
                // all that is there is for later: the figure stays where it is until then
                _dance.CopyFrom(Pose);
                _dance.Showing = Showing.Holding;
                _dance.BeatKnown = false;
                _landing.Clear();
                _reachS = double.PositiveInfinity;
                return -1;
            }
            if (at + 1 < _count && FrameCurve.Joined(_frames, at + 1))
            {
                FrameCurve.Between(_frames, _count, at, timeS, _dance);
                _dance.Showing = Showing.Dancing;
                return at;
            }
            FrameCurve.After(_frames, at, timeS, _dance);
            bool onTheWay = at + 1 < _count && _frames[at + 1].Cut; // up to a cut nothing is missing
            bool coasts = timeS - _frames[at].PresentS <= FrameCurve.CoastS;
            _dance.Showing = !coasts ? Showing.Holding : onTheWay ? Showing.Dancing : Showing.Coasting;
            return at;
        }

        /// <summary>Whether the dance was cut since the last picture, or goes on after a hole in it.</summary>
        private void LookBack(double timeS, ref bool gap, ref bool cut)
        {
            for (int one = 0; one < _count && _frames[one].PresentS <= timeS; one++)
            {
                if (_frames[one].PresentS > Pose.TimeS)
                {
                    cut |= _frames[one].Cut;
                    gap |= one == 0 || !FrameCurve.Joined(_frames, one);
                }
            }
        }

        private void Insert(PoseFrame frame, int at)
        {
            if (_count == Capacity) // nobody looks: the oldest goes
            {
                Drop();
                at = Math.Max(at - 1, 0);
            }
            Array.Copy(_frames, at, _frames, at + 1, _count - at);
            _frames[at] = frame;
            _count++;
        }

        private void Drop()
        {
            GiveBack(_frames[0]);
            _count--;
            Array.Copy(_frames, 1, _frames, 0, _count);
            _frames[_count] = null;
        }
    }
}

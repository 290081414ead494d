// Says when a beat is danced: once for each, never for one that was left behind.
using System;

namespace Groovecast
{
    /// <summary>A beat that has just been shown.</summary>
    public struct BeatTick
    {
        public long Number; // the server's count
        public int BarPosition; // 0: the downbeat
        public int BeatsPerBar;
        public float TempoBpm;
    }

    /// <summary>Watches the beat count of the poses shown.</summary>
    public sealed class BeatWatch
    {
        private double _last = double.NaN;

        /// <summary>Look at the pose just shown; true when a beat came since the one before.</summary>
        public bool Step(ShownPose pose, int beatsPerBar, out BeatTick tick)
        {
            tick = new BeatTick();
            if (!pose.BeatKnown)
            {
                _last = double.NaN;
                return false;
            }
            double beat = Math.Floor(pose.Beat);
            // the first one known is not new, and a count that leapt or ran back is another count
            bool came = beat == _last + 1;
            _last = beat == _last - 1 ? _last : beat; // a hair back over the same beat
            if (!came)
            {
                return false;
            }
            int bar = pose.HasNextBeat && pose.NextBeat.BeatsPerBar > 0 ? pose.NextBeat.BeatsPerBar : beatsPerBar;
            bar = Math.Max(bar, 1);
            tick.Number = (long)beat;
            tick.BarPosition = (int)(((long)beat % bar + bar) % bar);
            tick.BeatsPerBar = bar;
            tick.TempoBpm = pose.TempoBpm;
            return true;
        }
    }
}

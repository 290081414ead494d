// What time it is at the server, from pings: the quickest of the last few counts, and time never jumps while playing.
using System;

namespace Groovecast
{
    /// <summary>Server time from the client's own; one thread.</summary>
    public sealed class ServerClock
    {
        public const int Kept = 16; // pings that are remembered
        public const double Slew = 0.05; // of elapsed time: slower than that nobody sees a dancer hurry
        public const double JumpS = 0.25; // further off than this it jumps after all

        private readonly double[] _waysS = new double[Kept];
        private readonly double[] _offsetsS = new double[Kept];
        private int _count;
        private int _next;
        private double _offsetS;
        private double _lastS = double.NaN;
        private bool _playing;

        /// <summary>True once a ping has come back.</summary>
        public bool Known
        {
            get { return _count > 0; }
        }

        /// <summary>How often time has jumped since Play: whoever moves by it should blend.</summary>
        public int Jumps { get; private set; }

        /// <summary>The shortest way there and back of the pings remembered; NaN before the first.</summary>
        public double ShortestWayS
        {
            get { return _count == 0 ? double.NaN : _waysS[Best()]; }
        }

        /// <summary>What to add to the client's clock (NaN before the first pong); ServerNow gets there slowly.</summary>
        public double MeasuredOffsetS
        {
            get { return _count == 0 ? double.NaN : _offsetsS[Best()]; }
        }

        /// <summary>A ping came back: t0 and t3 are the client's clock, t1 and t2 the server's.</summary>
        public void Pong(double t0, double t1, double t2, double t3)
        {
            double wayS = t3 - t0 - (t2 - t1);
            double offsetS = (t1 - t0 + (t2 - t3)) / 2;
            if (!Finite(wayS) || !Finite(offsetS) || wayS < 0)
            {
                return;
            }
            _waysS[_next] = wayS;
            _offsetsS[_next] = offsetS;
            _next = (_next + 1) % Kept;
            _count = Math.Min(_count + 1, Kept);
        }

        /// <summary>A dancer is on: from now on time hurries or lingers by 5 percent at most.</summary>
        public void Play()
        {
            _playing = true;
        }

        /// <summary>Another server, or the same one started anew: nothing of before counts.</summary>
        public void Reset()
        {
            _count = _next = 0;
            _lastS = double.NaN;
            _playing = false;
        }

        /// <summary>Server time; never steps back but for a jump of more than a quarter of a second.</summary>
        public double ServerNow(double nowS)
        {
            double targetS = MeasuredOffsetS;
            double offS = targetS - _offsetS;
            if (double.IsNaN(_lastS) || !_playing || Math.Abs(offS) > JumpS)
            {
                Jumps += _playing && !double.IsNaN(_lastS) ? 1 : 0;
                _offsetS = targetS;
            }
            else
            {
                double mostS = Slew * Math.Max(nowS - _lastS, 0);
                _offsetS += Math.Max(-mostS, Math.Min(mostS, offS));
            }
            _lastS = nowS;
            return nowS + _offsetS;
        }

        private int Best()
        {
            int best = 0;
            for (int one = 1; one < _count; one++)
            {
                if (_waysS[one] < _waysS[best])
                {
                    best = one;
                }
            }
            return best;
        }

        private static bool Finite(double value)
        {
            return !double.IsNaN(value) && !double.IsInfinity(value);
        }
    }
}

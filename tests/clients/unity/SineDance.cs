// A dance made of sines, planned anew again and again, and the joint speeds by which a jump would show.
using System;
using System.Collections.Generic;

namespace Groovecast.Tests
{
    internal sealed class SineDance
    {
        public const double StrideS = 8 / 30.0, LeadS = 0.2; // as often, and as long before, a plan is made

        private const double GrowsS = 0.8; // what a new plan has anew comes in over so long
        private readonly double[] _anew;
        private readonly double[] _sum; // of all up to that plan
        private readonly int _joints;

        public SineDance(int seed, int joints)
        {
            var random = new Random(seed);
            _anew = new double[4000];
            _sum = new double[4000];
            _joints = joints;
            for (int plan = 1; plan < _anew.Length; plan++)
            {
                _anew[plan] = (random.NextDouble() - 0.5) * 0.3 - _sum[plan - 1] * 0.5;
                _sum[plan] = _sum[plan - 1] + _anew[plan];
            }
        }

        /// <summary>The newest plan that there is at a moment, and the first moment that it changes.</summary>
        public static int PlanAt(double nowS)
        {
            return (int)Math.Floor(nowS / StrideS);
        }

        public static double FirstChangedS(int plan)
        {
            return plan * StrideS + LeadS;
        }

        /// <summary>The pose of a moment as a plan has it.</summary>
        public void Write(PoseFrame frame, double timeS, int plan)
        {
            int young = Math.Max(1, plan - 30);
            double more = _sum[young - 1]; // what is older than that is all in
            for (int one = young; one <= plan; one++)
            {
                double u = Math.Max(0, Math.Min(1, (timeS - FirstChangedS(one)) / GrowsS));
                more += _anew[one] * u * u * u * (10 + u * (6 * u - 15));
            }
            frame.PresentS = timeS;
            frame.RootM = new Vec3(
                (float)(0.3 * Math.Sin(2 * timeS)), (float)(0.9 + 0.04 * Math.Sin(12 * timeS)), (float)(0.1 * more));
            frame.Resize(_joints);
            for (int joint = 0; joint < _joints; joint++)
            {
                double swing = 0.3 * Math.Sin((2 + joint % 4) * timeS + joint) + 0.2 * more;
                var turn = new Vec3((float)swing, (float)(0.5 * swing), (float)(-0.7 * swing));
                frame.LocalQuat[joint] = Quat.Exp(turn);
            }
            frame.BeatKnown = true;
            frame.Beat = 2 * timeS;
            frame.TempoBpm = 120;
            frame.Blocks.Clear();
        }
    }

    /// <summary>How fast each joint goes from picture to picture, in metres a second.</summary>
    internal sealed class SpeedMeter
    {
        private readonly Skeleton _skeleton;
        private Vec3[] _before;
        private double _beforeS;

        public readonly List<double> Speeds = new List<double>();

        /// <summary>Pictures that were compared with the one before.</summary>
        public int Pictures { get; private set; }

        public SpeedMeter(Skeleton skeleton)
        {
            _skeleton = skeleton;
        }

        public void See(double timeS, Vec3 rootM, Quat[] localQuat, int joints)
        {
            var places = new Vec3[joints];
            _skeleton.Places(rootM, localQuat, places, new Quat[joints]);
            if (_before != null && timeS > _beforeS && _before.Length == joints)
            {
                Pictures++;
                for (int joint = 0; joint < joints; joint++)
                {
                    Speeds.Add((places[joint] - _before[joint]).Length / (timeS - _beforeS));
                }
            }
            _before = places;
            _beforeS = timeS;
        }

        /// <summary>What comes next is compared with nothing of before.</summary>
        public void Forget()
        {
            _before = null;
        }

        public double Quantile(double share)
        {
            if (Speeds.Count == 0)
            {
                return 0;
            }
            Speeds.Sort();
            return Speeds[Math.Min(Speeds.Count - 1, (int)(share * Speeds.Count))];
        }
    }
}

// The smooth way through the frames of a buffer: where every joint is at a moment between, or shortly after them.
using System;

namespace Groovecast
{
    /// <summary>Cubic Hermite in places and turns; what speed a frame has is taken from its neighbours.</summary>
    internal static class FrameCurve
    {
        public const double CoastS = 0.1; // how long it goes on when nothing comes

        // Frames further apart than this are not one movement: neither blended nor a source of speed.
        private const double ApartS = 0.25;

        /// <summary>True when the frame at `index` continues the one before it.</summary>
        public static bool Joined(PoseFrame[] frames, int index)
        {
            PoseFrame before = frames[index - 1], after = frames[index];
            return !after.Cut && after.JointCount == before.JointCount && after.PresentS - before.PresentS <= ApartS;
        }

        /// <summary>The pose at a moment between the frames `index` and `index` + 1, which are joined.</summary>
        public static void Between(PoseFrame[] frames, int count, int index, double timeS, ShownPose into)
        {
            PoseFrame a = frames[index], b = frames[index + 1];
            PoseFrame before = index > 0 && Joined(frames, index) ? frames[index - 1] : null;
            PoseFrame after = index + 2 < count && Joined(frames, index + 2) ? frames[index + 2] : null;
            double stepS = b.PresentS - a.PresentS;
            float u = (float)((timeS - a.PresentS) / stepS);
            float sinceA = u * (1 - u) * (1 - u), sinceB = u * u * (u - 1), way = u * u * (3 - 2 * u);
            var weights = new Weights(before, a, b, after);

            Vec3 d = b.RootM - a.RootM;
            Vec3 first = before == null ? d : weights.AtA(a.RootM - before.RootM, d);
            Vec3 last = after == null ? d : weights.AtB(d, after.RootM - b.RootM);
            into.RootM = a.RootM + first * sinceA + d * way + last * sinceB;
            into.Resize(a.JointCount);
            for (int joint = 0; joint < a.JointCount; joint++)
            {
                Quat from = a.LocalQuat[joint];
                Vec3 turn = Quat.Log(from.Inverse * b.LocalQuat[joint]);
                Vec3 firstTurn = before == null
                    ? turn
                    : weights.AtA(Quat.Log(before.LocalQuat[joint].Inverse * from), turn);
                Vec3 lastTurn = after == null
                    ? turn
                    : weights.AtB(turn, Quat.Log(b.LocalQuat[joint].Inverse * after.LocalQuat[joint]));
                Vec3 here = firstTurn * sinceA + turn * way + lastTurn * sinceB;
                into.LocalQuat[joint] = (from * Quat.Exp(here)).Normalised;
            }
            Mark(a, into);
            bool counts = a.BeatKnown && b.BeatKnown && b.Beat >= a.Beat && b.Beat - a.Beat < 1; // else counted anew
            into.Beat = counts ? a.Beat + (b.Beat - a.Beat) * u : a.Beat + Beats(a, timeS);
        }

        /// <summary>The pose at a moment after the frame at `index`: on at its speed, ever slower, then still.</summary>
        public static void After(PoseFrame[] frames, int index, double timeS, ShownPose into)
        {
            PoseFrame a = frames[index];
            PoseFrame before = index > 0 && Joined(frames, index) ? frames[index - 1] : null;
            double sinceS = Math.Max(timeS - a.PresentS, 0), goneS = Math.Min(sinceS, CoastS);
            // its speed falls evenly to nothing, so that it does not stop with a jerk
            double onS = goneS * (1 - goneS / (2 * CoastS));
            float by = before == null ? 0 : (float)(onS / (a.PresentS - before.PresentS));
            into.RootM = before == null ? a.RootM : a.RootM + (a.RootM - before.RootM) * by;
            into.Resize(a.JointCount);
            for (int joint = 0; joint < a.JointCount; joint++)
            {
                Quat q = a.LocalQuat[joint];
                if (before != null)
                {
                    q = (q * Quat.Exp(Quat.Log(before.LocalQuat[joint].Inverse * q) * by)).Normalised;
                }
                into.LocalQuat[joint] = q;
            }
            Mark(a, into);
            into.BeatKnown = a.BeatKnown && sinceS <= CoastS;
            into.Beat = a.Beat + Beats(a, timeS);
        }

        private static double Beats(PoseFrame frame, double timeS)
        {
            return (timeS - frame.PresentS) * frame.TempoBpm / 60;
        }

        private static void Mark(PoseFrame frame, ShownPose into)
        {
            into.PlantedFeet = frame.PlantedFeet;
            into.BeatKnown = frame.BeatKnown;
            into.TempoBpm = frame.TempoBpm;
            into.Energy = frame.Energy;
            into.HasNextBeat = frame.HasNextBeat;
            into.NextBeat = frame.NextBeat;
            into.HasContactPlaces = frame.HasContactPlaces;
            Array.Copy(frame.ContactPlacesM, into.ContactPlacesM, PoseFrame.Feet);
        }

        /// <summary>The speed at a frame is that of the parabola through it and its neighbours, times the step.</summary>
        private struct Weights
        {
            private readonly float _beforeAtA, _betweenAtA, _betweenAtB, _afterAtB;

            public Weights(PoseFrame before, PoseFrame a, PoseFrame b, PoseFrame after)
            {
                double step = b.PresentS - a.PresentS;
                double past = before == null ? step : a.PresentS - before.PresentS;
                double next = after == null ? step : after.PresentS - b.PresentS;
                _beforeAtA = (float)(step * step / (past * (past + step)));
                _betweenAtA = (float)(past / (past + step));
                _betweenAtB = (float)(next / (next + step));
                _afterAtB = (float)(step * step / (next * (next + step)));
            }

            public Vec3 AtA(Vec3 before, Vec3 between)
            {
                return before * _beforeAtA + between * _betweenAtA;
            }

            public Vec3 AtB(Vec3 between, Vec3 after)
            {
                return between * _betweenAtB + after * _afterAtB;
            }
        }
    }
}

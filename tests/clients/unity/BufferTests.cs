// The jitter buffer on a clock turned by hand: smooth through a bad network, still without one, and back without a jump.
using System;
using System.Collections.Generic;

namespace Groovecast.Tests
{
    public static class BufferTests
    {
        private const double Step = 1 / 60.0;
        private const int Joints = 22;

        private sealed class Parcel
        {
            public double DueS;
            public double PresentS;
            public int Plan;
            public byte Revision;
        }

        public static void Through_40_ms_with_30_of_jitter_and_2_percent_lost_no_joint_jumps()
        {
            ShownAt60(0.04, 0.03, 0.02, 11);
        }

        public static void On_a_perfect_network_no_joint_jumps()
        {
            ShownAt60(0, 0, 0, 12);
        }

        /// <summary>A minute: frames look-ahead before their time, and again when they are planned anew.</summary>
        private static void ShownAt60(double delayS, double jitterS, double loss, int seed)
        {
            var random = new Random(seed);
            var dance = new SineDance(seed, Joints);
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            SpeedMeter source = new SpeedMeter(skeleton), shown = new SpeedMeter(skeleton);
            double lookAheadS = new StreamSettings().LookAheadS;
            List<Parcel> onTheWay = new List<Parcel>();
            var buffer = new JitterBuffer();
            var truth = new PoseFrame();
            for (int picture = 0; picture < 3600; picture++)
            {
                double nowS = picture * Step;
                int plan = SineDance.PlanAt(nowS), before = SineDance.PlanAt(nowS - Step);
                double newestS = Math.Floor((nowS + lookAheadS) / Step) * Step;
                double firstAgainS = plan == before ? newestS : SineDance.FirstChangedS(plan);
                for (double t = newestS; t >= firstAgainS - 1e-9; t -= Step)
                {
                    double lateS = delayS + (2 * random.NextDouble() - 1) * jitterS;
                    if (random.NextDouble() >= loss)
                    {
                        byte revision = (byte)(t < newestS - 1e-9 ? 1 : 0);
                        onTheWay.Add(new Parcel { DueS = nowS + lateS, PresentS = t, Plan = plan, Revision = revision });
                    }
                }
                onTheWay.Sort((a, b) => a.DueS.CompareTo(b.DueS));
                while (onTheWay.Count > 0 && onTheWay[0].DueS <= nowS)
                {
                    PoseFrame frame = buffer.Rent();
                    dance.Write(frame, onTheWay[0].PresentS, onTheWay[0].Plan);
                    frame.Revision = onTheWay[0].Revision;
                    frame.Cut = false;
                    buffer.Add(frame);
                    onTheWay.RemoveAt(0);
                }
                dance.Write(truth, nowS, plan);
                source.See(nowS, truth.RootM, truth.LocalQuat, Joints);
                double showS = nowS + (random.NextDouble() - 0.5) * 0.004; // pictures are not drawn to the millisecond
                if (buffer.Show(showS))
                {
                    shown.See(showS, buffer.Pose.RootM, buffer.Pose.LocalQuat, Joints);
                }
            }
            double most = source.Quantile(0.999), got = shown.Quantile(1), steady = shown.Quantile(0.999);
            Program.Tell("source_p999_m_s", most);
            Program.Tell("source_max_m_s", source.Quantile(1));
            Program.Tell("shown_p999_m_s", steady);
            Program.Tell("shown_max_m_s", got);
            Program.Tell("shown_pictures", shown.Speeds.Count / Joints);
            Check.That(got <= 1.2 * most, "the fastest joint shown goes " + got + " m/s, the source " + most);
            Check.That(got <= 1.02 * source.Quantile(1), "nothing shown is faster than the source at its fastest");
            Check.That(shown.Speeds.Count / Joints > 3550, "pictures");
            Check.Same(buffer.Starved, 0, "starved");
        }

        public static void A_pose_between_two_frames_is_where_the_dance_is()
        {
            var dance = new SineDance(3, Joints);
            var buffer = Filled(dance, 0, 1);
            var truth = new PoseFrame();
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            Vec3[] want = new Vec3[Joints], got = new Vec3[Joints];
            for (double t = 0.2; t < 0.8; t += 0.0071)
            {
                Check.That(buffer.Show(t), "there is a pose");
                dance.Write(truth, t, 0);
                skeleton.Places(truth.RootM, truth.LocalQuat, want, new Quat[Joints]);
                skeleton.Places(buffer.Pose.RootM, buffer.Pose.LocalQuat, got, new Quat[Joints]);
                for (int joint = 0; joint < Joints; joint++)
                {
                    Check.Near(got[joint], want[joint], 2e-4, "joint " + joint + " at " + t);
                }
                Check.Near(buffer.Pose.Beat, 2 * t, 1e-9, "beat");
            }
        }

        public static void At_30_frames_a_second_speed_has_no_kinks()
        {
            var dance = new SineDance(3, Joints);
            var buffer = new JitterBuffer();
            for (int frame = 0; frame < 60; frame++)
            {
                Add(buffer, dance, frame / 30.0);
            }
            double worst = 0, before = double.NaN, speedBefore = double.NaN;
            for (double t = 0.5; t < 1.5; t += 1 / 240.0)
            {
                buffer.Show(t);
                double place = buffer.Pose.RootM.X, speed = (place - before) * 240;
                if (!double.IsNaN(speed) && !double.IsNaN(speedBefore))
                {
                    worst = Math.Max(worst, Math.Abs(speed - speedBefore));
                }
                before = place;
                speedBefore = speed;
            }
            // 0.3 sin 2t: 1.2 m/s2 at most; lines between the frames would step by 0.04 m/s at each of them
            Check.That(worst < 0.012, "speed steps by " + worst + " m/s");
        }

        public static void The_higher_revision_of_a_moment_is_shown_and_a_lower_one_is_not()
        {
            var buffer = new JitterBuffer();
            for (int frame = 0; frame < 10; frame++)
            {
                At(buffer, frame * Step, 0, 0);
            }
            At(buffer, 5 * Step + 4e-7, 1, 2);
            At(buffer, 5 * Step, 9, 1);
            Check.Same(buffer.Outdated, 1, "outdated");
            buffer.Show(5 * Step);
            Check.Near(buffer.Pose.RootM.X, 1, 1e-4, "place");
            Check.Same(buffer.Received, 12, "received");
        }

        public static void A_cut_is_not_blended_over()
        {
            var buffer = new JitterBuffer();
            for (int frame = 0; frame < 20; frame++)
            {
                PoseFrame one = Frame(buffer, frame * Step, frame < 10 ? 0 : 5);
                one.Cut = frame == 10;
                buffer.Add(one);
            }
            buffer.Show(9 * Step);
            buffer.Show(9.9 * Step);
            Check.Near(buffer.Pose.RootM.X, 0, 1e-6, "before the cut");
            buffer.Show(10.1 * Step);
            Check.Near(buffer.Pose.RootM.X, 5, 1e-6, "after the cut");
            Check.Same(buffer.Starved, 0, "nothing was missing");
        }

        public static void When_frames_stop_it_goes_on_for_100_ms_and_then_holds()
        {
            var buffer = new JitterBuffer();
            for (int frame = 0; frame <= 10; frame++)
            {
                At(buffer, frame * Step, frame * (float)Step, 0); // one metre a second
            }
            double last = 10 * Step;
            buffer.Show(last - 0.001);
            buffer.Show(last + 0.02);
            Check.Same(buffer.Pose.Showing, Showing.Coasting, "showing");
            Check.That(buffer.Pose.RootM.X > last + 0.015, "it goes on");
            buffer.Show(last + 0.1);
            float held = buffer.Pose.RootM.X;
            Check.Near(held, last + 0.05, 1e-4, "it has gone 5 cm");
            for (int picture = 0; picture < 100; picture++)
            {
                buffer.Show(last + 0.11 + picture * Step);
                Check.Same(buffer.Pose.Showing, Showing.Holding, "showing");
                Check.Near(buffer.Pose.RootM.X, held, 1e-6, "it stays");
                Check.That(!buffer.Pose.BeatKnown, "no beat is known");
            }
            Check.Same(buffer.Starved, 102, "starved");
        }

        public static void After_a_silence_it_blends_back_within_150_ms()
        {
            Blends(buffer => { });
        }

        public static void After_another_session_it_blends_from_where_it_stood()
        {
            Blends(buffer => buffer.Restart());
        }

        /// <summary>It stands at 0, then frames come a metre beside, 0.25 s before their time.</summary>
        private static void Blends(Action<JitterBuffer> between)
        {
            var buffer = new JitterBuffer();
            for (int frame = 0; frame <= 10; frame++)
            {
                At(buffer, frame * Step, 0, 0);
            }
            double t = 0;
            for (; t < 2; t += Step)
            {
                buffer.Show(t);
            }
            between(buffer);
            double begin = t + 0.25, before = 0, most = 0, thereS = double.NaN;
            for (; t < begin + 1; t += Step)
            {
                At(buffer, t + 0.25, 1, 0);
                Check.That(buffer.Show(t), "there is always a pose");
                most = Math.Max(most, Math.Abs(buffer.Pose.RootM.X - before));
                before = buffer.Pose.RootM.X;
                if (double.IsNaN(thereS) && before > 0.999)
                {
                    thereS = t;
                }
            }
            Check.That(most < 0.2, "a step of " + most + " m: a jump would be 1");
            Check.That(thereS < begin + 0.2, "it is there after " + (thereS - begin) + " s");
        }

        public static void When_server_time_jumps_the_figure_blends()
        {
            var buffer = new JitterBuffer();
            for (int frame = 0; frame <= 200; frame++)
            {
                At(buffer, frame * Step, frame * (float)Step, 0); // one metre a second
            }
            buffer.Show(1);
            buffer.Leap();
            buffer.Show(2);
            Check.Near(buffer.Pose.RootM.X, 1, 1e-3, "right after the jump");
            for (double t = 2; t < 2.2; t += Step)
            {
                buffer.Show(t);
            }
            Check.Near(buffer.Pose.RootM.X, buffer.Pose.TimeS, 1e-3, "a moment later");
        }

        public static void A_picture_that_was_long_in_coming_shows_where_the_dance_is()
        {
            var buffer = new JitterBuffer();
            for (int frame = 0; frame <= 200; frame++)
            {
                At(buffer, frame * Step, frame * (float)Step, 0);
            }
            buffer.Show(1);
            buffer.Show(1.7);
            Check.Near(buffer.Pose.RootM.X, 1.7, 1e-3, "place");
        }

        public static void A_late_frame_moves_the_figure_without_a_jump()
        {
            var buffer = new JitterBuffer();
            At(buffer, 0, 0, 0);
            At(buffer, Step, 0, 0);
            buffer.Show(0.5 * Step);
            buffer.Show(3 * Step); // nothing came: it holds at 0
            At(buffer, 2 * Step, 0.5f, 0);
            At(buffer, 3 * Step, 0.5f, 0);
            At(buffer, 4 * Step, 0.5f, 0);
            At(buffer, 5 * Step, 0.5f, 0);
            Check.Same(buffer.Late, 2, "late");
            buffer.Show(3.2 * Step);
            Check.That(buffer.Pose.RootM.X < 0.1, "it is on its way, at " + buffer.Pose.RootM.X);
        }

        public static void Another_number_of_joints_is_shown_and_breaks_nothing()
        {
            var buffer = new JitterBuffer();
            for (int frame = 0; frame < 30; frame++)
            {
                PoseFrame one = Frame(buffer, frame * Step, 0);
                one.Resize(frame < 10 ? 22 : frame < 20 ? 52 : 0);
                for (int joint = 0; joint < one.JointCount; joint++)
                {
                    one.LocalQuat[joint] = Quat.Identity;
                }
                buffer.Add(one);
            }
            for (double t = 0; t < 0.6; t += 0.004)
            {
                buffer.Show(t);
            }
            Check.Same(buffer.Pose.JointCount, 0, "joints");
        }

        public static void Random_frames_and_looks_never_break_it()
        {
            var random = new Random(5);
            var buffer = new JitterBuffer();
            double t = 10;
            for (int round = 0; round < 30000; round++)
            {
                PoseFrame one = Frame(buffer, t + (random.NextDouble() - 0.4) * (round % 7 == 0 ? 20 : 0.5), 0);
                one.Cut = random.Next(0, 50) == 0;
                one.Revision = (byte)random.Next(0, 3);
                one.LocalQuat[0] = new Quat((float)random.NextDouble() - 0.5f, (float)random.NextDouble(), 0, 0);
                buffer.Add(one);
                t += random.Next(0, 100) == 0 ? (random.NextDouble() - 0.5) * 4 : 0.01;
                if (random.Next(0, 500) == 0)
                {
                    buffer.Restart();
                }
                buffer.Show(t);
                Quat q = buffer.Pose.JointCount > 0 ? buffer.Pose.LocalQuat[0] : Quat.Identity;
                double length = (double)q.W * q.W + (double)q.X * q.X + (double)q.Y * q.Y + (double)q.Z * q.Z;
                Check.Near(length, 1, 1e-4, "length of a turn");
            }
        }

        public static void Beats_are_told_once_each_with_their_place_in_the_bar()
        {
            var watch = new BeatWatch();
            var pose = new ShownPose { BeatKnown = true };
            var told = new List<string>();
            foreach (double beat in new[] { 2.9, 2.99, 3.01, 3.5, 4.2, 4.1, 4.99, 5.01, 4.99, 5.02, 9.0, 9.5, 10.1 })
            {
                BeatTick tick;
                pose.Beat = beat;
                if (watch.Step(pose, 4, out tick))
                {
                    told.Add(tick.Number + "/" + tick.BarPosition);
                }
            }
            Check.Same(string.Join(" ", told.ToArray()), "3/3 4/0 5/1 10/2", "beats");
        }

        private static JitterBuffer Filled(SineDance dance, double beginS, double endS)
        {
            var buffer = new JitterBuffer();
            for (double t = beginS; t <= endS; t += Step)
            {
                Add(buffer, dance, t);
            }
            return buffer;
        }

        private static void Add(JitterBuffer buffer, SineDance dance, double timeS)
        {
            PoseFrame frame = buffer.Rent();
            dance.Write(frame, timeS, 0);
            buffer.Add(frame);
        }

        private static PoseFrame Frame(JitterBuffer buffer, double timeS, float x)
        {
            PoseFrame frame = buffer.Rent();
            frame.PresentS = timeS;
            frame.RootM = new Vec3(x, 0, 0);
            frame.Revision = 0;
            frame.Cut = false;
            frame.Resize(1);
            frame.LocalQuat[0] = Quat.Identity;
            return frame;
        }

        private static void At(JitterBuffer buffer, double timeS, float x, byte revision)
        {
            PoseFrame frame = Frame(buffer, timeS, x);
            frame.Revision = revision;
            buffer.Add(frame);
        }
    }
}

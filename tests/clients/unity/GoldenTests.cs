// Every golden vector of the protocol, read and written by the Unity package's codec, and put into Unity's space.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace Groovecast.Tests
{
    public static class GoldenTests
    {
        // these two hold bytes that a sender of today never writes
        private static readonly string[] ReadOnly = { "unknown_flags", "i16_edges" };

        public static Skeleton ReadSkeleton(string protocol)
        {
            return Skeleton.Read(TextMessage.Read(File.ReadAllText(Path.Combine(protocol, "skeleton.json"))));
        }

        public static void Every_golden_vector_is_read_written_and_where_Unity_has_it()
        {
            int frames = 0, refused = 0, inUnity = 0;
            Skeleton skeleton = ReadSkeleton(Program.Protocol);
            foreach (string path in Directory.GetFiles(Path.Combine(Program.Protocol, "golden"), "*.bin"))
            {
                string name = Path.GetFileNameWithoutExtension(path);
                if (name.StartsWith("sound_"))
                {
                    continue; // what a server reads
                }
                byte[] message = File.ReadAllBytes(path);
                var said = (Dictionary<string, object>)Json.Read(File.ReadAllText(Path.ChangeExtension(path, ".json")));
                if ((string)said["expect"] == "reject")
                {
                    Check.Throws<WireException>(() => PoseCodec.Decode(message, message.Length), name);
                    refused++;
                    continue;
                }
                PoseFrame frame = PoseCodec.Decode(message, message.Length);
                Compare(name, frame, (Dictionary<string, object>)said["frame"]);
                if (!ReadOnly.Contains(name))
                {
                    Written(name, (Dictionary<string, object>)said["frame"], message);
                }
                frames++;
                string unity = Path.ChangeExtension(path, ".unity.json");
                if (File.Exists(unity))
                {
                    InUnity(name, frame, skeleton, (Dictionary<string, object>)Json.Read(File.ReadAllText(unity)));
                    inUnity++;
                }
            }
            Program.Tell("frames", frames);
            Program.Tell("refused", refused);
            Program.Tell("in_unity", inUnity);
        }

        private static void Compare(string name, PoseFrame got, Dictionary<string, object> want)
        {
            Check.Same(got.Seq, (uint)(double)want["seq"], name + " seq");
            Check.Same((double)got.Revision, (double)want["revision"], name + " revision");
            Check.Same((double)got.Dancer, (double)want["dancer"], name + " dancer");
            Check.Same(got.CaptureS, (double)want["t_capture_s"], name + " t_capture_s");
            Check.Same(got.PresentS, (double)want["t_present_s"], name + " t_present_s");
            Check.Same(got.BeatKnown ? (object)got.Beat : null, want["beat"], name + " beat");
            Check.Same((double)got.TempoBpm, (double)want["tempo_bpm"], name + " tempo_bpm");
            Check.Same((double)got.Energy, (double)want["energy"], name + " energy");
            Check.Same(got.Cut, (bool)want["cut"], name + " cut");
            Check.Same(got.Encoding == FrameEncoding.I16 ? "i16" : "f32", (string)want["encoding"], name + " encoding");
            SamePlace(got.RootM, want["root_m"], name + " root_m");
            var quats = (List<object>)want["local_quat_wxyz"];
            Check.Same(got.JointCount, quats.Count, name + " joints");
            for (int joint = 0; joint < quats.Count; joint++)
            {
                SameQuat(got.LocalQuat[joint], quats[joint], name + " joint " + joint);
            }
            var contacts = (List<object>)want["contacts"];
            for (int foot = 0; foot < PoseFrame.Feet; foot++)
            {
                Check.Same(got.Planted(foot), (bool)contacts[foot], name + " contact " + foot);
            }
            var blocks = (List<object>)want["blocks"];
            Check.Same(got.Blocks.Count, blocks.Count, name + " blocks");
            for (int block = 0; block < blocks.Count; block++)
            {
                var wanted = (Dictionary<string, object>)blocks[block];
                Check.Same((double)got.Blocks[block].Type, (double)wanted["type"], name + " block type");
                Check.Same(Hex(got.Blocks[block].Content), (string)wanted["hex"], name + " block");
            }
            CompareKnownBlocks(name, got, want);
        }

        private static void CompareKnownBlocks(string name, PoseFrame got, Dictionary<string, object> want)
        {
            var beat = (Dictionary<string, object>)want["next_beat"];
            Check.Same(got.HasNextBeat, beat != null, name + " next_beat");
            if (beat != null)
            {
                Check.Same(got.NextBeat.NextBeatS, (double)beat["next_beat_s"], name + " next_beat_s");
                Check.Same((double)got.NextBeat.PeriodS, (double)beat["period_s"], name + " period_s");
                Check.Same((double)got.NextBeat.BeatsPerBar, (double)beat["beats_per_bar"], name + " beats_per_bar");
                Check.Same(got.NextBeat.Confidence, (double)beat["confidence"], name + " confidence");
                Check.Same((double)got.NextBeat.BarPosition, (double)beat["bar_position"], name + " bar_position");
                Block written = PoseCodec.Beat(got.NextBeat);
                Check.Same(Hex(written.Content), Hex(got.Blocks.First(b => b.Type == 1).Content), name + " beat block");
            }
            var places = (List<object>)want["contact_places_m"];
            Check.Same(got.HasContactPlaces, places != null, name + " contact_places_m");
            for (int foot = 0; places != null && foot < PoseFrame.Feet; foot++)
            {
                SamePlace(got.ContactPlacesM[foot], places[foot], name + " contact place " + foot);
            }
            if (places != null)
            {
                Block written = PoseCodec.Contacts(got.ContactPlacesM);
                Check.Same(Hex(written.Content), Hex(got.Blocks.First(b => b.Type == 2).Content), name + " contacts block");
            }
        }

        /// <summary>A frame made from the JSON's values alone is written to the very bytes.</summary>
        private static void Written(string name, Dictionary<string, object> said, byte[] message)
        {
            var frame = new PoseFrame
            {
                Seq = (uint)(double)said["seq"],
                Revision = (byte)(double)said["revision"],
                Dancer = (byte)(double)said["dancer"],
                CaptureS = (double)said["t_capture_s"],
                PresentS = (double)said["t_present_s"],
                BeatKnown = said["beat"] != null,
                Beat = said["beat"] == null ? 0 : (double)said["beat"],
                TempoBpm = (float)(double)said["tempo_bpm"],
                Energy = (float)(double)said["energy"],
                Cut = (bool)said["cut"],
                Encoding = (string)said["encoding"] == "i16" ? FrameEncoding.I16 : FrameEncoding.F32,
                RootM = Place(said["root_m"]),
            };
            var contacts = (List<object>)said["contacts"];
            for (int foot = 0; foot < PoseFrame.Feet; foot++)
            {
                frame.PlantedFeet |= (byte)((bool)contacts[foot] ? 1 << foot : 0);
            }
            var quats = (List<object>)said["local_quat_wxyz"];
            frame.Resize(quats.Count);
            for (int joint = 0; joint < quats.Count; joint++)
            {
                double[] q = Numbers(quats[joint]);
                frame.LocalQuat[joint] = new Quat((float)q[0], (float)q[1], (float)q[2], (float)q[3]);
            }
            foreach (Dictionary<string, object> block in (List<object>)said["blocks"])
            {
                frame.Blocks.Add(new Block((ushort)(double)block["type"], Bytes((string)block["hex"])));
            }
            Check.Same(Hex(PoseCodec.Encode(frame)), Hex(message), name + " written");
        }

        private static void InUnity(string name, PoseFrame frame, Skeleton skeleton, Dictionary<string, object> want)
        {
            var turns = new Quat[frame.JointCount];
            var offsets = new Vec3[frame.JointCount];
            var quats = (List<object>)want["local_quat_xyzw"];
            Check.Near(UnitySpace.Mirrored(frame.RootM), Place(want["root_m"]), 1e-6, name + " root in Unity");
            for (int joint = 0; joint < frame.JointCount; joint++)
            {
                turns[joint] = UnitySpace.Mirrored(frame.LocalQuat[joint]);
                offsets[joint] = UnitySpace.Mirrored(skeleton.Joints[joint].OffsetM);
                double[] xyzw = Numbers(quats[joint]);
                Check.Near(turns[joint].X, xyzw[0], 2e-6, name + " x of joint " + joint + " in Unity");
                Check.Near(turns[joint].Y, xyzw[1], 2e-6, name + " y of joint " + joint + " in Unity");
                Check.Near(turns[joint].Z, xyzw[2], 2e-6, name + " z of joint " + joint + " in Unity");
                Check.Near(turns[joint].W, xyzw[3], 2e-6, name + " w of joint " + joint + " in Unity");
            }
            var places = (List<object>)want["joints_m"];
            var world = new Vec3[frame.JointCount];
            var worldTurns = new Quat[frame.JointCount];
            for (int joint = 0; joint < frame.JointCount; joint++)
            {
                int parent = skeleton.Joints[joint].Parent;
                Quat turn = turns[joint].Normalised;
                world[joint] = parent < 0
                    ? UnitySpace.Mirrored(frame.RootM)
                    : world[parent] + worldTurns[parent] * offsets[joint];
                worldTurns[joint] = parent < 0 ? turn : worldTurns[parent] * turn;
                Check.Near(world[joint], Place(places[joint]), 1e-5, name + " place of joint " + joint + " in Unity");
            }
        }

        public static double[] Numbers(object list)
        {
            return ((List<object>)list).Select(value => (double)value).ToArray();
        }

        public static Vec3 Place(object list)
        {
            double[] xyz = Numbers(list);
            return new Vec3((float)xyz[0], (float)xyz[1], (float)xyz[2]);
        }

        private static void SamePlace(Vec3 got, object want, string what)
        {
            double[] xyz = Numbers(want);
            Check.That(got.X == xyz[0] && got.Y == xyz[1] && got.Z == xyz[2], what + ": got " + got);
        }

        private static void SameQuat(Quat got, object want, string what)
        {
            double[] q = Numbers(want);
            bool same = got.W == (float)q[0] && got.X == (float)q[1] && got.Y == (float)q[2] && got.Z == (float)q[3];
            Check.That(same, what + ": got " + got);
        }

        private static string Hex(byte[] bytes)
        {
            var hex = new StringBuilder();
            foreach (byte one in bytes)
            {
                hex.Append(one.ToString("x2"));
            }
            return hex.ToString();
        }

        private static byte[] Bytes(string hex)
        {
            return Enumerable.Range(0, hex.Length / 2).Select(at => Convert.ToByte(hex.Substring(2 * at, 2), 16)).ToArray();
        }
    }
}

// The client on a fake network and a clock turned by hand: it greets, asks, comes back after a loss, and gives nothing up.
using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Groovecast.Tests
{
    /// <summary>A network that does what the test says.</summary>
    internal sealed class FakeTransport : IPoseTransport
    {
        public readonly List<string> Sent = new List<string>();
        public readonly List<double> OpenedAtS = new List<double>();
        public bool Reachable = true;
        public double NowS;
        public int Flooding; // so many messages of nonsense come after all others

        private readonly Queue<Arrival> _coming = new Queue<Arrival>();

        public TransportState State { get; private set; }

        public string LastError { get; private set; } = "";

        public int Unread
        {
            get { return 0; }
        }

        public void Open(StreamAddress address)
        {
            OpenedAtS.Add(NowS);
            State = Reachable ? TransportState.Open : TransportState.Closed;
            LastError = Reachable ? "" : "no route";
        }

        public void Come(string text)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            _coming.Enqueue(new Arrival { IsText = true, Bytes = bytes, Count = bytes.Length, CameS = NowS });
        }

        /// <summary>A hello of that session, and a ping that took no time: it is `serverS` there.</summary>
        public void Greet(string session, double serverS)
        {
            string now = Json.Number(NowS), there = Json.Number(serverS);
            Come(
                "{\"type\":\"hello\",\"version\":\"0.1.0\",\"session\":\"" + session + "\",\"now_s\":" + there
                + ",\"fps\":60,\"look_ahead_s\":0.2,\"encoding\":\"f32\",\"joints\":52,\"blocks\":[]}");
            Come("{\"type\":\"pong\",\"t0\":" + now + ",\"t1\":" + there + ",\"t2\":" + there + "}");
        }

        public void Come(byte[] bytes)
        {
            _coming.Enqueue(new Arrival { Bytes = bytes, Count = bytes.Length, CameS = NowS });
        }

        public bool TryRead(out Arrival arrival)
        {
            if (_coming.Count == 0 && Flooding > 0)
            {
                Flooding--;
                Come("{}");
            }
            arrival = _coming.Count > 0 ? _coming.Peek() : new Arrival();
            return _coming.Count > 0 && _coming.Dequeue().Bytes != null;
        }

        public void Recycle(byte[] bytes)
        {
        }

        public void Send(string text)
        {
            Sent.Add(text);
        }

        public void Close()
        {
            State = TransportState.Closed;
        }

        public void Dispose()
        {
            Close();
        }
    }

    public static class StreamTests
    {
        public static void A_flood_of_messages_does_not_hold_up_the_picture()
        {
            var network = new FakeTransport { Flooding = 200000 };
            var stream = new PoseStream(network, StreamAddress.Read("x", ""), new StreamSettings());
            stream.Update(0);
            Check.That(network.Flooding > 100000, network.Flooding + " are left for later pictures");
            stream.Update(1);
            Check.That(network.Flooding < 190000, "some were read");
        }

        public static void A_long_complaint_of_a_server_is_cut()
        {
            var network = new FakeTransport();
            var stream = new PoseStream(network, StreamAddress.Read("x", ""), new StreamSettings());
            network.Come("{\"type\":\"notice\",\"text\":\"" + new string('x', 100000) + "\"}");
            stream.Update(0);
            Check.That(stream.Error.StartsWith("xxx") && stream.Error.Length < 1000, stream.Error.Length + " characters");
        }

        public static void The_same_skeleton_told_again_is_the_same_and_another_is_another()
        {
            var network = new FakeTransport();
            var stream = new PoseStream(network, StreamAddress.Read("x", ""), new StreamSettings());
            const string skeleton = "{\"type\":\"skeleton\",\"hash\":\"HASH\",\"joints\":[{\"name\":\"hips\",\"offset_m\":[0,1,0]}]}";
            network.Come(skeleton);
            stream.Update(0);
            Skeleton first = stream.Skeleton;
            network.Come(skeleton);
            stream.Update(1);
            Check.That(first != null && ReferenceEquals(stream.Skeleton, first), "the same");
            network.Come(skeleton.Replace("HASH", "other"));
            stream.Update(2);
            Check.That(!ReferenceEquals(stream.Skeleton, first), "another");
        }

        public static void It_asks_for_what_the_settings_say_when_it_is_greeted()
        {
            var network = new FakeTransport();
            PoseStream stream = Stream(network);
            Run(stream, network, 0, 0.1);
            network.Greet("a", 1000);
            Run(stream, network, 0.1, 0.2);
            Check.That(stream.Connected, "connected");
            string asked = network.Sent.Find(text => text.Contains("subscribe"));
            Check.Same(
                asked,
                "{\"type\":\"subscribe\",\"fps\":60,\"look_ahead_s\":0.25,\"encoding\":\"f32\",\"joints\":52,"
                + "\"blocks\":[\"beat\"]}",
                "asked");
            Check.That(network.Sent.Exists(text => text.StartsWith("{\"type\":\"ping\",\"t0\":")), "it pings");
            network.Come("{\"type\":\"subscribed\",\"fps\":30,\"look_ahead_s\":0.5}");
            network.Come("{\"type\":\"state\",\"beats_per_bar\":3,\"dropped_here\":7,\"tempo_bpm\":120}");
            Run(stream, network, 0.2, 0.3);
            Check.Same(stream.GrantedFps, 30, "granted");
            Check.Same(stream.BeatsPerBar, 3, "beats a bar");
            Check.Same(stream.DroppedHere, 7, "dropped here");
        }

        public static void A_pose_is_shown_at_its_server_time_plus_the_delay()
        {
            var network = new FakeTransport();
            PoseStream stream = Stream(network);
            Run(stream, network, 0, 0.1);
            network.NowS = 0.1;
            network.Greet("a", 1000);
            for (int frame = 0; frame < 20; frame++)
            {
                network.Come(Pose(1000 + frame / 60.0, frame, 0));
                network.Come(Pose(1000 + frame / 60.0, 100 + frame, 1));
            }
            stream.Update(0.1);
            Check.That(stream.Show(0, 0.1 + 5 / 60.0, 0), "a pose");
            Check.Near(stream.Dancer(0).Pose.RootM.X, 5, 1e-3, "dancer 0");
            Check.That(stream.Show(1, 0.1 + 5 / 60.0, 2 / 60.0), "a pose");
            Check.Near(stream.Dancer(1).Pose.RootM.X, 103, 1e-3, "dancer 1, later by two frames");
        }

        public static void It_tries_again_ever_more_rarely_and_for_ever()
        {
            var network = new FakeTransport { Reachable = false };
            PoseStream stream = Stream(network);
            Run(stream, network, 0, 30);
            var waits = new List<string>();
            for (int attempt = 1; attempt < network.OpenedAtS.Count; attempt++)
            {
                waits.Add((network.OpenedAtS[attempt] - network.OpenedAtS[attempt - 1]).ToString("0.0"));
            }
            string all = string.Join(" ", waits.ToArray());
            Check.That(all.StartsWith("0.3 0.5 1.0 2.0 4.0 5.0 5.0 5.0"), "waits were " + all);
            Check.Same(stream.Error, "no route", "error");
            network.Reachable = true;
            Run(stream, network, 30, 36);
            network.Greet("a", 1000);
            Run(stream, network, 36, 36.1);
            Check.That(stream.Connected && stream.Error == "", "it is back");
            network.Close();
            int before = network.OpenedAtS.Count;
            Run(stream, network, 36.1, 36.5);
            Check.Same(network.OpenedAtS.Count, before + 1, "after a greeting it tries at once again");
        }

        public static void A_connection_that_says_nothing_is_given_up()
        {
            var network = new FakeTransport();
            PoseStream stream = Stream(network);
            Run(stream, network, 0, 0.1);
            network.Greet("a", 1000);
            Run(stream, network, 0.1, 4);
            Check.That(stream.Connected, "connected");
            Run(stream, network, 4, 5.3);
            Check.That(!stream.Connected, "given up");
            Check.Same(stream.Error, "the show has said nothing for 5 s", "error");
        }

        public static void What_cannot_be_read_is_counted_and_harms_nothing()
        {
            var network = new FakeTransport();
            PoseStream stream = Stream(network);
            Run(stream, network, 0, 0.1);
            network.Come("no JSON");
            network.Come("{\"type\":\"of the future\"}");
            network.Come(new byte[] { 1, 2, 3 });
            network.Come(new byte[] { (byte)'G', (byte)'C', 1, 9, 0 });
            network.Come("{\"type\":\"skeleton\",\"joints\":[{}]}");
            network.Greet("a", 1000);
            Run(stream, network, 0.1, 0.2);
            Check.Same(stream.Unreadable, 3, "unreadable");
            Check.That(stream.Connected, "connected");
        }

        public static void Another_session_of_the_server_begins_anew_and_the_figure_stays()
        {
            var network = new FakeTransport();
            PoseStream stream = Stream(network);
            Run(stream, network, 0, 0.1);
            network.Greet("a", 1000);
            for (int frame = 0; frame < 20; frame++)
            {
                network.Come(Pose(1000 + frame / 60.0, 3, 0));
            }
            stream.Update(0.1);
            Check.That(stream.Show(0, 0.2, 0), "a pose");
            network.Close();
            Run(stream, network, 0.2, 1);
            network.NowS = 1;
            network.Greet("b", 50);
            network.Come(Pose(50.2, 8, 0));
            stream.Update(1);
            Check.That(stream.Show(0, 1.1, 0), "it holds");
            Check.Near(stream.Dancer(0).Pose.RootM.X, 3, 1e-3, "where it stood");
            network.Come(Pose(50.25, 8, 0));
            network.Come(Pose(50.5, 8, 0));
            stream.Update(1.2);
            for (double t = 1.2; t < 1.45; t += 0.01)
            {
                Check.That(stream.Show(0, t, 0), "a pose");
            }
            Check.Near(stream.Dancer(0).Pose.RootM.X, 8, 1e-2, "it is in the new dance");
        }

        public static void A_network_that_starves_the_figure_is_asked_once_to_send_sooner()
        {
            var network = new FakeTransport();
            PoseStream stream = Stream(network);
            Run(stream, network, 0, 0.1);
            network.NowS = 0.1;
            network.Greet("a", 1000);
            var asked = new List<double>();
            for (int picture = 0; picture < 300; picture++)
            {
                double t = 0.1 + picture / 60.0;
                network.NowS = t;
                network.Come("{\"type\":\"state\"}");
                if (picture < 120 || picture % 30 > 5)
                {
                    network.Come(Pose(1000 + (picture + 1) / 60.0, 0, 0));
                }
                int before = network.Sent.FindAll(text => text.Contains("\"look_ahead_s\":0.5")).Count;
                stream.Update(t);
                stream.Show(0, t, 0);
                if (network.Sent.FindAll(text => text.Contains("\"look_ahead_s\":0.5")).Count > before)
                {
                    asked.Add(t);
                }
            }
            Check.Same(asked.Count, 1, "times it asked");
            Check.That(asked[0] > 2.1 && asked[0] < 3, "it asked at " + asked[0]);
        }

        public static void Poses_of_an_ended_session_are_never_shown_in_the_next()
        {
            var network = new FakeTransport();
            PoseStream stream = Stream(network);
            Run(stream, network, 0, 0.1);
            network.NowS = 0.1;
            network.Greet("a", 1000);
            for (int frame = 0; frame < 30; frame++)
            {
                network.Come(Pose(1000 + frame / 60.0, 3, 0));
            }
            stream.Update(0.1);
            stream.Show(0, 0.1, 0);
            network.Close();
            Run(stream, network, 0.1, 1);
            network.NowS = 1;
            network.Greet("b", 999); // there it will be 1000 soon
            for (int frame = 0; frame < 25; frame++)
            {
                network.Come(Pose(999.02 + frame / 10.0, 8, 0));
            }
            stream.Update(1);
            for (double t = 1; t < 2.8; t += 0.01)
            {
                stream.Show(0, t, 0);
                Check.That(t < 1.4 || Math.Abs(stream.Dancer(0).Pose.RootM.X - 8) < 1e-3, "it is in the new dance");
            }
        }

        public static void A_pose_that_is_read_kept_and_shown_makes_no_garbage()
        {
            byte[] message = File.ReadAllBytes(Path.Combine(Program.Protocol, "golden", "turned_52.bin"));
            var buffer = new JitterBuffer();
            int before = 0;
            for (int frame = 0; frame < 30000; frame++)
            {
                PoseFrame one = buffer.Rent();
                PoseCodec.Decode(message, message.Length, one, false);
                one.PresentS = frame / 60.0;
                buffer.Add(one);
                buffer.Show(frame / 60.0 - 0.1);
                before = frame == 1000 ? GC.CollectionCount(0) : before;
            }
            // with only its quaternions anew each frame would be 832 bytes: 24 MB, and several collections
            Check.Same(GC.CollectionCount(0), before, "collections");
        }

        public static void An_address_is_read_as_a_person_types_it()
        {
            var wanted = new Dictionary<string, string>
            {
                { "127.0.0.1", "ws://127.0.0.1:8765/ws" },
                { "stage.local:9000", "ws://stage.local:9000/ws" },
                { "http://10.0.0.2:8765/?token=abc", "ws://10.0.0.2:8765/ws?token=abc" },
                { "https://show.example/", "wss://show.example/ws" },
                { " ws://[::1]:8765/ws ", "ws://[::1]:8765/ws" },
            };
            foreach (KeyValuePair<string, string> one in wanted)
            {
                Check.Same(StreamAddress.Read(one.Key, "").Uri.ToString(), one.Value, one.Key);
            }
            Check.Same(StreamAddress.Read("http://a/?token=x%20y", null).Token, "x y", "token of an address");
            Check.Same(StreamAddress.Read("a", " t ").WithToken.Query, "?token=t", "token in an address");
            foreach (string wrong in new[] { "", "ftp://a", "http://", null })
            {
                Check.Throws<ArgumentException>(() => StreamAddress.Read(wrong, ""), "address '" + wrong + "'");
            }
        }

        public static void A_control_is_written_as_the_server_reads_it()
        {
            var network = new FakeTransport();
            PoseStream stream = Stream(network);
            stream.Set("playing", true);
            stream.Set("intensity", 1.5f);
            stream.Set("style", "street \"x\"");
            Check.Same(network.Sent[0], "{\"type\":\"set\",\"name\":\"playing\",\"value\":true}", "bool");
            Check.Same(network.Sent[1], "{\"type\":\"set\",\"name\":\"intensity\",\"value\":1.5}", "number");
            Check.Same(network.Sent[2], "{\"type\":\"set\",\"name\":\"style\",\"value\":\"street \\\"x\\\"\"}", "text");
        }

        private static PoseStream Stream(FakeTransport network)
        {
            return new PoseStream(network, StreamAddress.Read("127.0.0.1", ""), new StreamSettings());
        }

        private static void Run(PoseStream stream, FakeTransport network, double fromS, double untilS)
        {
            for (double t = fromS; t < untilS; t += 0.01)
            {
                network.NowS = t;
                stream.Update(t);
            }
        }

        private static byte[] Pose(double presentS, float x, byte dancer)
        {
            var frame = new PoseFrame { PresentS = presentS, RootM = new Vec3(x, 0, 0), Dancer = dancer };
            frame.Resize(1);
            frame.LocalQuat[0] = Quat.Identity;
            return PoseCodec.Encode(frame);
        }
    }
}

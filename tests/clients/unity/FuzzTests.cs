// Any bytes and any text are a value or a WireException, never anything else.
using System;
using System.IO;
using System.Text;

namespace Groovecast.Tests
{
    public static class FuzzTests
    {
        public static void Random_bytes_are_a_frame_or_a_wire_exception()
        {
            var random = new Random(1);
            for (int round = 0; round < 20000; round++)
            {
                var bytes = new byte[random.Next(0, 300)];
                random.NextBytes(bytes);
                if (bytes.Length > 8 && round % 2 == 0)
                {
                    new byte[] { (byte)'G', (byte)'C', 1, 1 }.CopyTo(bytes, 0);
                    bytes[7] = (byte)random.Next(0, 12);
                }
                Tried(bytes, bytes.Length);
            }
        }

        public static void Damaged_golden_vectors_are_a_frame_or_a_wire_exception()
        {
            var random = new Random(2);
            foreach (string path in Directory.GetFiles(Path.Combine(Program.Protocol, "golden"), "*.bin"))
            {
                byte[] whole = File.ReadAllBytes(path);
                for (int round = 0; round < 100 && whole.Length > 0; round++)
                {
                    var bytes = (byte[])whole.Clone();
                    for (int hit = random.Next(0, 5); hit > 0; hit--)
                    {
                        bytes[random.Next(0, bytes.Length)] = (byte)random.Next(0, 256);
                    }
                    Tried(bytes, random.Next(0, 3) == 0 ? random.Next(0, bytes.Length) : bytes.Length);
                }
            }
        }

        public static void A_frame_that_is_used_again_keeps_nothing_of_the_one_before()
        {
            var frame = new PoseFrame();
            foreach (string name in new[] { "all_blocks", "joints_255", "joints_0", "rest_52" })
            {
                byte[] bytes = File.ReadAllBytes(Path.Combine(Program.Protocol, "golden", name + ".bin"));
                PoseCodec.Decode(bytes, bytes.Length, frame, true);
                byte[] again = PoseCodec.Encode(frame);
                Check.Same(Convert.ToBase64String(again), Convert.ToBase64String(bytes), name);
            }
            Check.That(!frame.HasNextBeat && !frame.HasContactPlaces, "blocks are gone");
        }

        public static void Of_several_blocks_of_a_type_the_first_counts()
        {
            var frame = new PoseFrame();
            for (byte bar = 3; bar <= 4; bar++)
            {
                frame.Blocks.Add(PoseCodec.Beat(new NextBeat { BeatsPerBar = bar }));
                frame.Blocks.Add(PoseCodec.Contacts(new[] { new Vec3(bar, 0, 0), new Vec3(), new Vec3(), new Vec3() }));
            }
            byte[] bytes = PoseCodec.Encode(frame);
            PoseFrame got = PoseCodec.Decode(bytes, bytes.Length);
            Check.Same(got.NextBeat.BeatsPerBar, 3, "beats a bar");
            Check.Same(got.ContactPlacesM[0].X, 3, "a heel");
        }

        public static void A_frame_that_cannot_be_sent_is_refused()
        {
            var frame = new PoseFrame { TempoBpm = float.NaN };
            Check.Throws<ArgumentException>(() => PoseCodec.Encode(frame), "a tempo that is no number");
            frame.TempoBpm = 0;
            frame.Blocks.Add(new Block(9, new byte[65536]));
            Check.Throws<ArgumentException>(() => PoseCodec.Encode(frame), "a block that is too long");
            frame.Blocks.Clear();
            frame.Resize(256);
            Check.Throws<ArgumentException>(() => PoseCodec.Encode(frame), "256 joints");
            Check.Throws<ArgumentException>(() => PoseCodec.Contacts(new Vec3[3]), "three feet");
        }

        public static void Random_text_is_a_message_or_a_wire_exception()
        {
            var random = new Random(3);
            const string letters = "{}[]\",:\\u0n truefalsl-1.eE+ \n\t";
            string known = "{\"type\":\"pong\",\"t0\":1.5,\"list\":[1,true,null,\"x\\u00e9\\n\"],\"o\":{}}";
            for (int round = 0; round < 20000; round++)
            {
                var text = new StringBuilder(round % 2 == 0 ? known : "");
                for (int hit = random.Next(0, 20); hit > 0; hit--)
                {
                    int at = random.Next(0, text.Length + 1);
                    char c = letters[random.Next(0, letters.Length)];
                    text.Insert(at, c);
                }
                try
                {
                    TextMessage message = TextMessage.Read(text.ToString());
                    message.Count("t0", 0);
                    message.Numbers("list", 3);
                    Check.Count++;
                }
                catch (WireException)
                {
                    Check.Count++;
                }
            }
        }

        public static void Text_that_would_fill_the_memory_or_the_stack_is_refused()
        {
            Check.Throws<WireException>(() => Json.Read(new string('[', 100000)), "100000 brackets");
            Check.Throws<WireException>(() => Json.Read("\"" + new string('x', Json.MostChars) + "\""), "a long text");
            Check.Throws<WireException>(() => Json.Read("1e999"), "a number without end");
            Check.Throws<WireException>(() => Json.Read("{\"a\":1,}"), "a comma too many");
        }

        public static void What_is_quoted_is_read_again()
        {
            string odd = "a \"quote\", a \\ and \u0001 and \u00e9";
            Check.Same((string)Json.Read(Json.Quoted(odd)), odd, "quoted");
            Check.Same((double)Json.Read(Json.Number(0.1 + 0.2)), 0.1 + 0.2, "a number to its last bit");
        }

        public static void A_skeleton_that_cannot_be_followed_is_refused()
        {
            string orphan = "{\"joints\":[{\"name\":\"a\",\"parent\":\"b\",\"offset_m\":[0,0,0]}]}";
            Check.Throws<WireException>(() => Skeleton.Read(TextMessage.Read(orphan)), "an orphan");
            Check.Throws<WireException>(() => Skeleton.Read(TextMessage.Read("{\"joints\":[]}")), "no joints");
        }

        private static void Tried(byte[] bytes, int count)
        {
            try
            {
                PoseFrame frame = PoseCodec.Decode(bytes, count);
                PoseCodec.Encode(frame);
                Check.Count++;
            }
            catch (WireException)
            {
                Check.Count++;
            }
        }
    }
}

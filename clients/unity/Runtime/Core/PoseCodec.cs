// Pose frames to bytes and back, as PROTOCOL.md lays them out; knows no engine and no socket.
using System;
using System.IO;

namespace Groovecast
{
    /// <summary>Decode answers any bytes with a frame or a WireException; Encode writes what Decode read.</summary>
    public static class PoseCodec
    {
        public const int HeaderBytes = 56;
        public const int MaxJoints = 255;
        public const ushort BeatBlock = 1;
        public const ushort ContactsBlock = 2;

        private const byte FeetBits = 15, CutBit = 16, I16Bit = 32, BeatBit = 64;
        private const float I16One = 32767;
        private const int BeatBytes = 16, ContactsBytes = 48, BlockHeadBytes = 4;

        /// <summary>The frame in the first `count` bytes, its blocks kept as bytes too.</summary>
        public static PoseFrame Decode(byte[] message, int count)
        {
            var frame = new PoseFrame();
            Decode(message, count, frame, true);
            return frame;
        }

        /// <summary>Read into a frame that is there already; without `keepBlocks` only their meaning is kept.</summary>
        public static void Decode(byte[] message, int count, PoseFrame frame, bool keepBlocks)
        {
            if (message == null || count < 0 || count > message.Length)
            {
                throw new WireException("asked to read " + count + " bytes, found fewer");
            }
            if (count < HeaderBytes)
            {
                throw new WireException("a pose frame has " + HeaderBytes + " bytes of header, found " + count + " bytes");
            }
            if (message[0] != (byte)'G' || message[1] != (byte)'C')
            {
                throw new WireException("a pose frame begins with GC, found other bytes");
            }
            if (message[2] != 1)
            {
                throw new WireException("this reader knows version 1, found version " + message[2] + ": update the package");
            }
            if (message[3] != 1)
            {
                throw new WireException("a pose frame is type 1, found type " + message[3] + ": not a pose");
            }
            byte flags = message[4];
            int joints = message[7];
            bool packed = (flags & I16Bit) != 0;
            int end = HeaderBytes + joints * (packed ? 8 : 16);
            if (count < end)
            {
                throw new WireException(joints + " joints end at byte " + end + ", found " + count + " bytes");
            }
            frame.Revision = message[5];
            frame.Dancer = message[6];
            frame.Seq = (uint)LittleEndian.I32(message, 8);
            frame.TempoBpm = Finite(LittleEndian.F32(message, 12));
            frame.CaptureS = Finite(LittleEndian.F64(message, 16));
            frame.PresentS = Finite(LittleEndian.F64(message, 24));
            double beat = Finite(LittleEndian.F64(message, 32));
            frame.BeatKnown = (flags & BeatBit) != 0;
            frame.Beat = frame.BeatKnown ? beat : 0;
            frame.Energy = Finite(LittleEndian.F32(message, 40));
            frame.RootM = Place(message, 44);
            frame.PlantedFeet = (byte)(flags & FeetBits);
            frame.Cut = (flags & CutBit) != 0;
            frame.Encoding = packed ? FrameEncoding.I16 : FrameEncoding.F32;
            frame.Resize(joints);
            for (int joint = 0; joint < joints; joint++)
            {
                frame.LocalQuat[joint] = packed
                    ? PackedQuat(message, HeaderBytes + 8 * joint)
                    : FloatQuat(message, HeaderBytes + 16 * joint);
            }
            ReadBlocks(message, end, count, frame, keepBlocks);
        }

        /// <summary>The message of a frame. ArgumentException when a number does not fit or is not finite.</summary>
        public static byte[] Encode(PoseFrame frame)
        {
            if (frame.JointCount > MaxJoints)
            {
                throw new ArgumentException("asked to send " + frame.JointCount + " joints, a frame holds " + MaxJoints);
            }
            bool packed = frame.Encoding == FrameEncoding.I16;
            using (var bytes = new MemoryStream())
            {
                var write = new LittleEndian.Writer(bytes);
                int flags = (frame.PlantedFeet & FeetBits) | (frame.Cut ? CutBit : 0) | (packed ? I16Bit : 0);
                flags |= frame.BeatKnown ? BeatBit : 0;
                foreach (int octet in new[] { 'G', 'C', 1, 1, flags, frame.Revision, frame.Dancer, frame.JointCount })
                {
                    write.U8((byte)octet);
                }
                write.I32((int)frame.Seq);
                write.F32(Sendable(frame.TempoBpm));
                write.F64(Sendable(frame.CaptureS));
                write.F64(Sendable(frame.PresentS));
                write.F64(frame.BeatKnown ? Sendable(frame.Beat) : 0);
                write.F32(Sendable(frame.Energy));
                write.Place(frame.RootM);
                for (int joint = 0; joint < frame.JointCount; joint++)
                {
                    WriteQuat(write, frame.LocalQuat[joint], packed);
                }
                foreach (Block block in frame.Blocks)
                {
                    if (block.Content.Length > ushort.MaxValue)
                    {
                        throw new ArgumentException(
                            "asked for a block of " + block.Content.Length + " bytes, a block holds " + ushort.MaxValue);
                    }
                    write.U16(block.Type);
                    write.U16((ushort)block.Content.Length);
                    bytes.Write(block.Content, 0, block.Content.Length);
                    bytes.Write(new byte[3], 0, Padding(block.Content.Length));
                }
                return bytes.ToArray();
            }
        }

        /// <summary>The block that says when the next beat is.</summary>
        public static Block Beat(NextBeat beat)
        {
            using (var bytes = new MemoryStream())
            {
                var write = new LittleEndian.Writer(bytes);
                write.F64(Sendable(beat.NextBeatS));
                write.F32(Sendable(beat.PeriodS));
                write.U8(beat.BeatsPerBar);
                write.U8(beat.ConfidenceSteps);
                write.U16(beat.BarPosition);
                return new Block(BeatBlock, bytes.ToArray());
            }
        }

        /// <summary>The block that says where left heel, left toes, right heel and right toes are.</summary>
        public static Block Contacts(Vec3[] placesM)
        {
            if (placesM == null || placesM.Length != PoseFrame.Feet)
            {
                throw new ArgumentException("asked for a block of feet: give four places");
            }
            using (var bytes = new MemoryStream())
            {
                var write = new LittleEndian.Writer(bytes);
                foreach (Vec3 place in placesM)
                {
                    write.Place(place);
                }
                return new Block(ContactsBlock, bytes.ToArray());
            }
        }

        private static void ReadBlocks(byte[] message, int at, int count, PoseFrame frame, bool keep)
        {
            frame.Blocks.Clear();
            frame.HasNextBeat = frame.HasContactPlaces = false;
            while (at < count)
            {
                if (count - at < BlockHeadBytes)
                {
                    throw new WireException("a block begins with 4 bytes, found " + (count - at));
                }
                int type = LittleEndian.U16(message, at), length = LittleEndian.U16(message, at + 2);
                int content = at + BlockHeadBytes;
                at = content + length + Padding(length);
                if (count < at)
                {
                    throw new WireException("a block of type " + type + " ends at byte " + at + ", found " + count + " bytes");
                }
                if (type == BeatBlock)
                {
                    ReadBeat(message, content, length, frame);
                }
                else if (type == ContactsBlock)
                {
                    ReadContacts(message, content, length, frame);
                }
                if (keep)
                {
                    var copy = new byte[length];
                    Buffer.BlockCopy(message, content, copy, 0, length);
                    frame.Blocks.Add(new Block((ushort)type, copy));
                }
            }
        }

        private static void ReadBeat(byte[] message, int at, int length, PoseFrame frame)
        {
            if (length != BeatBytes)
            {
                throw new WireException("a beat block has " + BeatBytes + " bytes, found " + length);
            }
            var beat = new NextBeat
            {
                NextBeatS = Finite(LittleEndian.F64(message, at)),
                PeriodS = Finite(LittleEndian.F32(message, at + 8)),
                BeatsPerBar = message[at + 12],
                ConfidenceSteps = message[at + 13],
                BarPosition = LittleEndian.U16(message, at + 14),
            };
            if (!frame.HasNextBeat) // of several the first counts
            {
                frame.NextBeat = beat;
                frame.HasNextBeat = true;
            }
        }

        private static void ReadContacts(byte[] message, int at, int length, PoseFrame frame)
        {
            if (length != ContactsBytes)
            {
                throw new WireException("a contacts block has " + ContactsBytes + " bytes, found " + length);
            }
            for (int foot = 0; foot < PoseFrame.Feet; foot++)
            {
                Vec3 place = Place(message, at + 12 * foot);
                if (!frame.HasContactPlaces)
                {
                    frame.ContactPlacesM[foot] = place;
                }
            }
            frame.HasContactPlaces = true;
        }

        private static void WriteQuat(LittleEndian.Writer write, Quat quat, bool packed)
        {
            if (packed)
            {
                write.I16(Step(quat.W));
                write.I16(Step(quat.X));
                write.I16(Step(quat.Y));
                write.I16(Step(quat.Z));
                return;
            }
            write.F32(Sendable(quat.W));
            write.F32(Sendable(quat.X));
            write.F32(Sendable(quat.Y));
            write.F32(Sendable(quat.Z));
        }

        private static short Step(float part)
        {
            return (short)Math.Round(Math.Max(-1.0, Math.Min(1.0, Sendable(part))) * I16One);
        }

        private static Quat FloatQuat(byte[] message, int at)
        {
            return new Quat(
                Finite(LittleEndian.F32(message, at)),
                Finite(LittleEndian.F32(message, at + 4)),
                Finite(LittleEndian.F32(message, at + 8)),
                Finite(LittleEndian.F32(message, at + 12)));
        }

        private static Quat PackedQuat(byte[] message, int at)
        {
            return new Quat(Part(message, at), Part(message, at + 2), Part(message, at + 4), Part(message, at + 6));
        }

        private static float Part(byte[] message, int at)
        {
            return Math.Max((short)LittleEndian.U16(message, at) / I16One, -1);
        }

        private static Vec3 Place(byte[] message, int at)
        {
            return new Vec3(
                Finite(LittleEndian.F32(message, at)),
                Finite(LittleEndian.F32(message, at + 4)),
                Finite(LittleEndian.F32(message, at + 8)));
        }

        private static int Padding(int length)
        {
            return -length & 3;
        }

        private static float Finite(float value)
        {
            Finite((double)value);
            return value;
        }

        private static double Finite(double value)
        {
            if (double.IsNaN(value) || double.IsInfinity(value))
            {
                throw new WireException("a pose frame's numbers are finite, found one that is not");
            }
            return value;
        }

        private static float Sendable(float value)
        {
            Sendable((double)value);
            return value;
        }

        private static double Sendable(double value)
        {
            if (double.IsNaN(value) || double.IsInfinity(value))
            {
                throw new ArgumentException("asked to send a pose with a number that is not finite");
            }
            return value;
        }
    }
}

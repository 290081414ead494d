// Numbers as bytes, lowest first, on machines of either order.
using System;
using System.IO;
using System.Runtime.InteropServices;

namespace Groovecast
{
    /// <summary>Reads numbers at a place in bytes; the caller has looked that they are there.</summary>
    internal static class LittleEndian
    {
        public static ushort U16(byte[] bytes, int at)
        {
            return (ushort)(bytes[at] | bytes[at + 1] << 8);
        }

        public static int I32(byte[] bytes, int at)
        {
            return bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24;
        }

        public static float F32(byte[] bytes, int at)
        {
            return new Bits { Whole = I32(bytes, at) }.Float;
        }

        public static double F64(byte[] bytes, int at)
        {
            long low = (uint)I32(bytes, at), high = I32(bytes, at + 4);
            return BitConverter.Int64BitsToDouble(high << 32 | low);
        }

        /// <summary>Writes numbers at the end of a stream.</summary>
        public struct Writer
        {
            private readonly Stream _to;

            public Writer(Stream to)
            {
                _to = to;
            }

            public void U8(byte value)
            {
                _to.WriteByte(value);
            }

            public void U16(ushort value)
            {
                U8((byte)value);
                U8((byte)(value >> 8));
            }

            public void I16(short value)
            {
                U16((ushort)value);
            }

            public void I32(int value)
            {
                U16((ushort)value);
                U16((ushort)(value >> 16));
            }

            public void F32(float value)
            {
                I32(new Bits { Float = value }.Whole);
            }

            public void F64(double value)
            {
                long bits = BitConverter.DoubleToInt64Bits(value);
                I32((int)bits);
                I32((int)(bits >> 32));
            }

            public void Place(Vec3 place)
            {
                foreach (float part in new[] { place.X, place.Y, place.Z })
                {
                    if (float.IsNaN(part) || float.IsInfinity(part))
                    {
                        throw new ArgumentException("asked to send a place with a number that is not finite");
                    }
                    F32(part);
                }
            }
        }

        [StructLayout(LayoutKind.Explicit)]
        private struct Bits
        {
            [FieldOffset(0)]
            public int Whole;

            [FieldOffset(0)]
            public float Float;
        }
    }
}

// A place or a way in three numbers, without any engine.
using System;

namespace Groovecast
{
    /// <summary>Metres along x, y and z; which way they point is said where it is used.</summary>
    public struct Vec3
    {
        public float X;
        public float Y;
        public float Z;

        public Vec3(float x, float y, float z)
        {
            X = x;
            Y = y;
            Z = z;
        }

        public float Length
        {
            get { return (float)Math.Sqrt((double)X * X + (double)Y * Y + (double)Z * Z); }
        }

        public static Vec3 operator +(Vec3 a, Vec3 b)
        {
            return new Vec3(a.X + b.X, a.Y + b.Y, a.Z + b.Z);
        }

        public static Vec3 operator -(Vec3 a, Vec3 b)
        {
            return new Vec3(a.X - b.X, a.Y - b.Y, a.Z - b.Z);
        }

        public static Vec3 operator *(Vec3 a, float by)
        {
            return new Vec3(a.X * by, a.Y * by, a.Z * by);
        }

        /// <summary>Axis by axis.</summary>
        public static Vec3 Scaled(Vec3 a, Vec3 by)
        {
            return new Vec3(a.X * by.X, a.Y * by.Y, a.Z * by.Z);
        }

        public override string ToString()
        {
            return "(" + X + ", " + Y + ", " + Z + ")";
        }
    }
}

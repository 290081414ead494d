// Turns as unit quaternions, without any engine: product, logarithm, and the way between two.
using System;

namespace Groovecast
{
    /// <summary>A turn; w is the real part. The product a * b turns by b first.</summary>
    public struct Quat
    {
        public float W;
        public float X;
        public float Y;
        public float Z;

        public static readonly Quat Identity = new Quat(1, 0, 0, 0);

        public Quat(float w, float x, float y, float z)
        {
            W = w;
            X = x;
            Y = y;
            Z = z;
        }

        /// <summary>The turn back, of a unit quaternion.</summary>
        public Quat Inverse
        {
            get { return new Quat(W, -X, -Y, -Z); }
        }

        /// <summary>The same turn at length 1; a quaternion without length is identity.</summary>
        public Quat Normalised
        {
            get
            {
                double length = Math.Sqrt((double)W * W + (double)X * X + (double)Y * Y + (double)Z * Z);
                if (length == 0)
                {
                    return Identity;
                }
                return new Quat((float)(W / length), (float)(X / length), (float)(Y / length), (float)(Z / length));
            }
        }

        public static Quat operator *(Quat a, Quat b)
        {
            return new Quat(
                a.W * b.W - a.X * b.X - a.Y * b.Y - a.Z * b.Z,
                a.W * b.X + a.X * b.W + a.Y * b.Z - a.Z * b.Y,
                a.W * b.Y - a.X * b.Z + a.Y * b.W + a.Z * b.X,
                a.W * b.Z + a.X * b.Y - a.Y * b.X + a.Z * b.W);
        }

        /// <summary>The place to which a place is turned.</summary>
        public static Vec3 operator *(Quat q, Vec3 v)
        {
            float tx = 2 * (q.Y * v.Z - q.Z * v.Y);
            float ty = 2 * (q.Z * v.X - q.X * v.Z);
            float tz = 2 * (q.X * v.Y - q.Y * v.X);
            return new Vec3(
                v.X + q.W * tx + q.Y * tz - q.Z * ty,
                v.Y + q.W * ty + q.Z * tx - q.X * tz,
                v.Z + q.W * tz + q.X * ty - q.Y * tx);
        }

        /// <summary>How far it turns, in radians, the short way round.</summary>
        public float AngleRad
        {
            get
            {
                double sine = Math.Sqrt((double)X * X + (double)Y * Y + (double)Z * Z);
                return (float)(2 * Math.Atan2(sine, Math.Abs(W)));
            }
        }

        /// <summary>Axis times angle in radians, the short way round.</summary>
        public static Vec3 Log(Quat q)
        {
            double sine = Math.Sqrt((double)q.X * q.X + (double)q.Y * q.Y + (double)q.Z * q.Z);
            double sign = q.W < 0 ? -1 : 1;
            // sin(h) / h is 1 at 0; below this the next term of its series is under a float's step
            double by = sine < 1e-4 ? 2 * sign : 2 * sign * Math.Atan2(sine, sign * q.W) / sine;
            return new Vec3((float)(q.X * by), (float)(q.Y * by), (float)(q.Z * by));
        }

        /// <summary>The turn by axis times angle in radians.</summary>
        public static Quat Exp(Vec3 v)
        {
            double angle = Math.Sqrt((double)v.X * v.X + (double)v.Y * v.Y + (double)v.Z * v.Z);
            double by = angle < 1e-4 ? 0.5 : Math.Sin(angle / 2) / angle;
            return new Quat((float)Math.Cos(angle / 2), (float)(v.X * by), (float)(v.Y * by), (float)(v.Z * by));
        }

        public override string ToString()
        {
            return "(" + W + ", " + X + ", " + Y + ", " + Z + ")";
        }
    }
}

// A stand-in for UnityEngine's vectors and rotations, with their true mathematics, to compile and run the package without Unity.
using System;

namespace UnityEngine
{
    public struct Vector3
    {
        public float x, y, z;

        public Vector3(float x, float y, float z)
        {
            this.x = x;
            this.y = y;
            this.z = z;
        }

        public static Vector3 up
        {
            get { return new Vector3(0, 1, 0); }
        }

        public float magnitude
        {
            get { return (float)Math.Sqrt((double)x * x + (double)y * y + (double)z * z); }
        }

        public static Vector3 operator +(Vector3 a, Vector3 b)
        {
            return new Vector3(a.x + b.x, a.y + b.y, a.z + b.z);
        }

        public static Vector3 operator -(Vector3 a, Vector3 b)
        {
            return new Vector3(a.x - b.x, a.y - b.y, a.z - b.z);
        }

        public static Vector3 operator *(Vector3 a, float by)
        {
            return new Vector3(a.x * by, a.y * by, a.z * by);
        }

        public static Vector3 Scale(Vector3 a, Vector3 b)
        {
            return new Vector3(a.x * b.x, a.y * b.y, a.z * b.z);
        }
    }

    public struct Quaternion
    {
        public float x, y, z, w;

        public Quaternion(float x, float y, float z, float w)
        {
            this.x = x;
            this.y = y;
            this.z = z;
            this.w = w;
        }

        public static Quaternion identity
        {
            get { return new Quaternion(0, 0, 0, 1); }
        }

        public static Quaternion operator *(Quaternion a, Quaternion b)
        {
            return new Quaternion(
                a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
                a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x,
                a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w,
                a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z);
        }

        public static Vector3 operator *(Quaternion q, Vector3 v)
        {
            Quaternion turned = q * new Quaternion(v.x, v.y, v.z, 0) * Inverse(q);
            return new Vector3(turned.x, turned.y, turned.z);
        }

        public static Quaternion Inverse(Quaternion q)
        {
            return new Quaternion(-q.x, -q.y, -q.z, q.w);
        }

        public static Quaternion Euler(float x, float y, float z)
        {
            return Axis(0, 1, 0, y) * Axis(1, 0, 0, x) * Axis(0, 0, 1, z); // z first, then x, then y
        }

        public static Quaternion FromToRotation(Vector3 from, Vector3 to)
        {
            double dot = (double)from.x * to.x + (double)from.y * to.y + (double)from.z * to.z;
            double w = from.magnitude * to.magnitude + dot;
            double cx = from.y * to.z - from.z * to.y, cy = from.z * to.x - from.x * to.z, cz = from.x * to.y - from.y * to.x;
            double length = Math.Sqrt(cx * cx + cy * cy + cz * cz + w * w);
            return new Quaternion((float)(cx / length), (float)(cy / length), (float)(cz / length), (float)(w / length));
        }

        private static Quaternion Axis(float x, float y, float z, double degrees)
        {
            double half = degrees * Math.PI / 360;
            float sine = (float)Math.Sin(half);
            return new Quaternion(x * sine, y * sine, z * sine, (float)Math.Cos(half));
        }
    }

    public static class Mathf
    {
        public static float Lerp(float a, float b, float t)
        {
            return a + (b - a) * Math.Max(0, Math.Min(1, t));
        }

        public static float Exp(float power)
        {
            return (float)Math.Exp(power);
        }

        public static float Max(float a, float b)
        {
            return Math.Max(a, b);
        }
    }
}

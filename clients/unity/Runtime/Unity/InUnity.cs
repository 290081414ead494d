// Between the numbers of the engine-free core and Unity's own types; both are in Unity's space here.
using System;
using UnityEngine;

namespace Groovecast.Unity
{
    internal static class InUnity
    {
        public static Vector3 Vector(Vec3 place)
        {
            return new Vector3(place.X, place.Y, place.Z);
        }

        public static Quaternion Rotation(Quat turn)
        {
            return new Quaternion(turn.X, turn.Y, turn.Z, turn.W);
        }

        /// <summary>The bone that Unity knows by that name; LastBone, which is none, when it knows none.</summary>
        public static HumanBodyBones Bone(string name)
        {
            HumanBodyBones bone;
            bool known = Enum.TryParse(name, out bone) && Enum.IsDefined(typeof(HumanBodyBones), bone);
            return known ? bone : HumanBodyBones.LastBone;
        }

        public static Vec3 Place(Vector3 vector)
        {
            return new Vec3(vector.x, vector.y, vector.z);
        }

        public static Quat Turn(Quaternion rotation)
        {
            return new Quat(rotation.w, rotation.x, rotation.y, rotation.z);
        }
    }
}

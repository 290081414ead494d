// The joints of a stream: their names, parents and rest places, as the server's skeleton message says them.
using System.Collections.Generic;

namespace Groovecast
{
    /// <summary>One joint, in Groovecast's space.</summary>
    public struct SkeletonJoint
    {
        public string Name; // as VRM says it
        public string Unity; // as UnityEngine.HumanBodyBones says it
        public int Parent; // -1: none
        public Vec3 OffsetM; // from its parent, in the T-pose, in which every turn is identity
    }

    /// <summary>Joints in the order of the frames; a parent always comes before its children.</summary>
    public sealed class Skeleton
    {
        public readonly string Hash;
        public readonly SkeletonJoint[] Joints;

        private Skeleton(string hash, SkeletonJoint[] joints)
        {
            Hash = hash;
            Joints = joints;
        }

        /// <summary>Read a skeleton message; one that cannot be followed is a WireException.</summary>
        public static Skeleton Read(TextMessage message)
        {
            var joints = new List<SkeletonJoint>();
            foreach (TextMessage said in message.Objects("joints"))
            {
                string parent = said.Text("parent", null);
                double[] offset = said.Numbers("offset_m", 3);
                string name = said.Text("name", "");
                int at = parent == null ? -1 : joints.FindIndex(other => other.Name == parent);
                if (offset == null || name == "" || (parent != null && at < 0) || joints.Count == PoseCodec.MaxJoints)
                {
                    throw new WireException(
                        "a skeleton's joint has a name, a place and a parent before it, found '" + name + "' without");
                }
                joints.Add(new SkeletonJoint
                {
                    Name = name,
                    Unity = said.Text("unity", ""),
                    Parent = at,
                    OffsetM = new Vec3((float)offset[0], (float)offset[1], (float)offset[2]),
                });
            }
            if (joints.Count == 0)
            {
                throw new WireException("a skeleton has joints, found none");
            }
            return new Skeleton(message.Text("hash", ""), joints.ToArray());
        }

        /// <summary>The joint of that name, or -1.</summary>
        public int Find(string name)
        {
            for (int joint = 0; joint < Joints.Length; joint++)
            {
                if (Joints[joint].Name == name)
                {
                    return joint;
                }
            }
            return -1;
        }

        /// <summary>Where all joints are in the world, by forward kinematics, in Groovecast's space.</summary>
        public void Places(Vec3 rootM, Quat[] localQuat, Vec3[] placesM, Quat[] turns)
        {
            for (int joint = 0; joint < placesM.Length; joint++)
            {
                int parent = Joints[joint].Parent;
                placesM[joint] = parent < 0 ? rootM : placesM[parent] + turns[parent] * Joints[joint].OffsetM;
                turns[joint] = parent < 0 ? localQuat[joint] : turns[parent] * localQuat[joint];
            }
        }
    }
}

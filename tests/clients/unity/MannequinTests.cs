// Our own mannequin, the avatar that everybody has, read from its VRM file and danced with as Unity would have it.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace Groovecast.Tests
{
    public static class MannequinTests
    {
        public static void The_mannequin_puts_every_joint_where_our_kinematics_do()
        {
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            OddAvatar mannequin = Read(skeleton);
            Check.Same(mannequin.NodeOfJoint.Count(node => node >= 0), 52, "bones");
            for (int seed = 0; seed < 5; seed++)
            {
                ShownPose pose = RetargetTests.Turned(skeleton, seed);
                Vec3[] got = RetargetTests.Placed(skeleton, mannequin, pose), want = RetargetTests.Ours(skeleton, pose);
                for (int joint = 0; joint < want.Length; joint++)
                {
                    Check.Near(got[joint], want[joint], 1e-3, skeleton.Joints[joint].Name);
                }
            }
        }

        /// <summary>The nodes of the GLB in its rest pose, in Unity's space, parents first.</summary>
        private static OddAvatar Read(Skeleton skeleton)
        {
            byte[] file = File.ReadAllBytes(Path.Combine(Program.Protocol, "..", "clients", "web", "dist", "mannequin.vrm"));
            int length = BitConverter.ToInt32(file, 12); // header of 12 bytes, then the length of the JSON
            var gltf = (Dictionary<string, object>)Json.Read(Encoding.UTF8.GetString(file, 20, length));
            List<object> nodes = (List<object>)gltf["nodes"];
            var parents = new int[nodes.Count];
            for (int node = 0; node < parents.Length; node++)
            {
                parents[node] = nodes.FindIndex(above => Children(above).Contains(node));
            }
            var order = new List<int>(); // of the file's nodes
            while (order.Count < parents.Length)
            {
                order.AddRange(Enumerable.Range(0, parents.Length).Where(
                    node => !order.Contains(node) && (parents[node] < 0 || order.Contains(parents[node]))));
            }
            var vrm = (Dictionary<string, object>)((Dictionary<string, object>)gltf["extensions"])["VRMC_vrm"];
            var bones = (Dictionary<string, object>)((Dictionary<string, object>)vrm["humanoid"])["humanBones"];
            return new OddAvatar
            {
                Nodes = order.Select(
                    node => Rest((Dictionary<string, object>)nodes[node], order.IndexOf(parents[node]))).ToArray(),
                NodeOfJoint = skeleton.Joints.Select(joint => bones.ContainsKey(joint.Name)
                    ? order.IndexOf((int)(double)((Dictionary<string, object>)bones[joint.Name])["node"])
                    : -1).ToArray(),
            };
        }

        private static List<int> Children(object node)
        {
            object children;
            ((Dictionary<string, object>)node).TryGetValue("children", out children);
            return ((List<object>)children ?? new List<object>()).Select(child => (int)(double)child).ToList();
        }

        private static RestNode Rest(Dictionary<string, object> node, int parent)
        {
            double[] t = Field(node, "translation", 0, 0, 0), r = Field(node, "rotation", 0, 0, 0, 1);
            double[] s = Field(node, "scale", 1, 1, 1);
            return new RestNode
            {
                Parent = parent,
                Position = UnitySpace.Mirrored(new Vec3((float)t[0], (float)t[1], (float)t[2])),
                Rotation = UnitySpace.Mirrored(new Quat((float)r[3], (float)r[0], (float)r[1], (float)r[2])),
                Scale = new Vec3((float)s[0], (float)s[1], (float)s[2]),
            };
        }

        private static double[] Field(Dictionary<string, object> node, string name, params double[] otherwise)
        {
            object value;
            return node.TryGetValue(name, out value) ? GoldenTests.Numbers(value) : otherwise;
        }
    }
}

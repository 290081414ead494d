// Our poses on avatars whose bones rest in other ways than ours: every joint ends where our own kinematics put it.
using System;
using System.Collections.Generic;

namespace Groovecast.Tests
{
    /// <summary>An avatar's T-pose, and which of its nodes is which joint.</summary>
    internal sealed class OddAvatar
    {
        public RestNode[] Nodes;
        public int[] NodeOfJoint;
    }

    public static class RetargetTests
    {
        public static void An_avatar_with_odd_bone_axes_puts_every_joint_where_ours_is()
        {
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            for (int seed = 0; seed < 20; seed++)
            {
                OddAvatar avatar = Odd(skeleton, seed, 1, new string[0]);
                ShownPose pose = Turned(skeleton, seed);
                Vec3[] got = Placed(skeleton, avatar, pose), want = Ours(skeleton, pose);
                for (int joint = 0; joint < want.Length; joint++)
                {
                    Check.Near(got[joint], want[joint], 1e-4, skeleton.Joints[joint].Name);
                }
            }
        }

        public static void An_avatar_of_another_height_travels_as_far_as_its_legs_are_long()
        {
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            foreach (float height in new[] { 0.4f, 1.5f })
            {
                OddAvatar avatar = Odd(skeleton, 3, height, new string[0]);
                ShownPose pose = Turned(skeleton, 3);
                Vec3[] got = Placed(skeleton, avatar, pose), want = Ours(skeleton, pose);
                for (int joint = 0; joint < want.Length; joint++)
                {
                    Check.Near(got[joint], want[joint] * height, 2e-4, skeleton.Joints[joint].Name);
                }
            }
        }

        public static void An_avatar_that_lacks_bones_turns_those_it_has_as_ours()
        {
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            string[] lacking = { "upperChest", "chest", "neck", "leftShoulder", "rightShoulder", "leftToes", "rightToes" };
            OddAvatar avatar = Odd(skeleton, 5, 1, lacking);
            ShownPose pose = Turned(skeleton, 5);
            Quat[] turns;
            Pose(skeleton, avatar, pose, out turns);
            OddAvatar rest = Odd(skeleton, 5, 1, lacking);
            var restTurns = new Quat[rest.Nodes.Length];
            HumanoidRetarget.RootSpace(rest.Nodes, new Vec3[rest.Nodes.Length], restTurns);
            var ours = new Quat[skeleton.Joints.Length];
            skeleton.Places(pose.RootM, pose.LocalQuat, new Vec3[ours.Length], ours);
            for (int joint = 0; joint < ours.Length; joint++)
            {
                int node = avatar.NodeOfJoint[joint];
                if (node < 0)
                {
                    continue;
                }
                // the spine bends for the chest and the upper chest, which are not there
                int counted = skeleton.Joints[joint].Name == "spine" ? skeleton.Find("upperChest") : joint;
                Quat want = UnitySpace.Mirrored(ours[counted]) * restTurns[node];
                Check.Near((want.Inverse * turns[node]).AngleRad, 0, 1e-3, skeleton.Joints[joint].Name);
            }
        }

        public static void A_pose_without_fingers_leaves_them_straight()
        {
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            OddAvatar avatar = Odd(skeleton, 6, 1, new string[0]);
            ShownPose pose = Turned(skeleton, 6);
            pose.JointCount = 22;
            var retarget = new HumanoidRetarget(skeleton, avatar.NodeOfJoint, avatar.Nodes);
            var local = new Quat[skeleton.Joints.Length];
            Vec3 place;
            Quat turn;
            retarget.Apply(pose, local, out place, out turn);
            int finger = skeleton.Find("leftIndexDistal");
            Quat rest = avatar.Nodes[avatar.NodeOfJoint[finger]].Rotation;
            Check.Near((rest.Inverse * local[finger]).AngleRad, 0, 1e-3, "a finger");
        }

        public static void An_avatar_without_hips_or_upside_down_is_refused_in_words()
        {
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            OddAvatar avatar = Odd(skeleton, 1, 1, new string[0]);
            int hips = avatar.NodeOfJoint[0];
            avatar.NodeOfJoint[0] = -1;
            Check.Throws<ArgumentException>(
                () => new HumanoidRetarget(skeleton, avatar.NodeOfJoint, avatar.Nodes), "no hips");
            avatar.NodeOfJoint[0] = hips;
            avatar.Nodes[0].Rotation = Quat.Exp(new Vec3((float)Math.PI, 0, 0)) * avatar.Nodes[0].Rotation;
            Check.Throws<ArgumentException>(
                () => new HumanoidRetarget(skeleton, avatar.NodeOfJoint, avatar.Nodes), "upside down");
        }

        /// <summary>An avatar whose joints are where ours are, times its height, and whose nodes are turned at random.</summary>
        internal static OddAvatar Odd(Skeleton skeleton, int seed, float height, string[] lacking)
        {
            var random = new Random(seed);
            // an armature node, turned and scaled, is above the hips, as in many files
            Quat armature = Any(random, 3);
            const float scale = 0.01f;
            var nodes = new List<RestNode>
            {
                new RestNode { Parent = -1, Rotation = armature, Scale = new Vec3(scale, scale, scale) },
            };
            var turns = new List<Quat> { armature };
            var places = new List<Vec3> { new Vec3(0, 0, 0) };
            var nodeOfJoint = new int[skeleton.Joints.Length];
            var ours = new Vec3[skeleton.Joints.Length];
            for (int joint = 0; joint < nodeOfJoint.Length; joint++)
            {
                SkeletonJoint said = skeleton.Joints[joint];
                Vec3 offset = UnitySpace.Mirrored(said.OffsetM) * height;
                ours[joint] = said.Parent < 0 ? offset : ours[said.Parent] + offset;
                nodeOfJoint[joint] = -1;
                if (Array.IndexOf(lacking, said.Name) >= 0)
                {
                    continue;
                }
                int above = said.Parent;
                while (above >= 0 && nodeOfJoint[above] < 0)
                {
                    above = skeleton.Joints[above].Parent;
                }
                int parent = above < 0 ? 0 : nodeOfJoint[above];
                Quat turn = Any(random, 3);
                nodes.Add(new RestNode
                {
                    Parent = parent,
                    Position = turns[parent].Inverse * (ours[joint] - places[parent]) * (1 / scale),
                    Rotation = turns[parent].Inverse * turn,
                    Scale = new Vec3(1, 1, 1),
                });
                nodeOfJoint[joint] = nodes.Count - 1;
                turns.Add(turn);
                places.Add(ours[joint]);
            }
            return new OddAvatar { Nodes = nodes.ToArray(), NodeOfJoint = nodeOfJoint };
        }

        internal static ShownPose Turned(Skeleton skeleton, int seed)
        {
            var random = new Random(seed + 100);
            var pose = new ShownPose { RootM = new Vec3(0.3f, 0.8f, -0.2f) };
            pose.Resize(skeleton.Joints.Length);
            for (int joint = 0; joint < pose.JointCount; joint++)
            {
                pose.LocalQuat[joint] = Any(random, 0.6);
            }
            return pose;
        }

        private static Quat Any(Random random, double most)
        {
            return Quat.Exp(new Vec3(
                (float)((random.NextDouble() - 0.5) * most),
                (float)((random.NextDouble() - 0.5) * most),
                (float)((random.NextDouble() - 0.5) * most)));
        }

        internal static Vec3[] Ours(Skeleton skeleton, ShownPose pose)
        {
            var places = new Vec3[skeleton.Joints.Length];
            skeleton.Places(pose.RootM, pose.LocalQuat, places, new Quat[places.Length]);
            return Array.ConvertAll(places, UnitySpace.Mirrored);
        }

        private static Vec3[] Pose(Skeleton skeleton, OddAvatar avatar, ShownPose pose, out Quat[] turns)
        {
            var retarget = new HumanoidRetarget(skeleton, avatar.NodeOfJoint, avatar.Nodes);
            var local = new Quat[skeleton.Joints.Length];
            Vec3 hipsPlace;
            Quat hipsTurn;
            retarget.Apply(pose, local, out hipsPlace, out hipsTurn);
            var posed = (RestNode[])avatar.Nodes.Clone();
            for (int joint = 0; joint < local.Length; joint++)
            {
                if (avatar.NodeOfJoint[joint] >= 0)
                {
                    posed[avatar.NodeOfJoint[joint]].Rotation = local[joint];
                }
            }
            var places = new Vec3[posed.Length];
            turns = new Quat[posed.Length];
            HumanoidRetarget.RootSpace(posed, places, turns);
            int hips = avatar.NodeOfJoint[0];
            Check.Near((hipsTurn.Inverse * turns[hips]).AngleRad, 0, 1e-3, "the hips' turn in root space");
            Vec3 moved = hipsPlace - places[hips];
            return Array.ConvertAll(places, place => place + moved);
        }

        internal static Vec3[] Placed(Skeleton skeleton, OddAvatar avatar, ShownPose pose)
        {
            Quat[] turns;
            Vec3[] nodes = Pose(skeleton, avatar, pose, out turns);
            return Array.ConvertAll(avatar.NodeOfJoint, node => nodes[node]);
        }
    }
}

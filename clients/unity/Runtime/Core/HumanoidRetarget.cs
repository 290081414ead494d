// Puts a pose of our skeleton onto any humanoid whose bones may rest however they like, given its T-pose.
using System;
using System.Collections.Generic;

namespace Groovecast
{
    /// <summary>A node of an avatar in its T-pose, relative to its parent, in Unity's space.</summary>
    public struct RestNode
    {
        public int Parent; // -1: the avatar's root is its parent
        public Vec3 Position;
        public Quat Rotation;
        public Vec3 Scale;
    }

    /// <summary>The turns that an avatar's bones need; Unity's space, relative to the avatar's root and to each parent.</summary>
    public sealed class HumanoidRetarget
    {
        // Where an avatar lacks one of these, the one below bends for it; any other is bent for by those above it.
        private static readonly string[] Torso = { "spine", "chest", "upperChest" };

        private readonly Skeleton _skeleton;
        private readonly int[] _nodeOfJoint;
        private readonly int[] _above; // the next joint towards the root that the avatar has, -1: none
        private readonly int[] _counted; // the joint whose turn in the world is this bone's
        private readonly Quat[] _rest; // of the bone, in root space
        private readonly Quat[] _parentRest; // of the node above it
        private readonly Quat[] _world;
        private readonly Vec3 _hipsRest;

        /// <summary>`nodeOfJoint[joint]` is the avatar's node for it or -1; hips there must be.</summary>
        public HumanoidRetarget(Skeleton skeleton, int[] nodeOfJoint, RestNode[] nodes)
        {
            _skeleton = skeleton;
            _nodeOfJoint = nodeOfJoint;
            int joints = skeleton.Joints.Length;
            if (nodeOfJoint.Length != joints || nodeOfJoint[0] < 0)
            {
                throw new ArgumentException("asked to move an avatar without hips: give one that is set up as Humanoid");
            }
            _above = new int[joints];
            _counted = new int[joints];
            _rest = new Quat[joints];
            _parentRest = new Quat[joints];
            _world = new Quat[joints];
            var places = new Vec3[nodes.Length];
            var turns = new Quat[nodes.Length];
            RootSpace(nodes, places, turns);
            for (int joint = 0; joint < joints; joint++)
            {
                int node = nodeOfJoint[joint];
                if (node >= 0)
                {
                    _rest[joint] = turns[node];
                    _parentRest[joint] = nodes[node].Parent < 0 ? Quat.Identity : turns[nodes[node].Parent];
                    _above[joint] = Above(joint);
                    _counted[joint] = Counted(joint);
                }
            }
            _hipsRest = places[nodeOfJoint[0]];
            Scale = LegOf(places) / LegOf(null);
        }

        /// <summary>How much larger the avatar's legs are than ours: so much further it travels.</summary>
        public float Scale { get; private set; }

        /// <summary>True when the avatar has a bone for that joint.</summary>
        public bool Has(int joint)
        {
            return _nodeOfJoint[joint] >= 0;
        }

        /// <summary>The hips' place and turn in the avatar's root space, and every bone's local turn.</summary>
        public void Apply(ShownPose pose, Quat[] localTurns, out Vec3 hipsPlace, out Quat hipsTurn)
        {
            int joints = _skeleton.Joints.Length;
            for (int joint = 0; joint < joints; joint++)
            {
                Quat local = joint < pose.JointCount ? UnitySpace.Mirrored(pose.LocalQuat[joint]) : Quat.Identity;
                int parent = _skeleton.Joints[joint].Parent;
                _world[joint] = parent < 0 ? local : _world[parent] * local;
            }
            for (int joint = 0; joint < joints; joint++)
            {
                if (_nodeOfJoint[joint] < 0)
                {
                    continue;
                }
                Quat turn = _world[_counted[joint]] * _rest[joint];
                Quat above = _parentRest[joint];
                if (_above[joint] >= 0)
                {
                    above = _world[_counted[_above[joint]]] * above;
                }
                localTurns[joint] = (above.Inverse * turn).Normalised;
            }
            Vec3 way = UnitySpace.Mirrored(pose.RootM - _skeleton.Joints[0].OffsetM);
            hipsPlace = _hipsRest + way * Scale;
            hipsTurn = (_world[_counted[0]] * _rest[0]).Normalised;
        }

        /// <summary>Where nodes are and how they are turned in root space, by forward kinematics.</summary>
        public static void RootSpace(RestNode[] nodes, Vec3[] places, Quat[] turns)
        {
            var scales = new Vec3[nodes.Length];
            for (int node = 0; node < nodes.Length; node++)
            {
                int parent = nodes[node].Parent;
                if (parent >= node)
                {
                    throw new ArgumentException("asked for a node before its parent: give parents first");
                }
                places[node] = parent < 0
                    ? nodes[node].Position
                    : places[parent] + turns[parent] * Vec3.Scaled(nodes[node].Position, scales[parent]);
                turns[node] = parent < 0 ? nodes[node].Rotation : (turns[parent] * nodes[node].Rotation).Normalised;
                scales[node] = parent < 0 ? nodes[node].Scale : Vec3.Scaled(scales[parent], nodes[node].Scale);
            }
        }

        private int Above(int joint)
        {
            int above = _skeleton.Joints[joint].Parent;
            while (above >= 0 && _nodeOfJoint[above] < 0)
            {
                above = _skeleton.Joints[above].Parent;
            }
            return above;
        }

        private int Counted(int joint)
        {
            if (Array.IndexOf(Torso, _skeleton.Joints[joint].Name) < 0)
            {
                return joint;
            }
            for (int child = joint + 1; child < _skeleton.Joints.Length; child++)
            {
                SkeletonJoint said = _skeleton.Joints[child];
                if (said.Parent == joint && Array.IndexOf(Torso, said.Name) >= 0 && _nodeOfJoint[child] < 0)
                {
                    return Counted(child);
                }
            }
            return joint;
        }

        /// <summary>From the hips down to the ankles: of the avatar, or, without places, of our skeleton.</summary>
        private float LegOf(Vec3[] places)
        {
            var feet = new List<float>();
            foreach (string name in new[] { "leftFoot", "rightFoot" })
            {
                int foot = _skeleton.Find(name);
                if (foot < 0 || _nodeOfJoint[foot] < 0)
                {
                    continue;
                }
                float height = 0;
                for (int joint = foot; places == null && joint > 0; joint = _skeleton.Joints[joint].Parent)
                {
                    height -= _skeleton.Joints[joint].OffsetM.Y;
                }
                feet.Add(places == null ? height : places[_nodeOfJoint[0]].Y - places[_nodeOfJoint[foot]].Y);
            }
            if (feet.Count == 0 || feet[0] <= 0.01f)
            {
                throw new ArgumentException("asked to move an avatar whose feet are not below its hips: give its T-pose");
            }
            return feet[0];
        }
    }
}

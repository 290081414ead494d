// Poses an avatar bone by bone: every bone turns in the world as ours does, from the avatar's own T-pose.
using System;
using System.Collections.Generic;
using System.Linq;
using UnityEngine;

namespace Groovecast.Unity
{
    internal sealed class BonePose : IAvatarPose
    {
        private readonly Transform _root;
        private readonly Transform[] _bones; // of each joint, null: the avatar has none
        private readonly Quat[] _turns;
        private readonly HumanoidRetarget _retarget;

        /// <summary>ArgumentException says what the avatar lacks.</summary>
        public BonePose(Animator animator, Skeleton skeleton)
        {
            Avatar avatar = animator.avatar;
            if (avatar == null || !avatar.isValid || !avatar.isHuman)
            {
                throw new ArgumentException(
                    "asked to move " + animator.name
                    + ", whose avatar is not Humanoid: set its Rig to Humanoid in the import settings");
            }
            _root = animator.transform;
            var nodes = new List<Transform>();
            Gather(_root, nodes);
            _bones = new Transform[skeleton.Joints.Length];
            var nodeOfJoint = new int[skeleton.Joints.Length];
            for (int joint = 0; joint < _bones.Length; joint++)
            {
                HumanBodyBones bone = InUnity.Bone(skeleton.Joints[joint].Unity);
                _bones[joint] = bone == HumanBodyBones.LastBone ? null : animator.GetBoneTransform(bone);
                nodeOfJoint[joint] = _bones[joint] == null ? -1 : nodes.IndexOf(_bones[joint]);
            }
            if (nodeOfJoint[0] < 0)
            {
                throw new ArgumentException(
                    "asked to move " + animator.name + ", whose bones are not in the scene: untick Optimize Game Objects");
            }
            _turns = new Quat[skeleton.Joints.Length];
            _retarget = new HumanoidRetarget(skeleton, nodeOfJoint, TPose(avatar, nodes));
        }

        public bool Whole
        {
            get { return _root != null && _bones[0] != null; }
        }

        public void Apply(ShownPose pose)
        {
            Vec3 place;
            Quat turn;
            _retarget.Apply(pose, _turns, out place, out turn);
            _bones[0].SetPositionAndRotation(
                _root.TransformPoint(InUnity.Vector(place)), _root.rotation * InUnity.Rotation(turn));
            for (int joint = 1; joint < _bones.Length; joint++)
            {
                if (_bones[joint] != null)
                {
                    _bones[joint].localRotation = InUnity.Rotation(_turns[joint]);
                }
            }
        }

        public void Dispose()
        {
        }

        /// <summary>All nodes below the root, parents first.</summary>
        private static void Gather(Transform above, List<Transform> nodes)
        {
            for (int child = 0; child < above.childCount; child++)
            {
                nodes.Add(above.GetChild(child));
                Gather(above.GetChild(child), nodes);
            }
        }

        /// <summary>The T-pose that the avatar was made from; nodes that it does not name are taken as they are.</summary>
        private static RestNode[] TPose(Avatar avatar, List<Transform> nodes)
        {
            SkeletonBone[] skeleton = avatar.humanDescription.skeleton ?? new SkeletonBone[0];
            if (skeleton.Length == 0)
            {
                // so it is with avatars of before Unity 2019.1, says its manual
                Debug.LogWarning(
                    "Groovecast: the avatar " + avatar.name
                    + " says no T-pose, so it is taken as it stands now: reimport its model", avatar);
            }
            ILookup<string, SkeletonBone> said = skeleton.ToLookup(bone => bone.name);
            var rest = new RestNode[nodes.Count];
            for (int node = 0; node < rest.Length; node++)
            {
                Transform here = nodes[node];
                SkeletonBone bone;
                bool named = Nearest(said[here.name], here.localPosition, out bone);
                rest[node] = new RestNode
                {
                    Parent = nodes.IndexOf(here.parent),
                    Position = InUnity.Place(named ? bone.position : here.localPosition),
                    Rotation = InUnity.Turn(named ? bone.rotation : here.localRotation).Normalised,
                    // as it is in the scene: people make a prefab larger there, and nothing animates it
                    Scale = InUnity.Place(here.localScale),
                };
            }
            return rest;
        }

        /// <summary>Of bones of one name the one that lies where this one does; a dance turns bones and moves none but the hips.</summary>
        private static bool Nearest(IEnumerable<SkeletonBone> named, Vector3 place, out SkeletonBone nearest)
        {
            nearest = new SkeletonBone();
            float least = float.PositiveInfinity;
            foreach (SkeletonBone bone in named)
            {
                float off = (bone.position - place).magnitude;
                if (off < least)
                {
                    least = off;
                    nearest = bone;
                }
            }
            return least < float.PositiveInfinity;
        }
    }
}

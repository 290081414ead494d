// Poses an avatar through Unity's muscles: a hidden figure of our skeleton is read as muscles, which the avatar is given.
using System;
using System.Collections.Generic;
using UnityEngine;

namespace Groovecast.Unity
{
    internal sealed class MusclePose : IAvatarPose
    {
        private readonly GameObject _figure;
        private readonly Transform[] _joints;
        private readonly Avatar _avatar;
        private readonly Transform _root;
        private readonly HumanPoseHandler _source;
        private readonly HumanPoseHandler _target;
        private HumanPose _muscles;

        /// <summary>ArgumentException says what the avatar lacks.</summary>
        public MusclePose(Animator animator, Skeleton skeleton)
        {
            if (animator.avatar == null || !animator.avatar.isValid || !animator.avatar.isHuman)
            {
                throw new ArgumentException(
                    "asked to move " + animator.name
                    + ", whose avatar is not Humanoid: set its Rig to Humanoid in the import settings");
            }
            _figure = new GameObject("Groovecast figure") { hideFlags = HideFlags.HideAndDontSave };
            _joints = new Transform[skeleton.Joints.Length];
            var bones = new List<SkeletonBone> { Bone(_figure.transform) };
            var human = new List<HumanBone>();
            for (int joint = 0; joint < _joints.Length; joint++)
            {
                SkeletonJoint said = skeleton.Joints[joint];
                var made = new GameObject(said.Name) { hideFlags = HideFlags.HideAndDontSave };
                made.transform.SetParent(said.Parent < 0 ? _figure.transform : _joints[said.Parent], false);
                made.transform.localPosition = InUnity.Vector(UnitySpace.Mirrored(said.OffsetM));
                _joints[joint] = made.transform;
                bones.Add(Bone(made.transform));
                HumanBodyBones bone = InUnity.Bone(said.Unity);
                if (bone != HumanBodyBones.LastBone)
                {
                    human.Add(new HumanBone
                    {
                        boneName = said.Name,
                        humanName = HumanTrait.BoneName[(int)bone],
                        limit = new HumanLimit { useDefaultValues = true },
                    });
                }
            }
            _avatar = AvatarBuilder.BuildHumanAvatar(_figure, new HumanDescription
            {
                human = human.ToArray(),
                skeleton = bones.ToArray(),
                upperArmTwist = 0.5f,
                lowerArmTwist = 0.5f,
                upperLegTwist = 0.5f,
                lowerLegTwist = 0.5f,
                armStretch = 0.05f,
                legStretch = 0.05f,
            });
            if (!_avatar.isValid)
            {
                Dispose();
                throw new ArgumentException("asked for muscles, Unity cannot make them of this stream's skeleton: take Bones");
            }
            _source = new HumanPoseHandler(_avatar, _figure.transform);
            _root = animator.transform;
            _target = new HumanPoseHandler(animator.avatar, _root);
        }

        public bool Whole
        {
            get { return _root != null && _joints[0] != null; }
        }

        public void Apply(ShownPose pose)
        {
            _joints[0].localPosition = InUnity.Vector(UnitySpace.Mirrored(pose.RootM));
            for (int joint = 0; joint < _joints.Length; joint++)
            {
                Quat turn = joint < pose.JointCount ? UnitySpace.Mirrored(pose.LocalQuat[joint]) : Quat.Identity;
                _joints[joint].localRotation = InUnity.Rotation(turn);
            }
            _source.GetHumanPose(ref _muscles);
            // The manual says that a pose is relative to the avatar's root, and nobody has seen it yet. With the root at the
            // world's origin it is right in the world's space too.
            Vector3 place = _root.localPosition;
            Quaternion stands = _root.localRotation;
            _root.SetPositionAndRotation(new Vector3(0, 0, 0), Quaternion.identity);
            _target.SetHumanPose(ref _muscles);
            _root.localPosition = place;
            _root.localRotation = stands;
        }

        public void Dispose()
        {
            if (_source != null)
            {
                _source.Dispose();
            }
            if (_target != null)
            {
                _target.Dispose();
            }
            Remove(_avatar);
            Remove(_figure);
        }

        private static void Remove(UnityEngine.Object made)
        {
            if (made != null)
            {
                // not Destroy: that waits for a next picture, which does not come when Play ends, and what is hidden and
                // not saved outlives every scene
                UnityEngine.Object.DestroyImmediate(made);
            }
        }

        private static SkeletonBone Bone(Transform node)
        {
            return new SkeletonBone
            {
                name = node.name,
                position = node.localPosition,
                rotation = Quaternion.identity,
                scale = new Vector3(1, 1, 1),
            };
        }
    }
}

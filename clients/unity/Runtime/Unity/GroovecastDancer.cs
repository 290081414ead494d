// Puts a dancer of a stream onto a Humanoid avatar, after its Animator and before all that moves on top of it.
using System;
using UnityEngine;

namespace Groovecast.Unity
{
    /// <summary>By which way a pose reaches the avatar.</summary>
    public enum PoseWay
    {
        /// <summary>Bone by bone through the avatar's T-pose: exact, fingers included. Take this one.</summary>
        Bones,

        /// <summary>Through Unity's muscles, which obey the avatar's limits and lose some twist.</summary>
        Muscles,
    }

    /// <summary>Any avatar whose rig is Humanoid. Its root stays where it stands; the dance moves its hips.</summary>
    [AddComponentMenu("Groovecast/Groovecast Dancer")]
    [DefaultExecutionOrder(-100)] // any LateUpdate is after the Animator; scripts of order 0 (hair, cameras, IK) see the dance
    [DisallowMultipleComponent]
    public sealed class GroovecastDancer : MonoBehaviour
    {
        [SerializeField]
        [Tooltip("The connection; empty: the one in the scene.")]
        private GroovecastStream stream;

        [SerializeField]
        [Tooltip("The avatar; empty: the Animator on this object or below it.")]
        private Animator animator;

        [SerializeField]
        [Range(0, 255)]
        [Tooltip("Which dancer of the show; 0 is the first.")]
        private int dancer;

        [SerializeField]
        private PoseWay way = PoseWay.Bones;

        private const int LookEvery = 30; // pictures, for what is not in the scene yet: it is a slow look

        private IAvatarPose _avatar;
        private Skeleton _boundTo;
        private Animator _boundAnimator;
        private Avatar _boundAvatar;
        private PoseWay _boundWay;
        private int _notYet; // pictures until the next look

        /// <summary>What is wrong, in words; empty when nothing is.</summary>
        public string Error { get; private set; }

        public int Dancer
        {
            get { return dancer; }
            set { dancer = value; }
        }

        public GroovecastStream Stream
        {
            get { return stream; }
            set
            {
                stream = value;
                Error = "";
            }
        }

        /// <summary>The avatar; a script that swaps avatars sets it to the new one.</summary>
        public Animator Animator
        {
            get { return animator; }
            set
            {
                animator = value;
                Error = "";
            }
        }

        public PoseWay Way
        {
            get { return way; }
            set { way = value; }
        }

        private void OnEnable()
        {
            Error = "";
            _notYet = 0;
        }

        private void OnDisable()
        {
            Unbind();
        }

        private void LateUpdate()
        {
            ShownPose pose = Found() ? stream.PoseOf(dancer) : null;
            if (pose == null || stream.Skeleton == null)
            {
                return;
            }
            bool bound = _boundTo == stream.Skeleton && _boundAnimator == animator && _boundAvatar == animator.avatar
                && _boundWay == way && (_avatar == null || _avatar.Whole);
            if (!bound)
            {
                Bind(stream.Skeleton);
            }
            if (_avatar != null)
            {
                _avatar.Apply(pose);
            }
        }

        /// <summary>Whether there are a stream and an avatar; either may come into the scene, or leave it, while it plays.</summary>
        private bool Found()
        {
            if (stream != null && animator != null)
            {
                return true;
            }
            if (_notYet-- > 0)
            {
                return false;
            }
            _notYet = LookEvery;
            if (stream == null)
            {
#if UNITY_2023_1_OR_NEWER
                stream = FindAnyObjectByType<GroovecastStream>();
#else
                stream = FindObjectOfType<GroovecastStream>();
#endif
            }
            if (animator == null)
            {
                animator = GetComponentInChildren<Animator>();
            }
            string wrong = stream == null ? "found no Groovecast Stream in the scene: add one"
                : animator == null ? "found no Animator on " + name + " or below it: put this on an avatar"
                : "";
            if (wrong != "" && wrong != Error)
            {
                Tell(wrong);
            }
            Error = wrong;
            return wrong == "";
        }

        private void Bind(Skeleton skeleton)
        {
            Unbind();
            _boundTo = skeleton;
            _boundAnimator = animator;
            _boundAvatar = animator.avatar;
            _boundWay = way;
            try
            {
                _avatar = way == PoseWay.Bones
                    ? (IAvatarPose)new BonePose(animator, skeleton)
                    : new MusclePose(animator, skeleton);
                Error = "";
            }
            catch (ArgumentException wrong)
            {
                Tell(wrong.Message);
            }
        }

        private void Unbind()
        {
            if (_avatar != null)
            {
                _avatar.Dispose();
                _avatar = null;
            }
            _boundTo = null;
        }

        private void Tell(string wrong)
        {
            Error = wrong;
            Debug.LogError("Groovecast: " + wrong, this);
        }
    }
}

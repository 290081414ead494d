// A stand-in for the rest of UnityEngine that the package uses: avatars, attributes, events, and the application.
using System;
using System.Collections.Generic;

namespace UnityEngine
{
    public enum HumanBodyBones
    {
        Hips, LeftUpperLeg, RightUpperLeg, LeftLowerLeg, RightLowerLeg, LeftFoot, RightFoot, Spine, Chest, Neck, Head,
        LeftShoulder, RightShoulder, LeftUpperArm, RightUpperArm, LeftLowerArm, RightLowerArm, LeftHand, RightHand,
        LeftToes, RightToes, LeftEye, RightEye, Jaw,
        LeftThumbProximal, LeftThumbIntermediate, LeftThumbDistal,
        LeftIndexProximal, LeftIndexIntermediate, LeftIndexDistal,
        LeftMiddleProximal, LeftMiddleIntermediate, LeftMiddleDistal,
        LeftRingProximal, LeftRingIntermediate, LeftRingDistal,
        LeftLittleProximal, LeftLittleIntermediate, LeftLittleDistal,
        RightThumbProximal, RightThumbIntermediate, RightThumbDistal,
        RightIndexProximal, RightIndexIntermediate, RightIndexDistal,
        RightMiddleProximal, RightMiddleIntermediate, RightMiddleDistal,
        RightRingProximal, RightRingIntermediate, RightRingDistal,
        RightLittleProximal, RightLittleIntermediate, RightLittleDistal,
        UpperChest, LastBone,
    }

    public struct SkeletonBone
    {
        public string name;
        public Vector3 position;
        public Quaternion rotation;
        public Vector3 scale;
    }

    public struct HumanLimit
    {
        public bool useDefaultValues { get; set; }
    }

    public struct HumanBone
    {
        public HumanLimit limit;

        public string boneName { get; set; }

        public string humanName { get; set; }
    }

    public struct HumanDescription
    {
        public HumanBone[] human;
        public SkeletonBone[] skeleton;

        public float upperArmTwist { get; set; }

        public float lowerArmTwist { get; set; }

        public float upperLegTwist { get; set; }

        public float lowerLegTwist { get; set; }

        public float armStretch { get; set; }

        public float legStretch { get; set; }
    }

    public class Avatar : Object
    {
        public bool isValid { get; set; } = true;

        public bool isHuman { get; set; } = true;

        public HumanDescription humanDescription { get; set; }
    }

    public class Animator : Behaviour
    {
        /// <summary>Not part of Unity: which transform is which bone.</summary>
        public readonly Dictionary<HumanBodyBones, Transform> Bones = new Dictionary<HumanBodyBones, Transform>();

        public Avatar avatar { get; set; }

        public Transform GetBoneTransform(HumanBodyBones bone)
        {
            Transform found;
            return Bones.TryGetValue(bone, out found) ? found : null;
        }
    }

    public static class HumanTrait
    {
        public static string[] BoneName
        {
            get { return Enum.GetNames(typeof(HumanBodyBones)); }
        }
    }

    public static class AvatarBuilder
    {
        public static Avatar BuildHumanAvatar(GameObject root, HumanDescription description)
        {
            return new Avatar { humanDescription = description };
        }
    }

    public struct HumanPose
    {
        public Vector3 bodyPosition;
        public Quaternion bodyRotation;
        public float[] muscles;
    }

    /// <summary>
    /// The stand-in has no muscles: of what is read only the hips are written, and those in the world, which is harder to
    /// bear than what Unity's manual says.
    /// </summary>
    public class HumanPoseHandler : IDisposable
    {
        public static int Alive, Read, Written;

        private readonly Transform _root;

        public HumanPoseHandler(Avatar avatar, Transform root)
        {
            _root = root;
            Alive++;
        }

        public void GetHumanPose(ref HumanPose pose)
        {
            pose.bodyPosition = _root.GetChild(0).localPosition;
            Read++;
        }

        public void SetHumanPose(ref HumanPose pose)
        {
            Written++;
            Transform hips = _root.GetChild(0);
            hips.position = pose.bodyPosition;
        }

        public void Dispose()
        {
            Alive--;
        }
    }

    public static class Debug
    {
        public static void LogWarning(object message, Object context)
        {
            Scene.Warnings.Add(message.ToString());
        }

        public static void LogError(object message, Object context)
        {
            Scene.Errors.Add(message.ToString());
        }
    }

    public static class Application
    {
        public static bool isPlaying { get; set; } = true;

        public static bool runInBackground { get; set; }
    }

    public static class Time
    {
        public static float deltaTime { get; set; } = 1 / 60f;
    }

    public sealed class SerializeField : Attribute
    {
    }

    public sealed class TooltipAttribute : Attribute
    {
        public TooltipAttribute(string text)
        {
        }
    }

    public sealed class RangeAttribute : Attribute
    {
        public RangeAttribute(float least, float most)
        {
        }
    }

    public sealed class AddComponentMenu : Attribute
    {
        public AddComponentMenu(string path)
        {
        }
    }

    public sealed class DefaultExecutionOrder : Attribute
    {
        public readonly int Order;

        public DefaultExecutionOrder(int order)
        {
            Order = order;
        }
    }

    public sealed class DisallowMultipleComponent : Attribute
    {
    }

    namespace Scripting
    {
        [AttributeUsage(AttributeTargets.Assembly)]
        public sealed class AlwaysLinkAssemblyAttribute : Attribute
        {
        }
    }

    public enum RuntimeInitializeLoadType
    {
        BeforeSceneLoad,
    }

    public sealed class RuntimeInitializeOnLoadMethodAttribute : Attribute
    {
        public RuntimeInitializeOnLoadMethodAttribute(RuntimeInitializeLoadType type)
        {
        }
    }
}

namespace UnityEngine.Events
{
    public delegate void UnityAction<T0, T1>(T0 one, T1 other);

    [Serializable]
    public class UnityEvent<T0, T1>
    {
        private UnityAction<T0, T1> _called;

        public void AddListener(UnityAction<T0, T1> call)
        {
            _called += call;
        }

        public void Invoke(T0 one, T1 other)
        {
            if (_called != null)
            {
                _called(one, other);
            }
        }
    }
}

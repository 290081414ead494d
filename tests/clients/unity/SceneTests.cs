// What happens in real scenes: avatars and streams that come late or go, scripts that meddle, and rigs that are not tidy.
using System;
using System.Collections.Generic;
using System.Linq;
using Groovecast.Unity;
using UnityEngine;

namespace Groovecast.Tests
{
    /// <summary>A script of the user, at the order that scripts have by default.</summary>
    internal sealed class Follower : MonoBehaviour
    {
        public Transform Bone;
        public Vector3 Saw;

        private void LateUpdate()
        {
            Saw = Bone.position;
        }
    }

    public static class SceneTests
    {
        public static void A_stream_that_comes_later_is_found_and_no_error_stays()
        {
            FakeTransport network = EngineTests.Clean();
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            Animator animator = EngineTests.Build(skeleton, 1, new List<Transform>());
            var dancer = animator.gameObject.AddComponent<GroovecastDancer>();
            for (int picture = 0; picture < 100; picture++)
            {
                Scene.Picture();
            }
            Check.Same(Scene.Errors.Count, 1, "said once");
            new GameObject("stream").AddComponent<GroovecastStream>();
            EngineTests.Greet(network);
            ShownPose pose = RetargetTests.Turned(skeleton, 1);
            EngineTests.Danced(network, pose, 0);
            for (int picture = 0; picture < 40; picture++)
            {
                Scene.Picture();
            }
            Check.Same(dancer.Error, "", "error");
            Dances(animator, skeleton, pose, 1);
            Scene.Clear();
        }

        public static void A_stream_given_right_after_the_component_was_added_is_no_error()
        {
            EngineTests.Clean();
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            var dancer = EngineTests.Build(skeleton, 1, new List<Transform>()).gameObject.AddComponent<GroovecastDancer>();
            dancer.Stream = new GameObject("stream").AddComponent<GroovecastStream>();
            Scene.Picture();
            Check.Same(string.Join(" ", Scene.Errors.ToArray()), "", "errors");
            Scene.Clear();
        }

        public static void An_avatar_swapped_for_another_of_the_same_kind_dances_on()
        {
            FakeTransport network = EngineTests.Clean();
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            Animator first = EngineTests.Build(skeleton, 2, new List<Transform>());
            ShownPose pose = RetargetTests.Turned(skeleton, 2);
            GroovecastDancer dancer = Dancing(network, new GameObject("place"), pose);
            dancer.Animator = first;
            Scene.Picture();
            Dances(first, skeleton, pose, 1);
            Animator second = EngineTests.Build(skeleton, 2, new List<Transform>());
            second.avatar = first.avatar;
            UnityEngine.Object.DestroyImmediate(first.gameObject);
            Scene.Picture();
            dancer.Animator = second;
            Scene.Picture();
            Dances(second, skeleton, pose, 1);
            Scene.Clear();
        }

        public static void Bones_that_are_destroyed_are_an_error_said_once_and_no_exception()
        {
            FakeTransport network = EngineTests.Clean();
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            Animator animator = EngineTests.Build(skeleton, 2, new List<Transform>());
            Dancing(network, animator.gameObject, RetargetTests.Turned(skeleton, 2));
            Scene.Picture();
            UnityEngine.Object.DestroyImmediate(animator.GetBoneTransform(HumanBodyBones.Hips).gameObject);
            animator.Bones.Clear();
            for (int picture = 0; picture < 5; picture++)
            {
                Scene.Picture();
            }
            Check.Same(Scene.Errors.Count, 1, "errors");
            Scene.Clear();
        }

        public static void An_avatar_that_a_script_built_without_a_description_dances_from_how_it_stands()
        {
            FakeTransport network = EngineTests.Clean();
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            var nodes = new List<Transform>();
            Animator animator = EngineTests.Build(skeleton, 3, nodes);
            foreach (SkeletonBone bone in animator.avatar.humanDescription.skeleton)
            {
                nodes.First(node => node.name == bone.name).localRotation = bone.rotation;
            }
            animator.avatar = new Avatar();
            ShownPose pose = RetargetTests.Turned(skeleton, 3);
            Dancing(network, animator.gameObject, pose);
            Scene.Picture();
            Dances(animator, skeleton, pose, 1);
            Check.That(Scene.Warnings.Count == 1 && Scene.Warnings[0].Contains("says no T-pose"), "a warning");
            Scene.Clear();
        }

        public static void An_armature_made_larger_in_the_scene_stands_and_travels_larger()
        {
            FakeTransport network = EngineTests.Clean();
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            var nodes = new List<Transform>();
            Animator animator = EngineTests.Build(skeleton, 4, nodes);
            nodes[0].localScale = nodes[0].localScale * 2;
            ShownPose pose = RetargetTests.Turned(skeleton, 4);
            Dancing(network, animator.gameObject, pose);
            Scene.Picture();
            Dances(animator, skeleton, pose, 2);
            Scene.Clear();
        }

        public static void Nodes_of_one_name_are_told_apart_by_where_they_are()
        {
            FakeTransport network = EngineTests.Clean();
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            var nodes = new List<Transform>();
            Animator animator = EngineTests.Build(skeleton, 5, nodes);
            SkeletonBone[] bones = animator.avatar.humanDescription.skeleton;
            foreach (string name in new[] { "leftUpperArm", "rightUpperArm" })
            {
                int node = nodes.IndexOf(animator.GetBoneTransform(EngineTests.Bone(skeleton, skeleton.Find(name))));
                nodes[node].name = bones[node].name = "Arm";
            }
            ShownPose pose = RetargetTests.Turned(skeleton, 5);
            Dancing(network, animator.gameObject, pose);
            Scene.Picture();
            Dances(animator, skeleton, pose, 1);
            Scene.Clear();
        }

        public static void A_script_of_default_order_sees_the_dance_of_this_picture()
        {
            FakeTransport network = EngineTests.Clean();
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            Animator animator = EngineTests.Build(skeleton, 6, new List<Transform>());
            var follower = new GameObject("camera").AddComponent<Follower>();
            follower.Bone = animator.GetBoneTransform(HumanBodyBones.Head);
            Vector3 before = follower.Bone.position;
            Dancing(network, animator.gameObject, RetargetTests.Turned(skeleton, 6));
            Scene.Picture();
            Check.That((follower.Bone.position - before).magnitude > 0.01f, "the head has moved");
            Check.Near((follower.Saw - follower.Bone.position).magnitude, 0, 1e-5, "what the script saw");
            Scene.Clear();
        }

        public static void By_muscles_an_avatar_dances_where_it_stands_and_leaves_nothing_hidden_behind()
        {
            FakeTransport network = EngineTests.Clean();
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            Animator animator = EngineTests.Build(skeleton, 1, new List<Transform>());
            Vector3 stood = animator.transform.position;
            ShownPose pose = RetargetTests.Turned(skeleton, 1);
            GroovecastDancer dancer = Dancing(network, animator.gameObject, pose);
            dancer.Way = PoseWay.Muscles;
            Scene.Picture();
            Check.Near((animator.transform.position - stood).magnitude, 0, 0, "the root");
            Vec3 ours = UnitySpace.Mirrored(pose.RootM);
            // the stand-in puts the first child where the pose is; the root's scale is not a pose's concern
            Vector3 want = stood + animator.transform.rotation * new Vector3(ours.X, ours.Y, ours.Z);
            Check.Near((animator.transform.GetChild(0).position - want).magnitude, 0, 1e-4, "the hips");
            Check.That(Scene.Things.Any(thing => thing.hideFlags != HideFlags.None), "there is a hidden figure");
            Scene.Disable(dancer);
            Check.That(Scene.Things.All(thing => thing.hideFlags == HideFlags.None), "nothing hidden is left when Play ends");
            Check.Same(HumanPoseHandler.Alive, 0, "handlers");
            Scene.Clear();
        }

        public static void An_address_that_could_not_be_read_is_mended_by_Connect()
        {
            FakeTransport network = EngineTests.Clean();
            var stream = new GameObject("stream").AddComponent<GroovecastStream>();
            stream.Connect("ftp://x", "");
            Check.That(stream.Client == null, "no client");
            stream.Connect("127.0.0.1", "");
            Scene.Picture();
            Check.Same(network.OpenedAtS.Count, 1, "connections begun");
            Scene.Disable(stream);
            stream.Connect("127.0.0.1:1", "");
            Check.That(stream.Client == null, "one that is switched off stays so");
            Scene.Clear();
        }

        public static void Whoever_hears_a_text_may_connect_elsewhere_or_switch_off()
        {
            FakeTransport network = EngineTests.Clean();
            var stream = new GameObject("stream").AddComponent<GroovecastStream>();
            int heard = 0;
            stream.Client.TextCame += message =>
            {
                heard++;
                Scene.Disable(stream);
            };
            Scene.Picture();
            network.Come("{\"type\":\"state\"}");
            Scene.Picture();
            Scene.Picture();
            Check.Same(heard, 1, "heard");
            Scene.Clear();
        }

        /// <summary>A dancer on that object, with a stream that sends one pose.</summary>
        private static GroovecastDancer Dancing(FakeTransport network, GameObject on, ShownPose pose)
        {
            var dancer = on.AddComponent<GroovecastDancer>();
            dancer.Stream = new GameObject("stream").AddComponent<GroovecastStream>();
            EngineTests.Greet(network);
            EngineTests.Danced(network, pose, 0);
            return dancer;
        }

        private static void Dances(Animator animator, Skeleton skeleton, ShownPose pose, float height)
        {
            Vec3[] ours = RetargetTests.Ours(skeleton, pose);
            for (int joint = 0; joint < ours.Length; joint++)
            {
                Vec3 place = ours[joint] * height;
                Vector3 want = animator.transform.TransformPoint(new Vector3(place.X, place.Y, place.Z));
                Transform bone = animator.GetBoneTransform(EngineTests.Bone(skeleton, joint));
                Check.Near((bone.position - want).magnitude, 0, 1e-3 * height, skeleton.Joints[joint].Name);
            }
        }
    }
}

// The package's components, run on a stand-in for Unity: an avatar in a scene dances, and everything ends when it should.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Groovecast.Samples;
using Groovecast.Unity;
using Groovecast.Unity.Editor;
using UnityEditor;
using UnityEngine;

namespace Groovecast.Tests
{
    public static class EngineTests
    {
        private const double ServerS = 1000;

        public static void An_avatar_anywhere_in_the_scene_dances_as_our_kinematics_say()
        {
            FakeTransport network = Clean();
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            for (int seed = 0; seed < 5; seed++)
            {
                Scene.Clear();
                var nodes = new List<Transform>();
                Animator animator = Build(skeleton, seed, nodes);
                var stream = new GameObject("stream").AddComponent<GroovecastStream>();
                animator.gameObject.AddComponent<GroovecastDancer>();
                ShownPose pose = RetargetTests.Turned(skeleton, seed);
                Greet(network);
                Danced(network, pose, 0);
                Scene.Picture();
                Check.Same(string.Join(" ", Scene.Errors.ToArray()), "", "errors");
                Check.Same(stream.PoseOf(0).Showing, Showing.Dancing, "the figure");
                Vec3[] ours = RetargetTests.Ours(skeleton, pose);
                for (int joint = 0; joint < ours.Length; joint++)
                {
                    Vector3 want = animator.transform.TransformPoint(new Vector3(ours[joint].X, ours[joint].Y, ours[joint].Z));
                    Transform bone = animator.GetBoneTransform(Bone(skeleton, joint));
                    Check.Near((bone.position - want).magnitude, 0, 1e-3, skeleton.Joints[joint].Name);
                }
            }
            Scene.Clear();
        }

        public static void Two_dancers_dance_two_dances_and_a_third_waits()
        {
            FakeTransport network = Clean();
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            var stream = new GameObject("stream").AddComponent<GroovecastStream>();
            Greet(network);
            ShownPose one = RetargetTests.Turned(skeleton, 1), other = RetargetTests.Turned(skeleton, 2);
            other.RootM = new Vec3(3, 1, 0);
            Danced(network, one, 0);
            Danced(network, other, 1);
            Scene.Picture();
            Check.Near(stream.PoseOf(0).RootM, one.RootM, 1e-5, "dancer 0");
            Check.Near(stream.PoseOf(1).RootM, other.RootM, 1e-5, "dancer 1");
            Check.That(stream.PoseOf(2) == null, "dancer 2");
            Scene.Clear();
        }

        public static void Beats_are_events_at_the_delay_that_the_user_sets()
        {
            FakeTransport network = Clean();
            var stream = new GameObject("stream").AddComponent<GroovecastStream>();
            var places = new List<int>();
            stream.OnBeat.AddListener((place, bar) => places.Add(place * 10 + bar));
            Greet(network);
            // slow beats, so that a busy machine leaves none of them out
            for (int frame = -50; frame < 100; frame++)
            {
                double afterS = frame / 5.0;
                PoseFrame one = Frame(ServerS + afterS, new ShownPose(), 0);
                one.BeatKnown = true;
                one.Beat = 40.5 + afterS / 2;
                network.Come(PoseCodec.Encode(one));
            }
            for (float laterS = 8; laterS > -12; laterS -= 0.5f)
            {
                stream.DelayS = laterS;
                Scene.Picture();
            }
            Check.That(places.Count >= 7, places.Count + " beats");
            for (int beat = 0; beat < places.Count; beat++)
            {
                Check.Same(places[beat] % 10, 4, "beats a bar");
                Check.Same(places[beat] / 10, (places[0] / 10 + beat) % 4, "place in the bar");
            }
            Scene.Clear();
        }

        public static void The_way_through_muscles_reads_and_writes_and_leaves_nothing_behind()
        {
            FakeTransport network = Clean();
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            Animator animator = Build(skeleton, 1, new List<Transform>());
            new GameObject("stream").AddComponent<GroovecastStream>();
            var dancer = animator.gameObject.AddComponent<GroovecastDancer>();
            dancer.Way = PoseWay.Muscles;
            Greet(network);
            Danced(network, RetargetTests.Turned(skeleton, 1), 0);
            int before = HumanPoseHandler.Written;
            Scene.Picture();
            Scene.Picture();
            Check.Same(HumanPoseHandler.Written, before + 2, "written");
            Check.Same(HumanPoseHandler.Alive, 2, "handlers");
            dancer.Way = PoseWay.Bones;
            Scene.Picture();
            Check.Same(HumanPoseHandler.Alive, 0, "handlers after a change of way");
            Scene.Clear();
        }

        public static void What_is_wrong_is_said_once_in_words()
        {
            FakeTransport network = Clean();
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            Animator animator = Build(skeleton, 1, new List<Transform>());
            animator.avatar.isHuman = false;
            var dancer = animator.gameObject.AddComponent<GroovecastDancer>();
            Scene.Picture();
            Check.That(dancer.Error.Contains("no Groovecast Stream"), dancer.Error);
            Scene.Clear();
            new GameObject("stream").AddComponent<GroovecastStream>();
            dancer = animator.gameObject.AddComponent<GroovecastDancer>();
            Greet(network);
            Danced(network, RetargetTests.Turned(skeleton, 1), 0);
            for (int picture = 0; picture < 5; picture++)
            {
                Scene.Picture();
            }
            Check.That(dancer.Error.Contains("set its Rig to Humanoid"), dancer.Error);
            Check.Same(Scene.Errors.Count, 1, "errors");
            var stream = new GameObject("other").AddComponent<GroovecastStream>();
            stream.Connect("ftp://x", "");
            Check.That(stream.Error.Contains("give ws://"), stream.Error);
            Scene.Picture();
            Scene.Clear();
        }

        public static void The_inspectors_tell_how_it_goes()
        {
            FakeTransport network = Clean();
            var stream = new GameObject("stream").AddComponent<GroovecastStream>();
            var dancer = new GameObject("dancer").AddComponent<GroovecastDancer>();
            string told = Inspected(new GroovecastStreamEditor { target = stream });
            Check.That(told.Contains("Connection: none"), told);
            Greet(network);
            Danced(network, RetargetTests.Turned(GoldenTests.ReadSkeleton(Program.Protocol), 1), 0);
            Scene.Picture();
            told = Inspected(new GroovecastStreamEditor { target = stream });
            foreach (string part in new[] { "open, Groovecast 0.1.0", "of 60", "Dropped by the show: 0", "Starved pictures: 0" })
            {
                Check.That(told.Contains(part), part + " in " + told);
            }
            told = Inspected(new GroovecastDancerEditor { target = dancer });
            Check.That(told.Contains("found no Animator"), told);
            Scene.Clear();
        }

        public static void The_sample_builds_its_scene_and_its_sticks_dance()
        {
            FakeTransport network = Clean();
            new GameObject("sample").AddComponent<DancingScene>();
            Greet(network);
            Skeleton skeleton = GoldenTests.ReadSkeleton(Program.Protocol);
            ShownPose pose = RetargetTests.Turned(skeleton, 4);
            Danced(network, pose, 0);
            Scene.Picture();
            Transform figure = Scene.Components.OfType<StickFigure>().First().transform;
            Check.Same(figure.childCount, 52, "sticks");
            Vector3 hips = figure.GetChild(0).position;
            Check.Near(new Vec3(hips.x, hips.y, hips.z), UnitySpace.Mirrored(pose.RootM), 1e-5, "hips");
            Check.That(UnityEngine.Application.runInBackground, "it runs in the background");
            Scene.Clear();
        }

        public static void Disabling_ends_the_socket_and_so_does_a_reload_of_the_scripts()
        {
            Clean();
            PoseTransports.Make = () => new SocketTransport();
            using (var silent = new SilentServer(null))
            {
                var stream = new GameObject("stream").AddComponent<GroovecastStream>();
                stream.Connect("127.0.0.1:" + silent.Port, "");
                Scene.Picture();
                Check.Same(SocketTransport.RunningThreads, 1, "threads");
                Scene.Disable(stream);
                Check.Same(SocketTransport.RunningThreads, 0, "threads after OnDisable");
                Scene.Enable(stream);
                Scene.Picture();
                Type guard = typeof(GroovecastStreamEditor).Assembly.GetType("Groovecast.Unity.Editor.ReloadGuard");
                System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(guard.TypeHandle);
                Check.Same(SocketTransport.RunningThreads, 1, "threads");
                AssemblyReloadEvents.Reload();
                Check.Same(SocketTransport.RunningThreads, 0, "threads after a reload");
                Scene.Clear();
            }
        }

        private static string Inspected(UnityEditor.Editor inspector)
        {
            EditorGUILayout.Lines.Clear();
            inspector.OnInspectorGUI();
            return string.Join("\n", EditorGUILayout.Lines.ToArray());
        }

        internal static FakeTransport Clean()
        {
            Scene.Clear();
            var network = new FakeTransport();
            PoseTransports.Make = () => network;
            return network;
        }

        internal static void Greet(FakeTransport network)
        {
            Scene.Picture();
            Scene.Picture();
            network.NowS = SteadyClock.NowS();
            network.Greet(Guid.NewGuid().ToString(), ServerS);
            string skeleton = File.ReadAllText(Path.Combine(Program.Protocol, "skeleton.json"));
            network.Come("{\"type\":\"skeleton\"," + skeleton.Substring(skeleton.IndexOf('{') + 1));
        }

        /// <summary>Two seconds of one pose.</summary>
        internal static void Danced(FakeTransport network, ShownPose pose, byte dancer)
        {
            for (int frame = -10; frame < 110; frame++)
            {
                network.Come(PoseCodec.Encode(Frame(ServerS + frame / 60.0, pose, dancer)));
            }
        }

        private static PoseFrame Frame(double timeS, ShownPose pose, byte dancer)
        {
            var frame = new PoseFrame { PresentS = timeS, RootM = pose.RootM, Dancer = dancer };
            frame.Resize(pose.JointCount);
            Array.Copy(pose.LocalQuat, frame.LocalQuat, pose.JointCount);
            return frame;
        }

        internal static HumanBodyBones Bone(Skeleton skeleton, int joint)
        {
            return (HumanBodyBones)Enum.Parse(typeof(HumanBodyBones), skeleton.Joints[joint].Unity);
        }

        /// <summary>An avatar with odd bones in the scene, in the middle of another movement than its T-pose.</summary>
        internal static Animator Build(Skeleton skeleton, int seed, List<Transform> nodes)
        {
            OddAvatar odd = RetargetTests.Odd(skeleton, seed, 1, new string[0]);
            var root = new GameObject("avatar");
            root.transform.localPosition = new Vector3(5, 0.2f, -2);
            root.transform.localRotation = Quaternion.Euler(10, 70, 0);
            root.transform.localScale = new Vector3(1.5f, 1.5f, 1.5f);
            var animator = root.AddComponent<Animator>();
            var bones = new SkeletonBone[odd.Nodes.Length];
            for (int node = 0; node < odd.Nodes.Length; node++)
            {
                RestNode rest = odd.Nodes[node];
                var made = new GameObject("node " + node);
                made.transform.SetParent(rest.Parent < 0 ? root.transform : nodes[rest.Parent], false);
                bones[node] = new SkeletonBone
                {
                    name = made.name,
                    position = new Vector3(rest.Position.X, rest.Position.Y, rest.Position.Z),
                    rotation = new Quaternion(rest.Rotation.X, rest.Rotation.Y, rest.Rotation.Z, rest.Rotation.W),
                    scale = new Vector3(rest.Scale.X, rest.Scale.Y, rest.Scale.Z),
                };
                made.transform.localPosition = bones[node].position;
                made.transform.localScale = bones[node].scale;
                made.transform.localRotation = node == 0 ? bones[node].rotation : Quaternion.Euler(10 * node, 20, 3);
                nodes.Add(made.transform);
            }
            for (int joint = 0; joint < odd.NodeOfJoint.Length; joint++)
            {
                animator.Bones[Bone(skeleton, joint)] = nodes[odd.NodeOfJoint[joint]];
            }
            animator.avatar = new Avatar { humanDescription = new HumanDescription { skeleton = bones } };
            return animator;
        }
    }
}

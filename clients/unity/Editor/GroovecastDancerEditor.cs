// The dancer's inspector: its settings, what keeps it from dancing, and what it does.
using UnityEditor;
using UnityEngine;

namespace Groovecast.Unity.Editor
{
    [CustomEditor(typeof(GroovecastDancer))]
    [CanEditMultipleObjects] // whole rows of avatars are set up at once
    public sealed class GroovecastDancerEditor : UnityEditor.Editor
    {
        public override bool RequiresConstantRepaint()
        {
            return Application.isPlaying;
        }

        public override void OnInspectorGUI()
        {
            DrawDefaultInspector();
            if (!Application.isPlaying)
            {
                return;
            }
            var dancer = (GroovecastDancer)target;
            if (!string.IsNullOrEmpty(dancer.Error))
            {
                EditorGUILayout.HelpBox(dancer.Error, MessageType.Error);
                return;
            }
            ShownPose pose = dancer.Stream == null ? null : dancer.Stream.PoseOf(dancer.Dancer);
            EditorGUILayout.LabelField("Figure", pose == null ? "waits for the first pose" : pose.Showing.ToString());
        }
    }
}

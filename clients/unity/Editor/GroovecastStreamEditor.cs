// The stream's inspector: its settings, and while it plays how the connection is doing.
using UnityEditor;
using UnityEngine;

namespace Groovecast.Unity.Editor
{
    [CustomEditor(typeof(GroovecastStream))]
    public sealed class GroovecastStreamEditor : UnityEditor.Editor
    {
        public override bool RequiresConstantRepaint()
        {
            return Application.isPlaying;
        }

        public override void OnInspectorGUI()
        {
            DrawDefaultInspector();
            var stream = (GroovecastStream)target;
            EditorGUILayout.Space();
            if (!Application.isPlaying)
            {
                EditorGUILayout.HelpBox("Start a show (groovecast demo) and press Play.", MessageType.Info);
                return;
            }
            if (!string.IsNullOrEmpty(stream.Error))
            {
                EditorGUILayout.HelpBox(stream.Error, MessageType.Warning);
            }
            PoseStream client = stream.Client;
            if (client == null)
            {
                return;
            }
            ServerClock clock = client.Clock;
            JitterBuffer dancer = client.Dancer(0);
            EditorGUILayout.LabelField("Connection", client.Connected ? "open, Groovecast " + client.ServerVersion : "none");
            EditorGUILayout.LabelField(
                "Poses", stream.ReceivedFps.ToString("0") + " a second of " + client.GrantedFps.ToString("0"));
            EditorGUILayout.LabelField(
                "Way there and back", double.IsNaN(clock.ShortestWayS) ? "not known" : Milliseconds(clock.ShortestWayS));
            EditorGUILayout.LabelField(
                "Ready ahead", Milliseconds(dancer.AheadS) + " of " + Milliseconds(client.GrantedLookAheadS));
            EditorGUILayout.LabelField("Delay set", Milliseconds(stream.DelayS));
            EditorGUILayout.LabelField("Dropped by the show", client.DroppedHere.ToString());
            EditorGUILayout.LabelField("Came late", dancer.Late.ToString());
            EditorGUILayout.LabelField("Starved pictures", dancer.Starved.ToString());
            EditorGUILayout.LabelField("Not read in time", client.Unread.ToString());
            EditorGUILayout.LabelField("Connections made", client.Connections.ToString());
            EditorGUILayout.LabelField("Tempo", client.TempoBpm.ToString("0.0") + " BPM, " + client.BeatsPerBar + " beats a bar");
            EditorGUILayout.LabelField("Energy", client.Energy.ToString("0.00"));
        }

        private static string Milliseconds(double seconds)
        {
            return (seconds * 1000).ToString("0") + " ms";
        }
    }
}

// A stand-in for the little of UnityEditor that the package's inspectors use.
using System;
using System.Collections.Generic;

namespace UnityEditor
{
    public enum MessageType
    {
        None,
        Info,
        Warning,
        Error,
    }

    public sealed class CustomEditor : Attribute
    {
        public CustomEditor(Type inspected)
        {
        }
    }

    public sealed class CanEditMultipleObjects : Attribute
    {
    }

    public sealed class InitializeOnLoadAttribute : Attribute
    {
    }

    public class Editor : UnityEngine.Object
    {
        public UnityEngine.Object target { get; set; }

        public virtual bool RequiresConstantRepaint()
        {
            return false;
        }

        public virtual void OnInspectorGUI()
        {
        }

        public bool DrawDefaultInspector()
        {
            return true;
        }
    }

    public static class EditorGUILayout
    {
        /// <summary>Not part of Unity: what is read on the inspector.</summary>
        public static readonly List<string> Lines = new List<string>();

        public static void Space()
        {
        }

        public static void LabelField(string label, string text)
        {
            Lines.Add(label + ": " + text);
        }

        public static void HelpBox(string text, MessageType type)
        {
            Lines.Add(type + ": " + text);
        }
    }

    public static class AssemblyReloadEvents
    {
        public delegate void AssemblyReloadCallback();

        public static event AssemblyReloadCallback beforeAssemblyReload;

        public static void Reload()
        {
            if (beforeAssemblyReload != null)
            {
                beforeAssemblyReload();
            }
        }
    }
}

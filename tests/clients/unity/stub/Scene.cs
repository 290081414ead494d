// A stand-in for UnityEngine's objects: a scene whose components are called as Unity calls them, picture by picture.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;

namespace UnityEngine
{
    [Flags]
    public enum HideFlags
    {
        None = 0,
        HideAndDontSave = 61,
    }

    public class Object
    {
        public string name = "";

        public HideFlags hideFlags { get; set; }

        public bool Destroyed { get; private set; }

        public static implicit operator bool(Object it)
        {
            return it != null;
        }

        public static bool operator ==(Object a, Object b)
        {
            object one = ReferenceEquals(a, null) || a.Destroyed ? null : a;
            object other = ReferenceEquals(b, null) || b.Destroyed ? null : b;
            return ReferenceEquals(one, other);
        }

        public static bool operator !=(Object a, Object b)
        {
            return !(a == b);
        }

        public override bool Equals(object other)
        {
            return ReferenceEquals(this, other);
        }

        public override int GetHashCode()
        {
            return System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
        }

        /// <summary>Waits for the end of the picture, as Unity does.</summary>
        public static void Destroy(Object it)
        {
            Scene.Doomed.Add(it);
        }

        public static void DestroyImmediate(Object it)
        {
            it.Destroyed = true;
            var thing = it as GameObject;
            if (ReferenceEquals(thing, null))
            {
                return;
            }
            for (int child = 0; child < thing.transform.childCount; child++)
            {
                DestroyImmediate(thing.transform.GetChild(child).gameObject);
            }
            thing.All.ForEach(one => ((Object)one).Destroyed = true);
            Scene.Remove(thing);
        }

        public static T Instantiate<T>(T original, Vector3 position, Quaternion rotation) where T : Object
        {
            throw new NotSupportedException("the stand-in copies nothing");
        }

        public static T FindObjectOfType<T>() where T : Object
        {
            return Scene.Components.OfType<T>().FirstOrDefault();
        }

        public static T FindAnyObjectByType<T>() where T : Object
        {
            return FindObjectOfType<T>();
        }
    }

    public class Component : Object
    {
        public GameObject gameObject { get; internal set; }

        public Transform transform
        {
            get { return gameObject.transform; }
        }

        public T GetComponent<T>() where T : Component
        {
            return gameObject.All.OfType<T>().FirstOrDefault();
        }

        public T GetComponentInChildren<T>() where T : Component
        {
            T here = GetComponent<T>();
            for (int child = 0; here == null && child < transform.childCount; child++)
            {
                here = transform.GetChild(child).GetComponentInChildren<T>();
            }
            return here;
        }
    }

    public class Behaviour : Component
    {
        public bool enabled { get; set; } = true;

        public bool isActiveAndEnabled
        {
            get { return enabled; }
        }
    }

    public class MonoBehaviour : Behaviour
    {
    }

    public class GameObject : Object
    {
        internal readonly List<Component> All = new List<Component>();

        public GameObject() : this("New Game Object")
        {
        }

        public GameObject(string name)
        {
            this.name = name;
            transform = new Transform { gameObject = this, name = name };
            All.Add(transform);
            Scene.Things.Add(this);
        }

        public string tag { get; set; }

        public Transform transform { get; private set; }

        public static GameObject CreatePrimitive(PrimitiveType type)
        {
            return new GameObject(type.ToString());
        }

        public T AddComponent<T>() where T : Component, new()
        {
            var added = new T { gameObject = this, name = name };
            All.Add(added);
            Scene.Add(added);
            return added;
        }

        public T GetComponent<T>() where T : Component
        {
            return All.OfType<T>().FirstOrDefault();
        }
    }

    public class Transform : Component
    {
        private readonly List<Transform> _children = new List<Transform>();

        public Transform parent { get; private set; }

        public Vector3 localPosition { get; set; }

        public Quaternion localRotation { get; set; } = Quaternion.identity;

        public Vector3 localScale { get; set; } = new Vector3(1, 1, 1);

        public int childCount
        {
            get { return _children.Count; }
        }

        public Quaternion rotation
        {
            get { return parent == null ? localRotation : parent.rotation * localRotation; }
            set { localRotation = parent == null ? value : Quaternion.Inverse(parent.rotation) * value; }
        }

        public Vector3 position
        {
            get { return parent == null ? localPosition : parent.TransformPoint(localPosition); }
            set { localPosition = parent == null ? value : parent.InverseTransformPoint(value); }
        }

        public Transform GetChild(int index)
        {
            return _children[index];
        }

        public void SetParent(Transform to, bool worldPositionStays)
        {
            parent = to;
            to._children.Add(this);
        }

        public void SetPositionAndRotation(Vector3 place, Quaternion turn)
        {
            if (this == null)
            {
                throw new InvalidOperationException("a MissingReferenceException in Unity: " + name + " has been destroyed");
            }
            position = place;
            rotation = turn;
        }

        public Vector3 TransformPoint(Vector3 local)
        {
            Vector3 above = localPosition + localRotation * Vector3.Scale(localScale, local);
            return parent == null ? above : parent.TransformPoint(above);
        }

        public Vector3 InverseTransformPoint(Vector3 world)
        {
            Vector3 above = parent == null ? world : parent.InverseTransformPoint(world);
            Vector3 turned = Quaternion.Inverse(localRotation) * (above - localPosition);
            return Vector3.Scale(turned, new Vector3(1 / localScale.x, 1 / localScale.y, 1 / localScale.z));
        }
    }

    public enum PrimitiveType
    {
        Plane,
        Capsule,
    }

    public enum LightType
    {
        Directional,
    }

    public class Light : Behaviour
    {
        public LightType type { get; set; }

        public float intensity { get; set; }
    }

    public class Camera : Behaviour
    {
        public static Camera main { get; set; }
    }

    /// <summary>Calls the components as Unity does; not part of Unity.</summary>
    public static class Scene
    {
        public static readonly List<MonoBehaviour> Components = new List<MonoBehaviour>();
        public static readonly List<string> Errors = new List<string>();
        public static readonly List<string> Warnings = new List<string>();
        public static readonly List<GameObject> Things = new List<GameObject>();
        internal static readonly List<Object> Doomed = new List<Object>();

        public static void Picture()
        {
            Call("Update");
            Call("LateUpdate");
            Doomed.ForEach(Object.DestroyImmediate);
            Doomed.Clear();
        }

        public static void Disable(MonoBehaviour one)
        {
            one.enabled = false;
            Call(one, "OnDisable");
        }

        public static void Enable(MonoBehaviour one)
        {
            one.enabled = true;
            Call(one, "OnEnable");
        }

        public static void Clear()
        {
            foreach (MonoBehaviour one in Components.ToArray())
            {
                Disable(one);
            }
            Components.Clear();
            Errors.Clear();
            Warnings.Clear();
            Things.Clear();
            Doomed.Clear();
        }

        internal static void Add(Component added)
        {
            var one = added as MonoBehaviour;
            if (one != null)
            {
                Components.Add(one);
                Call(one, "Awake");
                Call(one, "OnEnable");
            }
        }

        internal static void Remove(GameObject thing)
        {
            Components.RemoveAll(one => ReferenceEquals(one.gameObject, thing));
            Things.RemoveAll(one => ReferenceEquals(one, thing));
        }

        private static void Call(string method)
        {
            foreach (MonoBehaviour one in Components.OrderBy(Order).ToArray())
            {
                if (one.enabled)
                {
                    Call(one, method);
                }
            }
        }

        private static int Order(MonoBehaviour one)
        {
            var said = (DefaultExecutionOrder)Attribute.GetCustomAttribute(one.GetType(), typeof(DefaultExecutionOrder));
            return said == null ? 0 : said.Order;
        }

        private static void Call(MonoBehaviour one, string method)
        {
            MethodInfo found = one.GetType().GetMethod(method, BindingFlags.Instance | BindingFlags.NonPublic);
            if (found != null)
            {
                found.Invoke(one, null);
            }
        }
    }
}

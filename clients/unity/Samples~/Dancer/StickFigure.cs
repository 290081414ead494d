// A dancer without any avatar: one stick from each joint to its parent, straight from the stream's skeleton.
using Groovecast.Unity;
using UnityEngine;

namespace Groovecast.Samples
{
    public sealed class StickFigure : MonoBehaviour
    {
        private GroovecastStream _stream;
        private int _dancer;
        private Transform[] _sticks = new Transform[0];
        private Vec3[] _places = new Vec3[0];
        private Quat[] _turns = new Quat[0];

        /// <summary>Dance as that dancer of that stream.</summary>
        public void Watch(GroovecastStream stream, int dancer)
        {
            _stream = stream;
            _dancer = dancer;
        }

        private void LateUpdate()
        {
            ShownPose pose = _stream == null ? null : _stream.PoseOf(_dancer);
            Skeleton skeleton = pose == null ? null : _stream.Skeleton;
            if (skeleton == null || pose.JointCount > skeleton.Joints.Length)
            {
                return;
            }
            if (_sticks.Length != pose.JointCount)
            {
                Build(pose.JointCount);
            }
            skeleton.Places(pose.RootM, pose.LocalQuat, _places, _turns);
            for (int joint = 0; joint < _sticks.Length; joint++)
            {
                int parent = skeleton.Joints[joint].Parent;
                Vector3 end = Place(joint), begin = parent < 0 ? end : Place(parent);
                Vector3 along = end - begin;
                float thick = joint < 22 ? 0.05f : 0.015f;
                _sticks[joint].position = transform.position + (begin + end) * 0.5f;
                _sticks[joint].localScale = new Vector3(thick, Mathf.Max(along.magnitude * 0.5f, thick), thick);
                _sticks[joint].rotation = along.magnitude > 1e-4f
                    ? Quaternion.FromToRotation(Vector3.up, along)
                    : Quaternion.identity;
            }
        }

        private Vector3 Place(int joint)
        {
            Vec3 place = UnitySpace.Mirrored(_places[joint]);
            return new Vector3(place.X, place.Y, place.Z);
        }

        private void Build(int joints)
        {
            foreach (Transform stick in _sticks)
            {
                Destroy(stick.gameObject);
            }
            _sticks = new Transform[joints];
            _places = new Vec3[joints];
            _turns = new Quat[joints];
            for (int joint = 0; joint < joints; joint++)
            {
                GameObject stick = GameObject.CreatePrimitive(PrimitiveType.Capsule);
                stick.name = "Joint " + joint;
                stick.transform.SetParent(transform, false);
                _sticks[joint] = stick.transform;
            }
        }
    }
}

// A whole scene from one script: a floor, a light that flashes on the beat, and a figure that dances to your show.
using Groovecast.Unity;
using UnityEngine;

namespace Groovecast.Samples
{
    /// <summary>Put it on an empty object in an empty scene, start `groovecast demo`, and press Play.</summary>
    public sealed class DancingScene : MonoBehaviour
    {
        [SerializeField]
        private string address = "127.0.0.1:8765";

        [SerializeField]
        [Tooltip("Any Humanoid; empty: a figure of sticks.")]
        private GameObject avatar;

        [SerializeField]
        private Vector3 standsAt = new Vector3(0, 0, 0);

        private Light _light;
        private float _calm = 1;

        private void Awake()
        {
            Application.runInBackground = true; // a show goes on when another window is clicked
            var made = new GameObject("Groovecast Stream");
            var stream = made.AddComponent<GroovecastStream>();
            stream.Connect(address, "");
            stream.Beat += tick => _light.intensity = tick.BarPosition == 0 ? 3 : 2;

            GameObject.CreatePrimitive(PrimitiveType.Plane).name = "Floor";
            var lamp = new GameObject("Light");
            _light = lamp.AddComponent<Light>();
            _light.type = LightType.Directional;
            lamp.transform.rotation = Quaternion.Euler(50, 160, 0);
            _light.intensity = _calm;
            if (Camera.main == null)
            {
                var eye = new GameObject("Camera") { tag = "MainCamera" };
                eye.AddComponent<Camera>();
                // the figure looks along +Z: the camera stands there and looks back
                eye.transform.SetPositionAndRotation(new Vector3(0, 1.1f, 3.5f), Quaternion.Euler(3, 180, 0));
            }

            if (avatar == null)
            {
                new GameObject("Stick figure").AddComponent<StickFigure>().Watch(stream, 0);
                return;
            }
            GameObject figure = Instantiate(avatar, standsAt, Quaternion.identity);
            figure.AddComponent<GroovecastDancer>().Stream = stream;
        }

        private void Update()
        {
            _light.intensity = Mathf.Lerp(_light.intensity, _calm, 1 - Mathf.Exp(-8 * Time.deltaTime));
        }
    }
}

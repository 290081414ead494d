// The connection to a show as a component: one for a scene, whatever number of dancers it feeds.
using System;
using System.Collections.Generic;
using UnityEngine;
using UnityEngine.Events;

namespace Groovecast.Unity
{
    /// <summary>Called on every beat: its place in the bar (0 is the downbeat), and how many beats the bar has.</summary>
    [Serializable]
    public sealed class BeatEvent : UnityEvent<int, int>
    {
    }

    /// <summary>Connects when enabled, comes back after every loss, and shows each dancer's pose once a picture.</summary>
    [AddComponentMenu("Groovecast/Groovecast Stream")]
    [DefaultExecutionOrder(-200)]
    [DisallowMultipleComponent]
    public sealed class GroovecastStream : MonoBehaviour
    {
        [SerializeField]
        [Tooltip("Where the show is: 127.0.0.1:8765, http://stage.local:8765 or wss://...")]
        private string address = "127.0.0.1:8765";

        [SerializeField]
        [Tooltip("What the show asks for on any address but its own machine; empty: none. It is saved with the scene.")]
        private string token = "";

        [SerializeField]
        [Tooltip("Take fingers too (52 joints instead of 22).")]
        private bool fingers = true;

        [SerializeField]
        [Range(-0.2f, 1f)]
        [Tooltip("Show the dance so many seconds later, to meet the sound or a slow screen; below 0: sooner.")]
        private float delayS;

        [SerializeField]
        private BeatEvent onBeat = new BeatEvent();

        private readonly BeatWatch _beats = new BeatWatch();
        private readonly HashSet<int> _shown = new HashSet<int>();
        private PoseStream _stream;
        private double _countedAtS;
        private int _counted;

        /// <summary>Each beat, when it is danced.</summary>
        public event Action<BeatTick> Beat;

        /// <summary>The engine-free client; null while this component is disabled.</summary>
        public PoseStream Client
        {
            get { return _stream; }
        }

        /// <summary>The joints of the stream, or null until the show has told them.</summary>
        public Skeleton Skeleton
        {
            get { return _stream == null ? null : _stream.Skeleton; }
        }

        /// <summary>What is wrong, in words; empty when nothing is.</summary>
        public string Error { get; private set; }

        /// <summary>Poses of the first dancer that came in the last second.</summary>
        public float ReceivedFps { get; private set; }

        /// <summary>So many seconds later than the show says; may be changed at any time.</summary>
        public float DelayS
        {
            get { return delayS; }
            set { delayS = value; }
        }

        public BeatEvent OnBeat
        {
            get { return onBeat; }
        }

        /// <summary>Connect to another show, from a script.</summary>
        public void Connect(string toAddress, string withToken)
        {
            address = toAddress;
            token = withToken;
            if (isActiveAndEnabled) // also when the address before could not be read
            {
                OnDisable();
                OnEnable();
            }
        }

        /// <summary>The dancer's pose of this picture, in Groovecast's space; null while there is none.</summary>
        public ShownPose PoseOf(int dancer)
        {
            return _stream != null && _shown.Contains(dancer) ? _stream.Dancer(dancer).Pose : null;
        }

        private void OnEnable()
        {
            if (_stream != null)
            {
                return; // a script of an earlier Awake has called Connect
            }
            Error = "";
            try
            {
                var settings = new StreamSettings { Joints = fingers ? 52 : 22 };
                StreamAddress to = StreamAddress.Read(address, token);
                _stream = new PoseStream(PoseTransports.Make(), to, settings);
            }
            catch (ArgumentException wrong)
            {
                Tell(wrong.Message);
            }
            catch (NotSupportedException wrong)
            {
                Tell(wrong.Message);
            }
        }

        private void Tell(string wrong)
        {
            Error = wrong;
            Debug.LogError("Groovecast: " + wrong, this);
        }

        private void OnDisable()
        {
            if (_stream != null)
            {
                _stream.Dispose(); // the socket's thread has ended when this returns
                _stream = null;
            }
            _shown.Clear();
            ReceivedFps = 0;
        }

        private void Update()
        {
            if (_stream == null)
            {
                return;
            }
            double nowS = SteadyClock.NowS();
            PoseStream stream = _stream;
            stream.Update(nowS);
            if (stream != _stream)
            {
                return; // whoever heard a text connected elsewhere, or switched this off
            }
            Error = _stream.Error;
            if (nowS - _countedAtS >= 1)
            {
                int received = _stream.Dancer(0).Received;
                ReceivedFps = (float)(Math.Max(0, received - _counted) / (nowS - _countedAtS));
                _counted = received;
                _countedAtS = nowS;
            }
        }

        /// <summary>Before the dancers' own LateUpdate: each dancer's pose of this picture, once, for all who show it.</summary>
        private void LateUpdate()
        {
            if (_stream == null)
            {
                return;
            }
            double nowS = SteadyClock.NowS();
            foreach (int dancer in _stream.Dancers)
            {
                if (_stream.Show(dancer, nowS, delayS))
                {
                    _shown.Add(dancer);
                }
            }
            BeatTick tick;
            if (_shown.Contains(0) && _beats.Step(_stream.Dancer(0).Pose, _stream.BeatsPerBar, out tick))
            {
                onBeat.Invoke(tick.BarPosition, tick.BeatsPerBar);
                if (Beat != null)
                {
                    Beat(tick);
                }
            }
        }
    }
}

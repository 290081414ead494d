// The client itself: connects, asks, keeps the server's time and each dancer's frames, and comes back after a loss.
using System;
using System.Collections.Generic;
using System.Text;

namespace Groovecast
{
    /// <summary>One thread calls Update for every picture, and then asks for poses. Given time, reads none.</summary>
    public sealed class PoseStream : IDisposable
    {
        public const double FirstBackoffS = 0.25;
        public const double LongestBackoffS = 5;

        private const double PatienceS = 10; // for a connection to open
        private const double SilenceS = 5; // a show says its state four times a second: after so long it is gone
        private const double EagerPingS = 0.1, CalmPingS = 1;
        private const double WideLookAheadS = 0.5; // the most that a server grants
        private const double FeedCheckS = 0.5;
        private const int BytesAPicture = 2 << 20; // more than a paused editor leaves; a flood must not hold up the picture
        private const int ArrivalBytes = 64; // what a message weighs beside its content
        private const int MostErrorChars = 500;

        private readonly IPoseTransport _transport;
        private readonly StreamAddress _address;
        private readonly Dictionary<int, JitterBuffer> _dancers = new Dictionary<int, JitterBuffer>();
        private string _session;
        private double _backoffS = FirstBackoffS;
        private Phase _phase = Phase.Waiting;
        private double _tryAtS = double.NegativeInfinity;
        private double _heardS; // when the server was last heard, or the attempt begun
        private double _pingAtS;
        private int _pings;
        private int _jumps;
        private double _feedAtS;
        private int _starved = -1; // pictures until the last check; -1: not counted on this connection yet
        private bool _wide;
        private bool _greeted;
        private string _error = "";

        private enum Phase
        {
            Waiting,
            Opening,
            Open,
        }

        /// <summary>What is asked for; a change counts from Ask or the next connection on.</summary>
        public readonly StreamSettings Settings;

        public readonly ServerClock Clock = new ServerClock();

        public PoseStream(IPoseTransport transport, StreamAddress address, StreamSettings settings)
        {
            _transport = transport;
            _address = address;
            Settings = settings;
            ServerVersion = "";
        }

        /// <summary>Each text message of the server, after this stream has read it.</summary>
        public event Action<TextMessage> TextCame;

        /// <summary>Null until the server has told it.</summary>
        public Skeleton Skeleton { get; private set; }

        /// <summary>True while the server speaks to us.</summary>
        public bool Connected
        {
            get { return _greeted; }
        }

        /// <summary>What went wrong last, in words; empty when nothing did.</summary>
        public string Error
        {
            get { return _error; }
            private set { _error = value.Length > MostErrorChars ? value.Substring(0, MostErrorChars) + "..." : value; }
        }

        public string ServerVersion { get; private set; }

        public double GrantedFps { get; private set; }

        public double GrantedLookAheadS { get; private set; }

        /// <summary>Messages of the server that could not be read.</summary>
        public int Unreadable { get; private set; }

        /// <summary>Connections that were made, the first included.</summary>
        public int Connections { get; private set; }

        /// <summary>What the server dropped because this client did not keep up.</summary>
        public int DroppedHere { get; private set; }

        /// <summary>Poses that came while no picture was drawn, and were thrown away.</summary>
        public int Unread
        {
            get { return _transport.Unread; }
        }

        public int BeatsPerBar { get; private set; } = 4;

        public float TempoBpm { get; private set; }

        public float Energy { get; private set; }

        /// <summary>The dancer of that number; made when it is first asked for.</summary>
        public JitterBuffer Dancer(int number)
        {
            JitterBuffer buffer;
            if (!_dancers.TryGetValue(number, out buffer))
            {
                buffer = new JitterBuffer();
                _dancers.Add(number, buffer);
            }
            return buffer;
        }

        /// <summary>The numbers of all dancers that were sent or asked for.</summary>
        public Dictionary<int, JitterBuffer>.KeyCollection Dancers
        {
            get { return _dancers.Keys; }
        }

        /// <summary>Server time of this moment; NaN while nobody knows it.</summary>
        public double ServerNow(double nowS)
        {
            return Clock.Known ? Clock.ServerNow(nowS) : double.NaN;
        }

        /// <summary>Connect, read what came, send what is due. Once for every picture.</summary>
        public void Update(double nowS)
        {
            Arrival arrival;
            int read = 0;
            while (read < BytesAPicture && _transport.TryRead(out arrival))
            {
                read += arrival.Count + ArrivalBytes;
                _heardS = Math.Max(_heardS, arrival.CameS);
                try
                {
                    Hear(arrival);
                }
                catch (WireException unreadable)
                {
                    Unreadable++;
                    Error = unreadable.Message;
                }
                _transport.Recycle(arrival.Bytes);
            }
            Keep(nowS);
            if (_phase == Phase.Open && nowS >= _pingAtS)
            {
                _transport.Send("{\"type\":\"ping\",\"t0\":" + Json.Number(nowS) + "}");
                _pings++;
                _pingAtS = nowS + (_pings < ServerClock.Kept / 2 ? EagerPingS : CalmPingS);
            }
            if (_greeted && nowS >= _feedAtS)
            {
                _feedAtS = nowS + FeedCheckS;
                Feed();
            }
        }

        /// <summary>Show the dancer's pose of now, so much later than the server says; false when there is none.</summary>
        public bool Show(int dancer, double nowS, double delayS)
        {
            double serverS = ServerNow(nowS);
            if (Clock.Jumps != _jumps)
            {
                _jumps = Clock.Jumps;
                foreach (JitterBuffer buffer in _dancers.Values)
                {
                    buffer.Leap();
                }
            }
            if (double.IsNaN(serverS) || !Dancer(dancer).Show(serverS - delayS))
            {
                return false;
            }
            Clock.Play();
            return true;
        }

        /// <summary>Ask the server for what the settings say.</summary>
        public void Ask()
        {
            var blocks = new List<string>();
            if (Settings.BeatBlock)
            {
                blocks.Add("\"beat\"");
            }
            if (Settings.ContactsBlock)
            {
                blocks.Add("\"contacts\"");
            }
            double lookAheadS = _wide ? Math.Max(Settings.LookAheadS, WideLookAheadS) : Settings.LookAheadS;
            string encoding = Settings.Encoding == FrameEncoding.I16 ? "i16" : "f32";
            _transport.Send(
                "{\"type\":\"subscribe\",\"fps\":" + Settings.Fps + ",\"look_ahead_s\":" + Json.Number(lookAheadS)
                + ",\"encoding\":\"" + encoding + "\",\"joints\":" + Settings.Joints
                + ",\"blocks\":[" + string.Join(",", blocks.ToArray()) + "]}");
        }

        /// <summary>Turn a control of the show; `value` is a bool, a number or a text.</summary>
        public void Set(string name, object value)
        {
            string said = value is bool ? ((bool)value ? "true" : "false")
                : value is string ? Json.Quoted((string)value)
                : Json.Number(Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture));
            _transport.Send("{\"type\":\"set\",\"name\":" + Json.Quoted(name) + ",\"value\":" + said + "}");
        }

        /// <summary>Say goodbye.</summary>
        public void Dispose()
        {
            _greeted = false;
            _transport.Dispose();
        }

        /// <summary>
        /// A network that starves the figure (one lost packet of TCP holds all up for a quarter of a second) is asked
        /// to send sooner from then on: that delays nothing, it only has more sent anew.
        /// </summary>
        private void Feed()
        {
            int starved = 0;
            foreach (JitterBuffer buffer in _dancers.Values)
            {
                starved += buffer.Starved;
            }
            if (_starved >= 0 && starved > _starved && !_wide && Settings.LookAheadS < WideLookAheadS)
            {
                _wide = true;
                Ask();
            }
            _starved = starved;
        }

        /// <summary>Keep the connection: open it, give it up when nothing is heard, and try again, ever more rarely.</summary>
        private void Keep(double nowS)
        {
            TransportState state = _transport.State;
            if (_phase == Phase.Waiting)
            {
                if (nowS >= _tryAtS)
                {
                    _phase = Phase.Opening;
                    _heardS = nowS;
                    _transport.Open(_address);
                }
            }
            else if (state == TransportState.Closed)
            {
                GiveUp(nowS, _transport.LastError);
            }
            else if (_phase == Phase.Opening && state == TransportState.Open)
            {
                _phase = Phase.Open;
                _heardS = _pingAtS = nowS;
                _pings = 0;
            }
            else if (_phase == Phase.Opening && nowS - _heardS > PatienceS)
            {
                GiveUp(nowS, "the show at " + _address.Uri.Authority + " does not answer");
            }
            else if (_phase == Phase.Open && nowS - _heardS > SilenceS)
            {
                GiveUp(nowS, "the show has said nothing for " + SilenceS + " s");
            }
        }

        private void GiveUp(double nowS, string why)
        {
            Error = why;
            _transport.Close();
            _greeted = false;
            _phase = Phase.Waiting;
            _tryAtS = nowS + _backoffS;
            _backoffS = Math.Min(2 * _backoffS, LongestBackoffS);
        }

        private void Hear(Arrival arrival)
        {
            if (!arrival.IsText)
            {
                HearPose(arrival);
                return;
            }
            TextMessage message = TextMessage.Read(Encoding.UTF8.GetString(arrival.Bytes, 0, arrival.Count));
            switch (message.Type)
            {
                case "hello":
                    Greet(message);
                    break;
                case "subscribed":
                    Granted(message);
                    break;
                case "skeleton":
                    Skeleton told = Skeleton.Read(message);
                    // after a loss the same one comes again: whoever is bound to it need not bind anew
                    Skeleton = Skeleton != null && told.Hash != "" && told.Hash == Skeleton.Hash ? Skeleton : told;
                    break;
                case "pong":
                    Clock.Pong(
                        message.Number("t0", double.NaN),
                        message.Number("t1", double.NaN),
                        message.Number("t2", double.NaN),
                        arrival.CameS);
                    break;
                case "state":
                    TempoBpm = (float)message.Number("tempo_bpm", 0);
                    Energy = (float)message.Number("energy", 0);
                    BeatsPerBar = Math.Max(1, message.Count("beats_per_bar", BeatsPerBar));
                    DroppedHere = message.Count("dropped_here", DroppedHere);
                    break;
                case "notice":
                    Error = message.Text("text", "");
                    break;
            }
            if (TextCame != null)
            {
                TextCame(message);
            }
        }

        private void HearPose(Arrival arrival)
        {
            if (arrival.Count > 3 && arrival.Bytes[3] != 1)
            {
                return; // a type of the future
            }
            JitterBuffer buffer = Dancer(arrival.Count > 6 ? arrival.Bytes[6] : 0);
            PoseFrame frame = buffer.Rent();
            try
            {
                PoseCodec.Decode(arrival.Bytes, arrival.Count, frame, false);
            }
            catch (WireException)
            {
                buffer.GiveBack(frame);
                throw;
            }
            buffer.Add(frame);
        }

        private void Greet(TextMessage hello)
        {
            string session = hello.Text("session", "");
            if (session != _session)
            {
                _session = session;
                Clock.Reset();
                foreach (JitterBuffer buffer in _dancers.Values)
                {
                    buffer.Restart();
                }
            }
            ServerVersion = hello.Text("version", "");
            Granted(hello);
            Error = "";
            _greeted = true;
            _starved = -1;
            _backoffS = FirstBackoffS;
            Connections++;
            Ask();
        }

        private void Granted(TextMessage message)
        {
            GrantedFps = message.Number("fps", GrantedFps);
            GrantedLookAheadS = message.Number("look_ahead_s", GrantedLookAheadS);
        }
    }
}

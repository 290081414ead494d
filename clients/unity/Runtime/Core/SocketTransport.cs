// A show's stream over ClientWebSocket, on a thread of its own: the caller's thread never waits for the network.
#if !UNITY_WEBGL || UNITY_EDITOR
using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Net.WebSockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Groovecast
{
    /// <summary>Desktop, mobile and the editor. A browser has no such sockets: there see NativeWebSocketTransport.</summary>
    public sealed class SocketTransport : IPoseTransport
    {
        private static readonly List<SocketTransport> All = new List<SocketTransport>();

        private static int _running;

        private Connection _connection;

        public SocketTransport()
        {
            lock (All)
            {
                All.Add(this);
            }
        }

        public TransportState State
        {
            get { return _connection == null ? TransportState.Closed : _connection.State; }
        }

        public string LastError
        {
            get { return _connection == null ? "" : _connection.Error; }
        }

        public int Unread
        {
            get { return _connection == null ? 0 : _connection.Unread; }
        }

        /// <summary>Socket threads that have not ended; tests look at it.</summary>
        public static int RunningThreads
        {
            get { return _running; }
        }

        /// <summary>End whatever is still open, before the editor throws this code away.</summary>
        public static void DisposeAll()
        {
            SocketTransport[] all;
            lock (All)
            {
                all = All.ToArray();
            }
            foreach (SocketTransport one in all)
            {
                one.Dispose();
            }
        }

        public void Open(StreamAddress address)
        {
            Close();
            _connection = new Connection(address);
        }

        public bool TryRead(out Arrival arrival)
        {
            arrival = new Arrival();
            return _connection != null && _connection.TryRead(out arrival);
        }

        public void Recycle(byte[] bytes)
        {
            if (_connection != null)
            {
                _connection.Recycle(bytes);
            }
        }

        public void Send(string text)
        {
            if (_connection != null)
            {
                _connection.Send(text);
            }
        }

        public void Close()
        {
            if (_connection != null)
            {
                _connection.End();
            }
        }

        /// <summary>Close, and see the thread end: it is given half a second, and needs a few milliseconds.</summary>
        public void Dispose()
        {
            Close();
            if (_connection != null)
            {
                _connection.Join();
            }
            lock (All)
            {
                All.Remove(this);
            }
        }

        /// <summary>One connection with its thread, never used again: so no old thread can touch a new one.</summary>
        private sealed class Connection
        {
            private const int MostPoses = 512, MostTexts = 1024; // that wait to be read
            private const int MostBytes = 1 << 20; // of a message
            private const int MostWaitingBytes = 4 << 20; // of texts, and of poses
            private const int PooledBytes = 2048, MostPooled = 1024;
            private const int GoodbyeMs = 250, JoinMs = 500;

            private readonly StreamAddress _address;
            private readonly Thread _thread;
            private readonly CancellationTokenSource _stop = new CancellationTokenSource();
            private readonly SemaphoreSlim _something = new SemaphoreSlim(0);
            private readonly ConcurrentQueue<string> _outbox = new ConcurrentQueue<string>();
            private readonly ConcurrentQueue<Arrival> _texts = new ConcurrentQueue<Arrival>();
            private readonly ConcurrentQueue<Arrival> _poses = new ConcurrentQueue<Arrival>();
            private readonly ConcurrentBag<byte[]> _pool = new ConcurrentBag<byte[]>();
            private volatile bool _ending; // because the caller wants it
            private volatile bool _over; // for whatever reason
            private volatile TransportState _state = TransportState.Opening;
            private volatile string _error = "";
            private int _unread;
            private int _textBytes; // that wait to be read
            private int _poseBytes;

            public Connection(StreamAddress address)
            {
                _address = address;
                Interlocked.Increment(ref _running);
                _thread = new Thread(Run) { Name = "groovecast-socket", IsBackground = true };
                _thread.Start();
            }

            public TransportState State
            {
                get { return _state; }
            }

            public string Error
            {
                get { return _error; }
            }

            public int Unread
            {
                get { return _unread; }
            }

            public bool TryRead(out Arrival arrival)
            {
                if (_texts.TryDequeue(out arrival))
                {
                    Interlocked.Add(ref _textBytes, -arrival.Bytes.Length);
                    return true;
                }
                return TryReadPose(out arrival);
            }

            public void Recycle(byte[] bytes)
            {
                if (bytes.Length == PooledBytes && _pool.Count < MostPooled)
                {
                    _pool.Add(bytes);
                }
            }

            public void Send(string text)
            {
                if (_state == TransportState.Open && !_ending)
                {
                    _outbox.Enqueue(text);
                    _something.Release();
                }
            }

            public void End()
            {
                if (_ending)
                {
                    return;
                }
                _ending = true;
                _something.Release(); // the sender says goodbye
                if (_state == TransportState.Opening)
                {
                    _stop.Cancel();
                }
                else
                {
                    _stop.CancelAfter(GoodbyeMs); // a server that does not answer is left
                }
            }

            public void Join()
            {
                _thread.Join(JoinMs);
            }

            /// <summary>Socket thread: connect, read until the end, and tell why it ended.</summary>
            private void Run()
            {
                try
                {
                    using (var socket = new ClientWebSocket())
                    {
                        socket.Options.AddSubProtocol(StreamAddress.Subprotocol);
                        socket.Options.Proxy = null; // a show is on this machine or in this house
                        if (_address.Token != "")
                        {
                            socket.Options.SetRequestHeader("Authorization", "Bearer " + _address.Token);
                        }
                        Task opening = socket.ConnectAsync(_address.Uri, _stop.Token);
                        // mono does not stop in the middle of a greeting, nor of a name's look-up: the thread ends without it
                        opening.ContinueWith(left => left.Exception, TaskContinuationOptions.OnlyOnFaulted);
                        Task.WaitAny(new[] { opening }, _stop.Token);
                        opening.GetAwaiter().GetResult();
                        _state = TransportState.Open;
                        Task sending = SendAll(socket);
                        try
                        {
                            ReceiveAll(socket);
                        }
                        finally
                        {
                            _over = true;
                            _something.Release();
                            sending.Wait(GoodbyeMs);
                        }
                    }
                }
                catch (Exception why)
                {
                    // whatever the network does ends this connection, and is told where it is shown
                    _error = _ending ? "" : Words(why, _address, _state == TransportState.Opening);
                }
                finally
                {
                    _state = TransportState.Closed;
                    Interlocked.Decrement(ref _running);
                }
            }

            private void ReceiveAll(ClientWebSocket socket)
            {
                var buffer = new byte[16384];
                int count = 0;
                while (true)
                {
                    if (count == buffer.Length)
                    {
                        if (count >= MostBytes)
                        {
                            throw new WireException("a message has at most " + MostBytes + " bytes, found more");
                        }
                        Array.Resize(ref buffer, 2 * count);
                    }
                    var rest = new ArraySegment<byte>(buffer, count, buffer.Length - count);
                    WebSocketReceiveResult got = socket.ReceiveAsync(rest, _stop.Token).GetAwaiter().GetResult();
                    if (got.MessageType == WebSocketMessageType.Close)
                    {
                        _error = _ending ? "" : Reason(socket);
                        return;
                    }
                    count += got.Count;
                    if (got.EndOfMessage)
                    {
                        Keep(buffer, count, got.MessageType == WebSocketMessageType.Text);
                        count = 0;
                    }
                }
            }

            private void Keep(byte[] buffer, int count, bool isText)
            {
                byte[] bytes;
                if (count > PooledBytes)
                {
                    bytes = new byte[count];
                }
                else if (!_pool.TryTake(out bytes))
                {
                    bytes = new byte[PooledBytes];
                }
                Buffer.BlockCopy(buffer, 0, bytes, 0, count);
                var arrival = new Arrival { IsText = isText, Bytes = bytes, Count = count, CameS = SteadyClock.NowS() };
                if (isText)
                {
                    if (_texts.Count >= MostTexts || Interlocked.Add(ref _textBytes, bytes.Length) > MostWaitingBytes)
                    {
                        throw new WireException("nobody read " + _texts.Count + " messages: the connection is given up");
                    }
                    _texts.Enqueue(arrival);
                    return;
                }
                Interlocked.Add(ref _poseBytes, bytes.Length);
                _poses.Enqueue(arrival);
                Arrival oldest;
                while ((_poses.Count > MostPoses || Volatile.Read(ref _poseBytes) > MostWaitingBytes) && TryReadPose(out oldest))
                {
                    _unread++; // nobody draws: the newest are kept
                    Recycle(oldest.Bytes);
                }
            }

            private bool TryReadPose(out Arrival arrival)
            {
                bool came = _poses.TryDequeue(out arrival);
                Interlocked.Add(ref _poseBytes, came ? -arrival.Bytes.Length : 0);
                return came;
            }

            private async Task SendAll(ClientWebSocket socket)
            {
                try
                {
                    while (true)
                    {
                        await _something.WaitAsync(_stop.Token).ConfigureAwait(false);
                        string text;
                        while (_outbox.TryDequeue(out text))
                        {
                            var bytes = new ArraySegment<byte>(Encoding.UTF8.GetBytes(text));
                            await socket.SendAsync(bytes, WebSocketMessageType.Text, true, _stop.Token)
                                .ConfigureAwait(false);
                        }
                        if (_ending || _over)
                        {
                            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", _stop.Token)
                                .ConfigureAwait(false);
                            return;
                        }
                    }
                }
                catch (Exception)
                {
                    _stop.Cancel(); // the reader finds out, and says why
                }
            }

            private static string Reason(ClientWebSocket socket)
            {
                string code = socket.CloseStatus == null ? "no code" : ((int)socket.CloseStatus.Value).ToString();
                string said = string.IsNullOrEmpty(socket.CloseStatusDescription) ? "" : ": " + socket.CloseStatusDescription;
                return "the show ended the connection (" + code + ")" + said;
            }

            private static string Words(Exception why, StreamAddress address, bool opening)
            {
                Exception first = why.GetBaseException();
                if (opening && first is WebSocketException)
                {
                    // not every runtime tells the status that the server answered
                    return "asked for a show at " + address.Uri.Authority
                        + ", found a server that lets nobody in: is it a show, and is the token right?";
                }
                if (!opening && first is OperationCanceledException)
                {
                    return "the connection broke off"; // it could not send
                }
                return (opening ? "asked for a show at " + address.Uri.Authority + ", found none: " : "") + first.Message;
            }
        }
    }
}
#endif

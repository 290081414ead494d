// Servers that mean harm, or are broken: nothing they send fills the memory, holds up the caller, or keeps the thread.
using System;
using System.IO;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Threading;

namespace Groovecast.Tests
{
    /// <summary>Shakes hands as a show does, and then does what the test says.</summary>
    internal sealed class HostileServer : IDisposable
    {
        private readonly TcpListener _listener = new TcpListener(IPAddress.Loopback, 0);
        private readonly ManualResetEvent _over = new ManualResetEvent(false);
        private readonly Action<TcpClient, NetworkStream> _act;
        private readonly bool _shakes;

        public HostileServer(bool shakes, Action<TcpClient, NetworkStream> act)
        {
            _shakes = shakes;
            _act = act;
            _listener.Start();
            new Thread(Run) { IsBackground = true }.Start();
        }

        public StreamAddress Address
        {
            get { return StreamAddress.Read("127.0.0.1:" + ((IPEndPoint)_listener.LocalEndpoint).Port, ""); }
        }

        public void Dispose()
        {
            _over.Set();
            _listener.Stop();
        }

        /// <summary>A message of one frame.</summary>
        public static byte[] Message(bool text, int length)
        {
            var message = new byte[10 + length];
            message[0] = (byte)(text ? 0x81 : 0x82);
            message[1] = 127;
            for (int at = 0; at < 8; at++)
            {
                message[2 + at] = (byte)((long)length >> (56 - 8 * at));
            }
            return message;
        }

        private void Run()
        {
            try
            {
                using (TcpClient client = _listener.AcceptTcpClient())
                {
                    NetworkStream stream = client.GetStream();
                    if (_shakes)
                    {
                        Shake(stream);
                    }
                    _act(client, stream);
                    _over.WaitOne(10000);
                }
            }
            catch (Exception)
            {
                // the client has gone, as it should
            }
        }

        private static void Shake(NetworkStream stream)
        {
            var reader = new StreamReader(stream, Encoding.ASCII);
            string key = "", line;
            while ((line = reader.ReadLine()) != "")
            {
                key = line.StartsWith("Sec-WebSocket-Key:") ? line.Substring(18).Trim() : key;
            }
            byte[] hash;
            using (SHA1 sha = SHA1.Create())
            {
                hash = sha.ComputeHash(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
            }
            byte[] said = Encoding.ASCII.GetBytes(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                + Convert.ToBase64String(hash) + "\r\nSec-WebSocket-Protocol: groovecast.v1+bin\r\n\r\n");
            stream.Write(said, 0, said.Length);
        }
    }

    public static class HostileTests
    {
        private const int Large = 900000; // bytes, below the most that a message may have
        private const int MostKept = 5 << 20;

        public static void Large_poses_that_nobody_reads_do_not_fill_the_memory()
        {
            var done = new ManualResetEvent(false);
            using (var server = new HostileServer(true, (client, stream) => Send(stream, done, false, Large, 24)))
            {
                var socket = new SocketTransport();
                socket.Open(server.Address);
                Check.That(done.WaitOne(20000), "all is sent");
                Check.That(Until(() => socket.Unread >= 15), socket.Unread + " thrown away");
                Check.That(Kept(socket) <= MostKept, "kept");
                socket.Dispose();
                Check.Same(SocketTransport.RunningThreads, 0, "threads");
            }
        }

        public static void Large_texts_that_nobody_reads_end_the_connection_in_words()
        {
            var done = new ManualResetEvent(false);
            using (var server = new HostileServer(true, (client, stream) => Send(stream, done, true, Large, 24)))
            {
                var socket = new SocketTransport();
                socket.Open(server.Address);
                Check.That(Until(() => socket.State == TransportState.Closed), "it ends");
                Check.That(socket.LastError.Contains("nobody read"), socket.LastError);
                Check.That(Kept(socket) <= MostKept, "kept");
                socket.Dispose();
            }
        }

        public static void A_message_that_is_too_long_ends_the_connection_in_words()
        {
            var done = new ManualResetEvent(false);
            using (var server = new HostileServer(true, (client, stream) => Send(stream, done, false, 3 << 20, 1)))
            {
                var socket = new SocketTransport();
                socket.Open(server.Address);
                Check.That(Until(() => socket.State == TransportState.Closed), "it ends");
                Check.That(socket.LastError.Contains("1048576 bytes"), socket.LastError);
                socket.Dispose();
            }
        }

        public static void A_greeting_that_never_ends_keeps_no_thread()
        {
            byte[] drip = Encoding.ASCII.GetBytes("HTTP/1.1 101 Switching Protocols\r\nX: " + new string('x', 1000));
            using (var server = new HostileServer(false, (client, stream) => stream.Write(drip, 0, drip.Length)))
            {
                var socket = new SocketTransport();
                socket.Open(server.Address);
                Thread.Sleep(50); // it is in the middle of the greeting
                Check.Same(socket.State, TransportState.Opening, "state");
                double beganS = SteadyClock.NowS();
                socket.Dispose();
                Check.That(SteadyClock.NowS() - beganS < 1, "Dispose took " + (SteadyClock.NowS() - beganS) + " s");
                Check.Same(SocketTransport.RunningThreads, 0, "threads");
            }
        }

        public static void A_connection_that_is_closed_by_half_ends_in_words()
        {
            using (var server = new HostileServer(true, (client, stream) => client.Client.Shutdown(SocketShutdown.Send)))
            {
                var socket = new SocketTransport();
                socket.Open(server.Address);
                Check.That(Until(() => socket.State == TransportState.Closed), "it ends");
                Check.That(socket.LastError != "", "words");
                socket.Dispose();
                Check.Same(SocketTransport.RunningThreads, 0, "threads");
            }
        }

        private static void Send(NetworkStream stream, ManualResetEvent done, bool text, int length, int times)
        {
            byte[] message = HostileServer.Message(text, length);
            for (int time = 0; time < times; time++)
            {
                stream.Write(message, 0, message.Length);
            }
            done.Set();
        }

        private static long Kept(SocketTransport socket)
        {
            long kept = 0;
            Arrival arrival;
            while (socket.TryRead(out arrival))
            {
                kept += arrival.Bytes.Length;
            }
            return kept;
        }

        private static bool Until(Func<bool> so)
        {
            double endS = SteadyClock.NowS() + 20;
            while (!so() && SteadyClock.NowS() < endS)
            {
                Thread.Sleep(2);
            }
            return so();
        }
    }
}

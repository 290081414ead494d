// The socket on its thread: it never makes the caller wait, says why it failed, and ends when it is told to.
using System;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading;

namespace Groovecast.Tests
{
    /// <summary>Takes every connection; answers it with the same text, or with nothing for ever.</summary>
    internal sealed class SilentServer : IDisposable
    {
        private readonly TcpListener _listener = new TcpListener(IPAddress.Loopback, 0);
        private readonly string _answer;

        public SilentServer(string answer)
        {
            _answer = answer;
            _listener.Start();
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
            new Thread(Run) { IsBackground = true }.Start();
        }

        public int Port { get; private set; }

        /// <summary>The first bytes that the last client sent.</summary>
        public string Heard { get; private set; } = "";

        public void Dispose()
        {
            _listener.Stop();
        }

        private void Run()
        {
            try
            {
                while (true)
                {
                    TcpClient client = _listener.AcceptTcpClient();
                    var buffer = new byte[4096];
                    Heard = Encoding.ASCII.GetString(buffer, 0, client.GetStream().Read(buffer, 0, buffer.Length));
                    if (_answer != null)
                    {
                        byte[] said = Encoding.ASCII.GetBytes(_answer);
                        client.GetStream().Write(said, 0, said.Length);
                        client.Close();
                    }
                }
            }
            catch (Exception)
            {
                // the listener was stopped, or a client went away: a test sees that for itself
            }
        }
    }

    public static class SocketTests
    {
        private const double PatienceS = 5;

        public static void A_show_that_does_not_answer_makes_nobody_wait()
        {
            using (var silent = new SilentServer(null))
            {
                var socket = new SocketTransport();
                double beganS = SteadyClock.NowS();
                socket.Open(At(silent.Port, ""));
                Check.That(SteadyClock.NowS() - beganS < 0.5, "Open took " + (SteadyClock.NowS() - beganS) + " s");
                Check.Same(socket.State, TransportState.Opening, "state");
                socket.Send("lost");
                Arrival none;
                Check.That(!socket.TryRead(out none), "nothing came");
                beganS = SteadyClock.NowS();
                socket.Dispose();
                Check.That(SteadyClock.NowS() - beganS < 1, "Dispose took " + (SteadyClock.NowS() - beganS) + " s");
                Check.Same(SocketTransport.RunningThreads, 0, "threads");
            }
        }

        public static void A_show_that_is_not_there_is_said_in_words()
        {
            int port;
            using (var gone = new SilentServer(null))
            {
                port = gone.Port;
            }
            var socket = new SocketTransport();
            socket.Open(At(port, ""));
            Check.That(Until(() => socket.State == TransportState.Closed), "it ends");
            Check.That(socket.LastError.StartsWith("asked for a show at 127.0.0.1:" + port + ", found none: "), socket.LastError);
            socket.Dispose();
            Check.Same(SocketTransport.RunningThreads, 0, "threads");
        }

        public static void The_token_travels_in_the_header_and_a_wrong_one_is_said_in_words()
        {
            using (var guarded = new SilentServer("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"))
            {
                var socket = new SocketTransport();
                socket.Open(At(guarded.Port, "open sesame"));
                Check.That(Until(() => socket.State == TransportState.Closed), "it ends");
                Check.That(guarded.Heard.Contains("Authorization: Bearer open sesame"), guarded.Heard);
                Check.That(guarded.Heard.Contains("groovecast.v1+bin"), guarded.Heard);
                Check.That(socket.LastError.Contains("is the token right?"), socket.LastError);
                socket.Dispose();
            }
        }

        public static void What_speaks_no_WebSocket_is_an_error_and_no_crash()
        {
            using (var odd = new SilentServer("HTTP/1.1 101 Switching\r\nUpgrade: tea\r\n\r\n\0\0\0\0"))
            {
                var socket = new SocketTransport();
                socket.Open(At(odd.Port, ""));
                Check.That(Until(() => socket.State == TransportState.Closed), "it ends");
                Check.That(socket.LastError != "", "words");
                socket.Dispose();
            }
        }

        private static StreamAddress At(int port, string token)
        {
            return StreamAddress.Read("127.0.0.1:" + port, token);
        }

        private static bool Until(Func<bool> so)
        {
            double endS = SteadyClock.NowS() + PatienceS;
            while (!so() && SteadyClock.NowS() < endS)
            {
                Thread.Sleep(2);
            }
            return so();
        }
    }
}

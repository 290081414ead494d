// The WebGL adapter on a stand-in for NativeWebSocket: run by itself, since it is compiled as for a browser, without sockets.
using System;
using System.Reflection;
using System.Text;
using Groovecast.Unity;
using NativeWebSocket;

namespace Groovecast.Tests
{
    public static class BrowserTests
    {
        private static readonly StreamAddress Address = StreamAddress.Read("wss://stage.local", "open sesame");

        public static int Main()
        {
            foreach (MethodInfo test in typeof(BrowserTests).GetMethods(BindingFlags.NonPublic | BindingFlags.Static))
            {
                if (test.ReturnType == typeof(void) && test.GetParameters().Length == 0)
                {
                    test.Invoke(null, null);
                    Console.WriteLine(test.Name);
                }
            }
            return 0;
        }

        private static void A_browser_without_the_adapter_is_told_what_to_add_and_one_with_it_has_it()
        {
            try
            {
                PoseTransports.Make();
                That(false, "it should refuse");
            }
            catch (NotSupportedException wrong)
            {
                That(wrong.Message.Contains("com.endel.nativewebsocket"), wrong.Message);
            }
            typeof(NativeWebSocketTransport).GetMethod("Offer", BindingFlags.NonPublic | BindingFlags.Static).Invoke(null, null);
            That(PoseTransports.Make() is NativeWebSocketTransport, "the adapter");
        }

        private static void It_asks_with_the_token_in_the_address_and_reads_texts_first()
        {
            var transport = new NativeWebSocketTransport();
            transport.Open(Address);
            That(WebSocket.Last.Url == "wss://stage.local/ws?token=open%20sesame", WebSocket.Last.Url);
            That(WebSocket.Last.Subprotocol == StreamAddress.Subprotocol, WebSocket.Last.Subprotocol);
            That(transport.State == TransportState.Opening, "opening");
            WebSocket.Last.Opens();
            That(transport.State == TransportState.Open, "open");
            WebSocket.Last.Says(new byte[] { (byte)'G', (byte)'C' });
            WebSocket.Last.Says(Encoding.UTF8.GetBytes("{}"));
            Arrival first, second, none;
            That(transport.TryRead(out first) && first.IsText && first.Count == 2, "a text");
            That(transport.TryRead(out second) && !second.IsText, "a pose");
            That(!transport.TryRead(out none), "no more");
        }

        private static void Closing_while_it_connects_closes_that_socket()
        {
            var transport = new NativeWebSocketTransport();
            transport.Open(Address);
            WebSocket socket = WebSocket.Last;
            transport.Open(Address);
            That(socket.State == WebSocketState.Closed, "the first is " + socket.State);
            socket.Opens();
            That(transport.State == TransportState.Opening, "the second is not open yet");
        }

        private static void A_text_for_a_socket_that_is_closing_is_lost_and_no_exception()
        {
            var transport = new NativeWebSocketTransport();
            transport.Open(Address);
            WebSocket.Last.Opens();
            WebSocket.Last.State = WebSocketState.Closing;
            transport.Send("lost");
            transport.Dispose();
        }

        private static void Texts_that_nobody_reads_end_the_connection_in_words()
        {
            var transport = new NativeWebSocketTransport();
            transport.Open(Address);
            WebSocket.Last.Opens();
            for (int text = 0; text < 2000; text++)
            {
                WebSocket.Last.Says(Encoding.UTF8.GetBytes("{}"));
            }
            That(transport.State == TransportState.Closed, "it ends");
            That(transport.LastError.Contains("nobody read"), transport.LastError);
            Arrival none;
            That(!transport.TryRead(out none), "nothing is kept");
        }

        private static void A_server_that_is_not_there_closes_it_with_the_browsers_words()
        {
            var transport = new NativeWebSocketTransport();
            transport.Open(Address);
            WebSocket.Last.Fails();
            That(transport.State == TransportState.Closed && transport.LastError == "WebSocket error.", transport.LastError);
        }

        private static void That(bool so, string what)
        {
            if (!so)
            {
                throw new InvalidOperationException("does not hold: " + what);
            }
        }
    }
}

// A stand-in for the WebSocket of com.endel.nativewebsocket 2, as far as the package calls it.
using System;
using System.Collections.Generic;
using System.Threading.Tasks;

namespace NativeWebSocket
{
    public delegate void WebSocketOpenEventHandler();

    public delegate void WebSocketMessageEventHandler(byte[] data);

    public delegate void WebSocketErrorEventHandler(string errorMsg);

    public delegate void WebSocketCloseEventHandler(WebSocketCloseCode closeCode);

    public enum WebSocketCloseCode
    {
        Normal = 1000,
        Abnormal = 1006,
    }

    public enum WebSocketState
    {
        Connecting,
        Open,
        Closing,
        Closed,
    }

    public class WebSocket
    {
        /// <summary>Not part of the package: the one made last.</summary>
        public static WebSocket Last;

        public readonly string Url;
        public readonly string Subprotocol;

        public WebSocket(string url, string subprotocol, Dictionary<string, string> headers = null)
        {
            Url = url;
            Subprotocol = subprotocol;
            Last = this;
        }

        public event WebSocketOpenEventHandler OnOpen;

        public event WebSocketMessageEventHandler OnMessage;

        public event WebSocketErrorEventHandler OnError;

        public event WebSocketCloseEventHandler OnClose;

        public WebSocketState State { get; set; } = WebSocketState.Connecting;

        public Task Connect()
        {
            return Task.FromResult(0);
        }

        public Task Close(WebSocketCloseCode code = WebSocketCloseCode.Normal, string reason = null)
        {
            Refuse(State == WebSocketState.Closing || State == WebSocketState.Closed);
            State = WebSocketState.Closed;
            OnClose(code);
            return Task.FromResult(0);
        }

        public Task SendText(string message)
        {
            Refuse(State != WebSocketState.Open);
            return Task.FromResult(0);
        }

        /// <summary>Not part of the package: the server lets it in.</summary>
        public void Opens()
        {
            State = WebSocketState.Open;
            OnOpen();
        }

        /// <summary>Not part of the package: the server says something.</summary>
        public void Says(byte[] bytes)
        {
            OnMessage(bytes);
        }

        /// <summary>Not part of the package: what a browser says of a server that is not there.</summary>
        public void Fails()
        {
            State = WebSocketState.Closed;
            OnError("WebSocket error.");
            OnClose(WebSocketCloseCode.Abnormal);
        }

        private static void Refuse(bool wrong)
        {
            if (wrong)
            {
                throw new InvalidOperationException("a WebSocketException there: not in that state");
            }
        }
    }
}

// A show's stream in a browser, over the package com.endel.nativewebsocket; compiled only where that is and only for WebGL.
#if UNITY_WEBGL && !UNITY_EDITOR
using System.Collections.Generic;
using NativeWebSocket;
using UnityEngine;

// nothing refers to this assembly: without this a build leaves it out, and with it the offer below
[assembly: UnityEngine.Scripting.AlwaysLinkAssembly]

namespace Groovecast.Unity
{
    /// <summary>A browser has one thread and calls back between pictures; nothing waits here.</summary>
    public sealed class NativeWebSocketTransport : IPoseTransport
    {
        private const int MostPoses = 512, MostTexts = 1024; // that wait to be read

        private readonly Queue<Arrival> _texts = new Queue<Arrival>();
        private readonly Queue<Arrival> _poses = new Queue<Arrival>();
        private WebSocket _socket;

        public TransportState State { get; private set; }

        public string LastError { get; private set; } = "";

        public int Unread { get; private set; }

        [RuntimeInitializeOnLoadMethod(RuntimeInitializeLoadType.BeforeSceneLoad)]
        private static void Offer()
        {
            PoseTransports.Make = () => new NativeWebSocketTransport();
        }

        public void Open(StreamAddress address)
        {
            Close();
            LastError = "";
            State = TransportState.Opening;
            var socket = new WebSocket(address.WithToken.AbsoluteUri, StreamAddress.Subprotocol);
            _socket = socket;
            // an old socket may still call back: only the one that counts is heard
            socket.OnOpen += () => State = socket == _socket ? TransportState.Open : State;
            socket.OnMessage += bytes => Keep(socket, bytes);
            socket.OnError += why => LastError = socket == _socket ? why : LastError;
            socket.OnClose += code => Closed(socket, code);
            socket.Connect();
        }

        public bool TryRead(out Arrival arrival)
        {
            Queue<Arrival> from = _texts.Count > 0 ? _texts : _poses;
            arrival = from.Count > 0 ? from.Dequeue() : new Arrival();
            return arrival.Bytes != null;
        }

        public void Recycle(byte[] bytes)
        {
        }

        public void Send(string text)
        {
            if (State == TransportState.Open && _socket.State == WebSocketState.Open) // else it throws
            {
                _socket.SendText(text);
            }
        }

        public void Close()
        {
            WebSocket socket = _socket;
            _socket = null;
            State = TransportState.Closed;
            _texts.Clear();
            _poses.Clear();
            // one that is still connecting too: it would open later, with nobody to hear it
            if (socket != null && (socket.State == WebSocketState.Open || socket.State == WebSocketState.Connecting))
            {
                socket.Close();
            }
        }

        public void Dispose()
        {
            Close();
        }

        private void Keep(WebSocket socket, byte[] bytes)
        {
            if (socket != _socket || bytes.Length == 0)
            {
                return;
            }
            // it does not say which messages are text: a frame begins with G, a JSON object never does
            bool isText = bytes[0] != (byte)'G';
            var arrival = new Arrival { IsText = isText, Bytes = bytes, Count = bytes.Length, CameS = SteadyClock.NowS() };
            (isText ? _texts : _poses).Enqueue(arrival);
            if (_poses.Count > MostPoses)
            {
                _poses.Dequeue();
                Unread++;
            }
            if (_texts.Count > MostTexts) // a hidden tab draws no pictures, and is sent everything all the same
            {
                Close();
                LastError = "nobody read " + MostTexts + " messages: the connection is given up";
            }
        }

        private void Closed(WebSocket socket, WebSocketCloseCode code)
        {
            if (socket == _socket)
            {
                State = TransportState.Closed;
                LastError = LastError == "" ? "the show ended the connection (" + (int)code + ")" : LastError;
            }
        }
    }
}
#endif

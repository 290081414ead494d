// What carries messages between a show and this client: a socket on a thread, a browser's WebSocket, or a fake in a test.
using System;

namespace Groovecast
{
    public enum TransportState
    {
        Closed,
        Opening,
        Open,
    }

    /// <summary>A message that came, with the client's time at which it came.</summary>
    public struct Arrival
    {
        public bool IsText;
        public byte[] Bytes;
        public int Count;
        public double CameS;
    }

    /// <summary>One connection at a time; no member waits for the network.</summary>
    public interface IPoseTransport : IDisposable
    {
        TransportState State { get; }

        /// <summary>Why the last connection ended, in words; empty when nothing was wrong.</summary>
        string LastError { get; }

        /// <summary>Poses that came while nobody read, and were thrown away.</summary>
        int Unread { get; }

        /// <summary>Begin to connect; what was open before is closed.</summary>
        void Open(StreamAddress address);

        /// <summary>The next message, texts before poses; false when there is none.</summary>
        bool TryRead(out Arrival arrival);

        /// <summary>The bytes of an arrival have been read and may be used again.</summary>
        void Recycle(byte[] bytes);

        /// <summary>Send a text when the connection is open; else it is lost.</summary>
        void Send(string text);

        /// <summary>Say goodbye and end the connection.</summary>
        void Close();
    }
}

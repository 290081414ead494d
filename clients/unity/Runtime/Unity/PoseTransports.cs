// Which transport carries the stream on this platform; the WebGL part, or a test, puts its own in.
using System;

namespace Groovecast.Unity
{
    /// <summary>Makes the transport for each stream that is switched on.</summary>
    public static class PoseTransports
    {
#if !UNITY_WEBGL || UNITY_EDITOR
        public static Func<IPoseTransport> Make = () => new SocketTransport();
#else
        public static Func<IPoseTransport> Make = () => throw new NotSupportedException(
            "asked for a stream in a browser, which has no sockets: add the package com.endel.nativewebsocket");
#endif
    }
}

// What a client asks of a show, with the values that need no change.
namespace Groovecast
{
    /// <summary>Asked once for each connection; the server says what it grants.</summary>
    public sealed class StreamSettings
    {
        public int Fps = 60; // 30, 60, 90 or 120
        // delays nothing, and outlasts a network of 40 +- 30 ms; the client itself asks for more where that starves it
        public double LookAheadS = 0.25;

        public FrameEncoding Encoding = FrameEncoding.F32;
        public int Joints = 52; // 22: without fingers
        public bool BeatBlock = true; // which beat comes next
        public bool ContactsBlock; // where the feet are held
    }
}

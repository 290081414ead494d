// One pose as it travels: the values of a binary frame of PROTOCOL.md, in Groovecast's space.
using System.Collections.Generic;

namespace Groovecast
{
    /// <summary>How the quaternions of a frame are written.</summary>
    public enum FrameEncoding
    {
        F32,
        I16,
    }

    /// <summary>What follows the quaternions of a frame: a type, and bytes that a reader may skip.</summary>
    public struct Block
    {
        public ushort Type;
        public byte[] Content;

        public Block(ushort type, byte[] content)
        {
            Type = type;
            Content = content;
        }
    }

    /// <summary>The first beat after a pose is seen, on the server's clock, and the bar that it belongs to.</summary>
    public struct NextBeat
    {
        public double NextBeatS;
        public float PeriodS;
        public byte BeatsPerBar;
        public byte ConfidenceSteps; // 255 is certain
        public ushort BarPosition; // of that beat; 0 is the downbeat

        public double Confidence
        {
            get { return ConfidenceSteps / 255.0; }
        }
    }

    /// <summary>A pose with its time; kept and used again, so that a stream makes no garbage.</summary>
    public sealed class PoseFrame
    {
        public const int Feet = 4; // left heel, left toes, right heel, right toes

        public uint Seq;
        public byte Revision; // one more each time the moment was planned anew
        public byte Dancer;
        public double CaptureS; // when the newest sound that shaped this pose was heard
        public double PresentS; // when it is to be seen, on the server's clock
        public bool BeatKnown;
        public double Beat; // continuous count; whole numbers are beats
        public float TempoBpm; // 0 if unknown
        public float Energy;
        public bool Cut; // do not interpolate from the frame before
        public FrameEncoding Encoding;
        public Vec3 RootM;
        public int JointCount;
        public Quat[] LocalQuat = new Quat[0]; // the first JointCount count
        public byte PlantedFeet; // bit i: foot part i is on the floor
        public bool HasNextBeat;
        public NextBeat NextBeat;
        public bool HasContactPlaces;
        public readonly Vec3[] ContactPlacesM = new Vec3[Feet];
        public readonly List<Block> Blocks = new List<Block>(); // all of them, when asked for; what is encoded

        /// <summary>True when that part of the feet (0 to 3) is on the floor.</summary>
        public bool Planted(int foot)
        {
            return (PlantedFeet >> foot & 1) != 0;
        }

        /// <summary>Make room for so many joints.</summary>
        public void Resize(int joints)
        {
            if (LocalQuat.Length < joints)
            {
                LocalQuat = new Quat[joints];
            }
            JointCount = joints;
        }
    }
}

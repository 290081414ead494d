// The pose of one moment, as the jitter buffer shows it, in Groovecast's space.
namespace Groovecast
{
    /// <summary>What the figure does at the moment.</summary>
    public enum Showing
    {
        Nothing, // no pose has come yet
        Dancing,
        Coasting, // poses stopped coming: it goes on for a tenth of a second
        Holding, // and then holds still
    }

    /// <summary>A pose between the frames; one object that is written anew for every picture.</summary>
    public sealed class ShownPose
    {
        public Showing Showing = Showing.Nothing;
        public double TimeS; // server time of the moment
        public Vec3 RootM;
        public int JointCount;
        public Quat[] LocalQuat = new Quat[0];
        public byte PlantedFeet;
        public bool BeatKnown;
        public double Beat;
        public float TempoBpm;
        public float Energy;
        public bool HasNextBeat;
        public NextBeat NextBeat;
        public bool HasContactPlaces;
        public readonly Vec3[] ContactPlacesM = new Vec3[PoseFrame.Feet];

        /// <summary>Take everything over from another.</summary>
        public void CopyFrom(ShownPose other)
        {
            Showing = other.Showing;
            TimeS = other.TimeS;
            RootM = other.RootM;
            Resize(other.JointCount);
            System.Array.Copy(other.LocalQuat, LocalQuat, JointCount);
            PlantedFeet = other.PlantedFeet;
            BeatKnown = other.BeatKnown;
            Beat = other.Beat;
            TempoBpm = other.TempoBpm;
            Energy = other.Energy;
            HasNextBeat = other.HasNextBeat;
            NextBeat = other.NextBeat;
            HasContactPlaces = other.HasContactPlaces;
            System.Array.Copy(other.ContactPlacesM, ContactPlacesM, PoseFrame.Feet);
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

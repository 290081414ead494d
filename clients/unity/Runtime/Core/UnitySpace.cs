// From Groovecast's space (right-handed, left is +X) to Unity's (left-handed, left is -X) and back: one mirror.
namespace Groovecast
{
    /// <summary>Both spaces have Y up and a figure that faces +Z, in metres; x changes its sign.</summary>
    public static class UnitySpace
    {
        /// <summary>A place of ours as Unity says it, or one of Unity's as we do: the mirror is its own inverse.</summary>
        public static Vec3 Mirrored(Vec3 place)
        {
            return new Vec3(-place.X, place.Y, place.Z);
        }

        /// <summary>A turn of ours as Unity says it, or one of Unity's as we do.</summary>
        public static Quat Mirrored(Quat turn)
        {
            return new Quat(turn.W, turn.X, -turn.Y, -turn.Z);
        }
    }
}

// What brings a pose of the stream onto one avatar, by whichever way.
using System;

namespace Groovecast.Unity
{
    internal interface IAvatarPose : IDisposable
    {
        /// <summary>False when the avatar's bones have left the scene: then it is to be bound anew.</summary>
        bool Whole { get; }

        /// <summary>Put the avatar into this pose, which is in Groovecast's space.</summary>
        void Apply(ShownPose pose);
    }
}

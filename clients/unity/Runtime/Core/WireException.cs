// What every reader of this package throws when bytes or text are not what the protocol says, and nothing else.
using System;

namespace Groovecast
{
    /// <summary>A message that cannot be read; its words say what was asked for and what was found.</summary>
    public sealed class WireException : Exception
    {
        public WireException(string message) : base(message)
        {
        }
    }
}

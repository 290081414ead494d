// The only file of this package that reads time: seconds that never step back, the same on every thread.
using System.Diagnostics;

namespace Groovecast
{
    /// <summary>Seconds since some moment before the first call.</summary>
    public static class SteadyClock
    {
        public static double NowS()
        {
            return Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;
        }
    }
}

// The little that the tests of the Unity package need: things that must be so, and what did not hold.
using System;
using System.Collections.Generic;

namespace Groovecast.Tests
{
    /// <summary>Counts what was looked at; a thing that is not so ends the program with its words.</summary>
    internal static class Check
    {
        public static int Count;

        public static void That(bool so, string what)
        {
            Count++;
            if (!so)
            {
                throw new InvalidOperationException("does not hold: " + what);
            }
        }

        public static void Same<T>(T got, T want, string what)
        {
            That(EqualityComparer<T>.Default.Equals(got, want), what + ": got " + got + ", want " + want);
        }

        public static void Near(double got, double want, double within, string what)
        {
            That(Math.Abs(got - want) <= within, what + ": got " + got + ", want " + want + " within " + within);
        }

        public static void Near(Vec3 got, Vec3 want, double within, string what)
        {
            That((got - want).Length <= within, what + ": got " + got + ", want " + want + " within " + within);
        }

        public static void Throws<T>(Action act, string what) where T : Exception
        {
            try
            {
                act();
            }
            catch (T)
            {
                Count++;
                return;
            }
            That(false, what + " should be refused");
        }
    }
}

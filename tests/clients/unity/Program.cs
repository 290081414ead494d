// Runs the tests of the Unity package under mono, or watches a show as the package does; says what it found as JSON.
using System;
using System.Collections.Generic;
using System.Reflection;

namespace Groovecast.Tests
{
    public static class Program
    {
        private static readonly SortedDictionary<string, double> Told = new SortedDictionary<string, double>();

        /// <summary>The folder of the protocol: golden vectors and skeleton.</summary>
        public static string Protocol { get; private set; }

        /// <summary>A figure that a test measured.</summary>
        public static void Tell(string name, double value)
        {
            Told[name] = value;
        }

        public static int Main(string[] words)
        {
            if (words.Length > 1 && words[0] == "watch")
            {
                return LiveViewer.Watch(words);
            }
            Protocol = words[0];
            int failed = 0;
            foreach (Type type in Assembly.GetExecutingAssembly().GetTypes())
            {
                if (!type.Name.EndsWith("Tests") || !type.IsPublic)
                {
                    continue;
                }
                foreach (MethodInfo test in type.GetMethods(BindingFlags.Public | BindingFlags.Static))
                {
                    if (test.GetParameters().Length == 0 && test.ReturnType == typeof(void))
                    {
                        failed += Ran(test) ? 0 : 1;
                    }
                }
            }
            return failed == 0 ? 0 : 1;
        }

        private static bool Ran(MethodInfo test)
        {
            string why = "null";
            Told.Clear();
            int before = Check.Count;
            double beganS = SteadyClock.NowS();
            try
            {
                test.Invoke(null, null);
                if (Check.Count == before)
                {
                    why = Json.Quoted("nothing was checked");
                }
            }
            catch (TargetInvocationException thrown)
            {
                why = Json.Quoted(thrown.InnerException.ToString());
            }
            var figures = new List<string>();
            foreach (KeyValuePair<string, double> figure in Told)
            {
                figures.Add(Json.Quoted(figure.Key) + ":" + Json.Number(figure.Value));
            }
            Console.WriteLine(
                "{\"test\":" + Json.Quoted(test.Name) + ",\"failed\":" + why + ",\"checks\":" + (Check.Count - before)
                + ",\"seconds\":" + Json.Number(Math.Round(SteadyClock.NowS() - beganS, 3))
                + ",\"figures\":{" + string.Join(",", figures.ToArray()) + "}}");
            return why == "null";
        }
    }
}

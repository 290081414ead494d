// Watches a show over a real socket, shows it sixty times a second as a game would, and measures every joint's speed.
using System;
using System.Collections.Generic;
using System.Threading;

namespace Groovecast.Tests
{
    internal static class LiveViewer
    {
        private const double Step = 1 / 60.0;
        private const double BeginS = 20; // so long a show may take to be there
        private const double RefusedS = 2; // after so long a refusal is final
        private const double AgainS = 0.3; // after a hunger the figure has to hurry to be where the dance is

        /// <summary>
        /// `watch ADDRESS SECONDS [TOKEN]`: says "dancing" when it shows the first pose, and in the end one line of
        /// JSON; 1 when nothing was shown.
        /// </summary>
        public static int Watch(string[] words)
        {
            double seconds = double.Parse(words[2], System.Globalization.CultureInfo.InvariantCulture);
            StreamAddress address = StreamAddress.Read(words[1], words.Length > 3 ? words[3] : "");
            var stream = new PoseStream(new SocketTransport(), address, new StreamSettings());
            double beganS = SteadyClock.NowS(), endS = beganS + BeginS, firstS = double.NaN, longestUpdateS = 0;
            int pictures = 0, beats = 0, downbeats = 0;
            SpeedMeter meter = null, fed = null; // all pictures, and those with poses enough
            double hungryS = double.NegativeInfinity;
            int starved = 0, late = 0;
            var watch = new BeatWatch();
            for (int picture = 0; ; picture++)
            {
                double waitS = beganS + picture * Step - SteadyClock.NowS();
                if (waitS > 0)
                {
                    Thread.Sleep(TimeSpan.FromSeconds(waitS));
                }
                double nowS = SteadyClock.NowS();
                if (nowS > endS)
                {
                    break;
                }
                stream.Update(nowS);
                bool shown = stream.Show(0, nowS, 0);
                longestUpdateS = Math.Max(longestUpdateS, SteadyClock.NowS() - nowS);
                if (stream.Connections == 0 && stream.Error != "" && nowS - beganS > RefusedS)
                {
                    break;
                }
                if (!shown || stream.Skeleton == null)
                {
                    continue;
                }
                if (double.IsNaN(firstS))
                {
                    Console.WriteLine("dancing");
                    firstS = nowS;
                    endS = nowS + seconds;
                    meter = new SpeedMeter(stream.Skeleton);
                    fed = new SpeedMeter(stream.Skeleton);
                }
                JitterBuffer buffer = stream.Dancer(0);
                ShownPose pose = buffer.Pose;
                meter.See(nowS, pose.RootM, pose.LocalQuat, pose.JointCount);
                if (buffer.Starved != starved || buffer.Late != late)
                {
                    hungryS = nowS;
                    fed.Forget();
                }
                else if (nowS - hungryS > AgainS)
                {
                    fed.See(nowS, pose.RootM, pose.LocalQuat, pose.JointCount);
                }
                starved = buffer.Starved;
                late = buffer.Late;
                pictures++;
                BeatTick tick;
                if (watch.Step(pose, stream.BeatsPerBar, out tick))
                {
                    beats++;
                    downbeats += tick.BarPosition == 0 ? 1 : 0;
                }
            }
            stream.Dispose();
            JitterBuffer dancer = stream.Dancer(0);
            Say(new SortedDictionary<string, double>
            {
                { "received", dancer.Received }, { "shown", pictures }, { "late", dancer.Late },
                { "starved", dancer.Starved }, { "outdated", dancer.Outdated }, { "unreadable", stream.Unreadable },
                { "dropped_here", stream.DroppedHere }, { "connections", stream.Connections },
                { "beats", beats }, { "downbeats", downbeats },
                { "granted_look_ahead_s", stream.GrantedLookAheadS }, { "granted_fps", stream.GrantedFps },
                { "shown_fps", double.IsNaN(firstS) ? 0 : pictures / (SteadyClock.NowS() - firstS) },
                { "longest_update_s", longestUpdateS },
                { "way_s", double.IsNaN(stream.Clock.ShortestWayS) ? -1 : stream.Clock.ShortestWayS },
                { "p999_m_s", meter == null ? 0 : meter.Quantile(0.999) },
                { "max_m_s", meter == null ? 0 : meter.Quantile(1) },
                { "fed_max_m_s", fed == null ? 0 : fed.Quantile(1) },
                { "fed", fed == null ? 0 : fed.Pictures },
                { "threads_left", SocketTransport.RunningThreads },
            }, stream.Error);
            return pictures > 0 ? 0 : 1;
        }

        private static void Say(SortedDictionary<string, double> figures, string error)
        {
            var said = new List<string>();
            foreach (KeyValuePair<string, double> figure in figures)
            {
                said.Add(Json.Quoted(figure.Key) + ":" + Json.Number(figure.Value));
            }
            Console.WriteLine("{" + string.Join(",", said.ToArray()) + ",\"error\":" + Json.Quoted(error) + "}");
        }
    }
}

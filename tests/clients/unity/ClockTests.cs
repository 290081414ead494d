// The server's time as a client keeps it: near the truth, never back, and slow to change its mind while it plays.
using System;

namespace Groovecast.Tests
{
    public static class ClockTests
    {
        public static void The_quickest_ping_counts()
        {
            var clock = new ServerClock();
            clock.Pong(0, 1000.09, 1000.09, 0.1); // 90 ms there, 10 back
            clock.Pong(1, 1001.01, 1001.01, 1.02); // 10 ms each way
            Check.Near(clock.ServerNow(2), 1002, 1e-9, "time at the server");
            Check.Near(clock.ShortestWayS, 0.02, 1e-9, "shortest way");
        }

        public static void Only_the_last_16_pings_count()
        {
            var clock = new ServerClock();
            clock.Pong(0, 1000, 1000, 0);
            for (int ping = 1; ping <= 16; ping++)
            {
                clock.Pong(ping, 2000 + ping + 0.05, 2000 + ping + 0.05, ping + 0.1);
            }
            Check.Near(clock.MeasuredOffsetS, 2000, 1e-9, "offset");
        }

        public static void While_playing_it_changes_by_5_percent_of_time_at_most()
        {
            var clock = new ServerClock();
            clock.Pong(0, 1000.1, 1000.1, 0.2);
            double before = clock.ServerNow(1);
            clock.Play();
            clock.Pong(1, 1001.2, 1001.2, 1.1); // 150 ms later than thought
            for (int picture = 1; picture <= 60; picture++)
            {
                double now = clock.ServerNow(1 + picture / 60.0);
                double step = now - before - 1 / 60.0;
                Check.That(step >= -1e-9 && step <= ServerClock.Slew / 60 + 1e-9, "a step of " + step);
                before = now;
            }
            Check.Near(before, 1002 + 0.05, 1e-6, "a second later it is 50 ms nearer");
        }

        public static void Further_off_than_a_quarter_of_a_second_it_jumps()
        {
            var clock = new ServerClock();
            clock.Pong(0, 1000, 1000, 0.2);
            clock.ServerNow(1);
            clock.Play();
            clock.Pong(1, 1002, 1002, 1.1);
            Check.Near(clock.ServerNow(1.2), 1002.15, 1e-6, "time at the server");
        }

        public static void Random_pings_never_turn_time_back()
        {
            var random = new Random(4);
            var clock = new ServerClock();
            clock.Pong(0, 100.05, 100.05, 0.2);
            clock.Play();
            double nowS = 0, before = clock.ServerNow(0);
            for (int round = 0; round < 5000; round++)
            {
                nowS += random.NextDouble() * 0.05;
                double there = random.NextDouble() * 0.1, back = random.NextDouble() * 0.1;
                clock.Pong(nowS - there - back, nowS - back + 100, nowS - back + 100, nowS);
                double server = clock.ServerNow(nowS);
                Check.That(server >= before, "time goes on");
                before = server;
            }
            Check.Near(before, nowS + 100, 0.06, "time at the server");
        }

        public static void Pongs_that_cannot_be_true_are_left_out()
        {
            var clock = new ServerClock();
            clock.Pong(1, 5, 5, 0.5);
            clock.Pong(double.NaN, 5, 5, 2);
            clock.Pong(1, double.PositiveInfinity, 5, 2);
            Check.That(!clock.Known, "none counts");
        }
    }
}

// The clock and the buffer of the C++ client on a fake clock: no jump, no stand-still, nothing over a cut.
#include "dance.h"

#include "GroovecastCore/ServerClock.h"
#include "GroovecastCore/Subject.h"

TEST("the clock takes the quickest of the last sixteen pings")
{
	ServerClock clock;
	clock.pong(0, 50.1, 50.1, 0.4); // 0.4 s there and back: a bad one
	clock.pong(1, 51.01, 51.01, 1.02);
	NEAR(clock.at(2), 52.0, 1e-9);
	NEAR(clock.round_trip_s(), 0.02, 1e-9);
	for (int k = 0; k < 16; ++k) // the good one is forgotten after sixteen more
	{
		clock.pong(3 + k, 53.2 + k, 53.2 + k, 3.2 + k);
	}
	NEAR(clock.round_trip_s(), 0.2, 1e-9);
	clock.pong(40, 30, 30, 39); // back before it was sent
	clock.pong(NAN, 1, 1, 1);
	NEAR(clock.round_trip_s(), 0.2, 1e-9);
}

TEST("the clock never jumps while it plays: it slews by 5 % of the time that passes")
{
	ServerClock clock;
	clock.pong(0, 100, 100, 0.1);
	double shown_s = clock.at(1);
	clock.pong(1, 101.15, 101.15, 1.02); // now known better: 0.19 s further on
	for (double t = 1; t < 8; t += kFrameS)
	{
		const double next_s = clock.at(t + kFrameS);
		HOLDS(next_s - shown_s > 0.9499 * kFrameS && next_s - shown_s < 1.0501 * kFrameS);
		shown_s = next_s;
	}
	NEAR(clock.at(8) - 8, 100.14, 1e-6);
	clock.reset();
	clock.guess(7, 9);
	HOLDS(clock.known() && !clock.synced());
	NEAR(clock.at(10), 8, 1e-9);
	clock.pong(10, 9, 9, 10); // off by one second: better to jump
	NEAR(clock.at(11), 10, 1e-9);
	clock.pong(11, 10.3, 10.3, 11);
	for (int k = 0; k < 16; ++k)
	{
		clock.pong(11, 10.3, 10.3, 11);
	}
	NEAR(clock.at(12), 11.3, 1e-9);
}

TEST("between two frames the pose is between them, and a late frame is counted")
{
	DancerPlayer player;
	HOLDS(player.sample(1) == nullptr);
	player.push(danced(10));
	player.push(danced(10 + 2 * kFrameS)); // the one between comes later
	player.push(danced(10 + kFrameS));
	const ShownPose pose = *player.sample(10 + 1.5 * kFrameS);
	const double middle = (danced(10 + kFrameS).root_m[0] + danced(10 + 2 * kFrameS).root_m[0]) / 2;
	NEAR(pose.root_m.x, middle, 1e-6);
	NEAR(*pose.beat, (10 + 1.5 * kFrameS) * 2, 1e-6);
	player.push(danced(9.9));
	HOLDS(player.counters.received == 4 && player.counters.late == 1 && player.counters.starved == 0);
}

TEST("a moment planned anew takes the old one's place, unless its revision is lower")
{
	DancerPlayer player;
	PoseFrame first = danced(10), second = danced(10, 1), old = danced(10, 2);
	first.revision = 1;
	second.revision = 2;
	second.t_present_s += 0.5e-6; // the same moment, to a microsecond
	old.revision = 1;
	player.push(first);
	player.push(second);
	player.push(old);
	NEAR(player.sample(10)->root_m.x, second.root_m[0], 1e-6);
	HOLDS(player.counters.revised == 1 && player.waiting() == 1);
}

TEST("a single moment whose new plan got lost is left out")
{
	DancerPlayer player;
	for (int k = 0; k < 6; ++k)
	{
		PoseFrame frame = danced(10 + k * kFrameS, k == 3 ? 3 : 0); // the fourth is still of another dance
		frame.revision = k == 3 ? 0 : 1;
		player.push(frame);
	}
	const double here = player.sample(10 + 3 * kFrameS)->root_m.x;
	NEAR(here, danced(10 + 3 * kFrameS).root_m[0], 1e-3);
	HOLDS(std::fabs(here - danced(10 + 3 * kFrameS, 3).root_m[0]) > 0.05);
}

TEST("nothing leads over a cut, and it comes at its moment")
{
	DancerPlayer player;
	for (int k = 0; k < 4; ++k)
	{
		PoseFrame frame = danced(10 + k * kFrameS, k < 2 ? 0 : 3);
		frame.cut = k == 2;
		player.push(frame);
	}
	NEAR(player.sample(10 + kFrameS)->root_m.x, danced(10 + kFrameS).root_m[0], 1e-6);
	NEAR(player.sample(10 + 1.9 * kFrameS)->root_m.x, danced(10 + kFrameS).root_m[0], 1e-6);
	NEAR(player.sample(10 + 2.1 * kFrameS)->root_m.x, danced(10 + 2.1 * kFrameS, 3).root_m[0], 1e-3);
}

TEST("without frames the figure goes on for 100 ms, holds, and comes back without a jump")
{
	const double most_m_s = 1.2 * source_p999_m_s();
	for (const double gap_s : {0.05, 0.15, 0.4, 2.0})
	{
		DancerPlayer player;
		for (int k = 0; k <= 60; ++k)
		{
			player.push(danced(10 + k * kFrameS));
		}
		ShownPose before = *player.sample(10);
		double fastest = 0, held_m_s = 1, out_m = 0, far_m = 0;
		int pushed = 61;
		for (int k = 1; k < 600; ++k)
		{
			const double t = 10 + k * kFrameS / 2;
			// after the gap all comes as before, 80 ms early
			while (t > 11 + gap_s && 10 + pushed * kFrameS < t + 0.08)
			{
				if (10 + pushed * kFrameS > 11 + gap_s)
				{
					player.push(danced(10 + pushed * kFrameS));
				}
				++pushed;
			}
			const ShownPose now = *player.sample(t);
			const double speed = speed_m_s(before, now, kFrameS / 2);
			if (t > 11.11 && t < 11 + gap_s - 0.001)
			{
				held_m_s = std::min(held_m_s, speed);
			}
			if (t > 11.11 + gap_s && t < 11.12 + gap_s)
			{
				out_m = length(now.root_m - before.root_m);
			}
			fastest = std::max(fastest, t > 11.2 + gap_s || t < 11.1 ? speed : 0);
			far_m = std::max(far_m, t > 11.3 + gap_s ? std::fabs(now.root_m.x - 0.3 * std::sin(t)) : 0);
			before = now;
		}
		HOLDS(fastest < most_m_s);
		HOLDS(gap_s < 0.12 || held_m_s < 1e-9);
		HOLDS(out_m < 0.05); // the hips do not leap when it comes back
		HOLDS(far_m < 2e-3); // and soon it is where it should be
		HOLDS(player.counters.starved == (gap_s > 0.1 ? 1u : 0u));
	}
}

TEST("what turns out otherwise while it is shown does not jump, and soon is as it should be")
{
	for (const bool revised : {true, false}) // a plan made anew, or frames that came after it had gone on without
	{
		DancerPlayer player;
		for (int k = 0; k < 60; ++k)
		{
			player.push(danced(10 + k * kFrameS));
		}
		const double here_s = revised ? 10.5 : 11.04;
		player.sample(here_s - kFrameS);
		const ShownPose before = *player.sample(here_s);
		for (int k = 0; k < 120; ++k)
		{
			PoseFrame frame = danced(10 + k * kFrameS, 3);
			frame.revision = 1;
			player.push(frame);
		}
		const ShownPose after = *player.sample(here_s + 0.001);
		HOLDS(length(danced_root(here_s, 3) - danced_root(here_s)) > 0.1);
		HOLDS(length(after.root_m - before.root_m) < 0.005 && std::fabs(dot(after.local[5], before.local[5])) > 0.9999);
		for (double t = here_s; t < here_s + 0.3; t += kFrameS)
		{
			player.sample(t);
		}
		HOLDS(length(player.sample(here_s + 0.3)->root_m - danced_root(here_s + 0.3, 3)) < 2e-3);
	}
}

TEST("a cut is a cut, even when the figure had to hold before it")
{
	DancerPlayer player;
	for (int k = 0; k < 30; ++k)
	{
		player.push(danced(10 + k * kFrameS));
	}
	for (double t = 10; t < 10.8; t += kFrameS)
	{
		player.sample(t);
	}
	HOLDS(player.held());
	for (int k = 0; k < 10; ++k)
	{
		PoseFrame frame = danced(10.9 + k * kFrameS, 3);
		frame.cut = k == 0;
		player.push(frame);
	}
	player.sample(10.89);
	HOLDS(length(player.sample(10.901)->root_m - danced_root(10.901, 3)) < 1e-3);
}

TEST("a stream of another server blends in from where the figure stands")
{
	DancerPlayer player;
	for (int k = 0; k < 30; ++k)
	{
		player.push(danced(10 + k * kFrameS));
	}
	player.sample(10.2);
	const ShownPose stood = *player.sample(10.3);
	player.reset();
	HOLDS(length(player.sample(10.4)->root_m - stood.root_m) < 1e-12);
	for (int k = 0; k < 30; ++k)
	{
		player.push(danced(7000 + k * kFrameS, 2));
	}
	HOLDS(length(player.sample(7000.05)->root_m - stood.root_m) < 1e-9);
	player.sample(7000.1);
	NEAR(player.sample(7000.35)->root_m.x, danced(7000.35, 2).root_m[0], 2e-3);
}

TEST("poses are pushed sixty times a second on an even grid, and always one ahead")
{
	for (const double tick_s : {1.0 / 24, 1.0 / 60, 1.0 / 144})
	{
		PushGrid grid;
		double last_s = 0, newest_lag_s = -1;
		int count = 0;
		for (int k = 0; k * tick_s < 5; ++k)
		{
			const double now_s = 50 + k * tick_s;
			for (const double stamp_s : grid.due(now_s))
			{
				HOLDS(last_s == 0 || std::fabs(stamp_s - last_s - 1 / PushGrid::kPerS) < 1e-9);
				last_s = stamp_s;
				++count;
			}
			newest_lag_s = std::max(newest_lag_s, now_s - last_s);
		}
		NEAR(count, 300, 2);
		HOLDS(newest_lag_s < -1 / PushGrid::kPerS + 1e-9); // an engine without smoothing has two to blend, too
	}
	PushGrid grid;
	grid.due(10);
	HOLDS(grid.due(20).size() == 8); // a hitch of ten seconds
	HOLDS(grid.due(3).size() <= 8);	 // a clock that went back
}

/** Live Link as of 5.1: where it reads a subject, from the times of the frames and of their arrival. */
TEST("Live Link's smoothing delay and the lead cancel: a pose is seen within 10 ms of its moment")
{
	const double tick_s = 1.0 / 60;
	PushGrid grid;
	double clock_offset_s = 0;
	bool first = true;
	for (int k = 0; k < 600; ++k)
	{
		const double now_s = 50.003 + k * tick_s;
		for (const double stamp_s : grid.due(now_s))
		{
			const double offset_s = now_s - stamp_s;
			clock_offset_s = first ? offset_s : clock_offset_s + 0.05 * (offset_s - clock_offset_s);
			first = false;
		}
		const double read_s = now_s - clock_offset_s - 1.5 / PushGrid::kPerS;
		HOLDS(k < 60 || std::fabs(read_s - now_s) < 0.010);
	}
}

TEST("the beat's curves survive a straight blend")
{
	ShownPose pose;
	pose.beat = 7.0;
	pose.tempo_bpm = 120;
	pose.contacts = {true, false, false, true};
	pose.next_beat = NextBeat{12.5, 0.5f, 4, 255, 0};
	const auto on = curve_values(pose, 12.25);
	HOLDS(on[0] == 1 && on[1] == 7 && on[6] == 1 && on[7] == 0 && on[9] == 1);
	NEAR(on[2], 1, 1e-6);
	NEAR(on[5], 0.25, 1e-6);
	pose.beat = 7.5;
	NEAR(curve_values(pose, 13)[2], 0, 1e-6);
	NEAR(curve_values(pose, 13)[5], 0, 1e-6); // over: not below nothing
	pose.beat.reset();
	HOLDS(curve_values(pose, 13)[0] == 0 && curve_values(pose, 13)[2] == 0);
	pose.beat = 1.7e308; // whatever a server says, what reaches the engine is a number
	pose.tempo_bpm = -1e300;
	pose.next_beat = NextBeat{1e308, 0.5f, 4, 255, 0};
	for (const float value : curve_values(pose, -1e308))
	{
		HOLDS(std::isfinite(value));
	}
}

int main(int count, char** words) { return check::run(count, words); }

// The conversation of the C++ client with a made-up server on a fake clock: rough ways, bad words, lines that break.
#include "dance.h"

#include "GroovecastCore/Session.h"

#include <map>

/** Text of a server, brought to a session. */
static void say(Session& session, const std::string& text, double now_s)
{
	session.received(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), now_s);
}

static void greet(Session& session, double server_s, double now_s, const char* word = "a")
{
	HOLDS(session.wants_connection(now_s));
	session.opened(now_s);
	say(session, "{\"type\":\"hello\",\"session\":\"" + std::string(word) + "\",\"version\":\"1\",\"now_s\":" + json_number(server_s) + "}", now_s);
	say(session, "{\"type\":\"pong\",\"t0\":" + json_number(now_s) + ",\"t1\":" + json_number(server_s) + ",\"t2\":" + json_number(server_s) + "}", now_s);
}

static void send(Session& session, const PoseFrame& frame, double now_s)
{
	std::vector<std::uint8_t> message;
	HOLDS(encode_frame(frame, message) == WireError::None);
	session.received(message.data(), message.size(), now_s);
}

TEST("through 40 +- 30 ms of delay and 2 % loss no joint is faster than 1.2 times the source")
{
	const double most_m_s = 1.2 * source_p999_m_s();
	std::mt19937 dice(5);
	const auto chance = [&] { return static_cast<double>(dice() % 100000) / 100000; };
	Session session{SessionSettings{}};
	const double off_s = 5000;
	greet(session, off_s + 0.04, 0);
	std::multimap<double, PoseFrame> on_the_way; // by the local time at which it comes
	std::multimap<double, std::string> pongs;
	ShownPose before;
	double fastest = 0;
	int shown = 0;
	int sent = 0;
	for (int k = 0; k < 3600; ++k)
	{
		const double now_s = 1 + k * kFrameS + 0.002 * chance(); // the game's own ticks are not even
		for (; sent * kFrameS < now_s; ++sent)
		{
			const double left_s = sent * kFrameS;
			if (chance() >= 0.02)
			{
				on_the_way.emplace(left_s + 0.01 + 0.06 * chance(), danced(off_s + left_s + 0.25));
			}
		}
		for (const std::string& text : session.to_say(now_s))
		{
			if (text.find("ping") != std::string::npos)
			{
				const double there_s = now_s + 0.01 + 0.06 * chance();
				const std::string stamp = json_number(off_s + there_s);
				pongs.emplace(there_s + 0.01 + 0.06 * chance(),
					"{\"type\":\"pong\",\"t0\":" + json_number(now_s) + ",\"t1\":" + stamp + ",\"t2\":" + stamp + "}");
			}
		}
		while (!on_the_way.empty() && on_the_way.begin()->first <= now_s)
		{
			send(session, on_the_way.begin()->second, now_s);
			on_the_way.erase(on_the_way.begin());
		}
		while (!pongs.empty() && pongs.begin()->first <= now_s)
		{
			say(session, pongs.begin()->second, now_s);
			pongs.erase(pongs.begin());
		}
		const auto play_s = session.play_s(now_s);
		const ShownPose* now = play_s && session.dancers.count(0) != 0 ? session.dancers[0].sample(*play_s) : nullptr;
		if (now != nullptr && now_s > 2)
		{
			fastest = std::max(fastest, shown > 0 ? speed_m_s(before, *now, kFrameS) / (1 + 0.002 / kFrameS) : 0);
			++shown;
		}
		before = now != nullptr ? *now : before;
	}
	HOLDS(shown > 3500 && fastest < most_m_s && fastest > 0.5 * most_m_s);
	const PlayerCounters& counters = session.dancers[0].counters;
	HOLDS(counters.starved == 0 && counters.late == 0 && counters.received > 3400);
	std::printf("  fastest joint %.3f m/s, 1.2 x the source's p99.9 is %.3f m/s\n", fastest, most_m_s);
}

TEST("when every pose comes too late the dance is shown later, and in time again when the network is better")
{
	Session session{SessionSettings{}};
	greet(session, 100, 0);
	double moved_m = 0, late_s = 0;
	Vec3 before;
	int sent = 0;
	std::multimap<double, PoseFrame> on_the_way;
	for (int k = 0; k < 60 * 60; ++k)
	{
		const double now_s = k * kFrameS;
		const double way_s = now_s < 20 ? 0.4 : 0.02; // slower than the 0.25 s ahead, then quick
		for (; sent * kFrameS < now_s; ++sent)
		{
			on_the_way.emplace(sent * kFrameS + way_s, danced(100 + sent * kFrameS + 0.25));
		}
		while (!on_the_way.empty() && on_the_way.begin()->first <= now_s)
		{
			send(session, on_the_way.begin()->second, now_s);
			on_the_way.erase(on_the_way.begin());
		}
		const auto play_s = session.play_s(now_s);
		late_s = 100 + now_s - *play_s;
		if (session.dancers.count(0) != 0)
		{
			const Vec3 root = session.dancers[0].sample(*play_s)->root_m;
			moved_m += now_s > 10 && now_s < 20 ? length(root - before) : 0;
			before = root;
		}
		HOLDS(now_s < 15 || now_s > 20 || (late_s > 0.15 && late_s < 0.2));
	}
	HOLDS(moved_m > 2 && late_s < 0.03);
	HOLDS(session.dancers[0].counters.starved < 40);
}

TEST("it asks once, pings often at first, and comes back after waits that double")
{
	Session session{SessionSettings{}};
	HOLDS(session.to_say(0).empty() && session.wants_connection(0) && !session.wants_connection(0));
	session.opened(0);
	const auto first = session.to_say(0);
	HOLDS(first.size() == 2 && first[0].find("\"look_ahead_s\":0.250000") != std::string::npos);
	HOLDS(first[0].find("\"blocks\":[\"beat\"]") != std::string::npos && first[1] == "{\"type\":\"ping\",\"t0\":0.000000}");
	int pings = 0;
	for (double t = 0.01; t < 10; t += 0.01)
	{
		pings += static_cast<int>(session.to_say(t).size());
	}
	HOLDS(pings >= 7 + 8 && pings <= 7 + 10);
	HOLDS(session.gone_silent(10) && !session.gone_silent(4));
	double waited_s = 0.25;
	for (double now_s = 10; waited_s < 40; waited_s *= 2)
	{
		session.closed(now_s);
		const double wait_s = std::min(waited_s, 5.0);
		HOLDS(!session.wants_connection(now_s + wait_s - 0.001) && session.wants_connection(now_s + wait_s + 0.001));
		now_s += wait_s;
	}
	session.opened(60);
	say(session, R"({"type":"hello","session":"b","now_s":1})", 60);
	session.closed(61);
	HOLDS(session.wants_connection(61.251)); // a greeting makes the next wait short again
}

TEST("another server's greeting begins another clock, the same one's does not")
{
	Session session{SessionSettings{}};
	greet(session, 100, 0);
	send(session, danced(100.1), 0);
	NEAR(*session.play_s(0.1), 100.1, 1e-6);
	session.closed(1);
	greet(session, 102, 2);
	HOLDS(session.dancers[0].waiting() + 1 >= 1);
	NEAR(*session.play_s(2.1), 102.1, 1e-6);
	session.closed(3);
	greet(session, 9, 4, "other");
	NEAR(*session.play_s(4.1), 9.1, 1e-6);
	HOLDS(session.dancers[0].sample(9.1) == nullptr || session.dancers[0].waiting() == 0);
}

TEST("what a server says is understood, and nonsense is counted and named")
{
	Session session{SessionSettings{}};
	greet(session, 100, 0);
	say(session, R"({"type":"state","tempo_bpm":124.5,"beats_per_bar":3,"dropped_here":17,"of_the_future":{}})", 0);
	say(session, R"({"type":"subscribed","look_ahead_s":0.2})", 0);
	say(session, R"({"type":"notice","text":"the music ended","code":null})", 0);
	say(session, R"({"type":"of the future"})", 0);
	HOLDS(session.state.tempo_bpm == 124.5 && session.state.beats_per_bar == 3 && session.state.dropped_here == 17);
	HOLDS(session.state.look_ahead_s == 0.2 && session.state.notice == "the music ended" && session.rejected == 0);
	say(session, "[]", 0);
	say(session, "GC", 0);
	say(session, "", 0);
	say(session, R"({"type":"skeleton","joints":[{"name":"hips","parent":"hips","offset_m":[0,1,0]}, {"name":"hips"}]})", 0);
	HOLDS(session.rejected == 4 && session.skeleton().size() == 52);
	say(session, R"({"type":"skeleton","joints":[{"name":"hips","parent":null,"offset_m":[0,1,0]},{"name":"spine","parent":"hips","offset_m":[0,0.2,0]}]})", 0);
	HOLDS(session.rejected == 4 && session.skeleton().size() == 2 && session.skeleton()[1].parent == 0);
	for (const std::size_t letters : {64u, 65u, 100000u}) // the engine ends the program at a name of 1024
	{
		const auto before = session.rejected;
		say(session, R"({"type":"skeleton","joints":[{"name":")" + std::string(letters, 'x') + R"(","offset_m":[0,1,0]}]})", 0);
		HOLDS((session.rejected == before) == (letters == 64));
	}
	std::mt19937 dice(8);
	const std::string seed = R"({"type":"skeleton","joints":[{"name":"hips","parent":null,"offset_m":[0,1e9,0]}]})";
	for (int turn = 0; turn < 5000; ++turn)
	{
		std::string text = seed;
		text[dice() % text.size()] = static_cast<char>(dice());
		say(session, text, 0.001 * turn);
	}
}

TEST("a server that tells skeleton after skeleton fills no table of names")
{
	Session session{SessionSettings{}};
	greet(session, 100, 0);
	for (int k = 0; k < 1000; ++k)
	{
		const std::string name = "hips" + std::to_string(k < 500 ? 0 : k); // the same one again is no other
		say(session, R"({"type":"skeleton","joints":[{"name":")" + name + R"(","offset_m":[0,1,0]}]})", 0);
	}
	HOLDS(session.skeleton()[0].name == "hips514" && session.rejected == 485);
}

TEST("two dancers are two players, and a flood of others is refused")
{
	Session session{SessionSettings{}};
	greet(session, 100, 0);
	for (int dancer = 0; dancer < 40; ++dancer)
	{
		PoseFrame frame = danced(100.1, dancer);
		frame.dancer = static_cast<std::uint8_t>(dancer);
		send(session, frame, 0);
	}
	HOLDS(session.dancers.size() == 16 && session.rejected == 24);
	HOLDS(std::fabs(session.dancers[0].sample(100.1)->root_m.x - session.dancers[1].sample(100.1)->root_m.x) > 0.01);
	for (int k = 0; k < 3000; ++k) // and of frames, too: memory stays bounded
	{
		send(session, danced(200 + k), 0);
	}
	HOLDS(session.dancers[0].waiting() <= DancerPlayer::kMostFrames);
}

int main(int count, char** words) { return check::run(count, words); }

// A program that watches a real server with the plugin's core, over a plain socket, and writes down what it would show.
//
//     live_client HOST PORT TOKEN SECONDS
//
// For each of its 60 frames a second one line: the server time shown, the hips' and the left hand's place in Unreal's
// space (cm), and the speed of the fastest joint since the line before (cm/s). Then a line of JSON with what it counted.
#include "GroovecastCore/Session.h"
#include "GroovecastCore/Subject.h"

#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <netinet/tcp.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#ifndef MSG_NOSIGNAL // macOS
#define MSG_NOSIGNAL 0
#endif

using namespace groovecast;

static double now_s()
{
	return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/** As little of a WebSocket client as a test needs. */
class Line
{
public:
	~Line() { drop(); }

	bool open(const char* host, int port, const std::string& token)
	{
		drop();
		socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
		sockaddr_in address{};
		address.sin_family = AF_INET;
		address.sin_port = htons(static_cast<std::uint16_t>(port));
		::inet_pton(AF_INET, host, &address.sin_addr);
		if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
		{
			return false;
		}
		const int at_once = 1;
		::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
		const std::string at = std::string(host) + ":" + std::to_string(port);
		std::string ask = "GET /ws HTTP/1.1\r\nHost: " + at + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
			"Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: " + kSubprotocol +
			"\r\n" + (token.empty() ? "" : "Authorization: Bearer " + token + "\r\n") + "\r\n";
		write_all(ask.data(), ask.size());
		std::string answer;
		for (char sign; answer.find("\r\n\r\n") == std::string::npos && ::read(socket_, &sign, 1) == 1;)
		{
			answer.push_back(sign);
		}
		in_.clear();
		return answer.find(" 101 ") != std::string::npos && answer.find(kSubprotocol) != std::string::npos;
	}

	void drop()
	{
		if (socket_ >= 0)
		{
			::close(socket_);
		}
		socket_ = -1;
	}

	void say(const std::string& text) { frame(0x81, text.data(), text.size()); }

	/** Waits at most so long and takes in what has come; false when the line is down. */
	bool wait(double seconds)
	{
		pollfd one{socket_, POLLIN, 0};
		if (::poll(&one, 1, std::max(0, static_cast<int>(seconds * 1000))) <= 0)
		{
			return true;
		}
		char part[65536];
		const ssize_t got = ::read(socket_, part, sizeof part);
		in_.insert(in_.end(), part, part + std::max<ssize_t>(got, 0));
		return got > 0;
	}

	/** The next whole message; false when there is none yet. */
	bool next(std::vector<std::uint8_t>& message)
	{
		while (in_.size() >= 2)
		{
			std::size_t size = in_[1] & 0x7f, head = 2;
			if (size >= 126)
			{
				const std::size_t more = size == 126 ? 2 : 8;
				head += more;
				size = 0;
				for (std::size_t k = 2; k < head && head <= in_.size(); ++k)
				{
					size = size << 8 | in_[k];
				}
			}
			if (head > in_.size() || in_.size() - head < size)
			{
				return false;
			}
			const int kind = in_[0] & 0x0f;
			const auto from = in_.begin() + static_cast<std::ptrdiff_t>(head), to = from + static_cast<std::ptrdiff_t>(size);
			message.assign(from, to);
			in_.erase(in_.begin(), to);
			if (kind == 1 || kind == 2)
			{
				return true;
			}
			if (kind == 9)
			{
				frame(0x8a, reinterpret_cast<const char*>(message.data()), message.size());
			}
		}
		return false;
	}

private:
	void frame(int first, const char* data, std::size_t size)
	{
		std::vector<char> out{static_cast<char>(first)};
		if (size < 126)
		{
			out.push_back(static_cast<char>(0x80 | size));
		}
		else
		{
			out.insert(out.end(), {static_cast<char>(0x80 | 126), static_cast<char>(size >> 8), static_cast<char>(size & 0xff)});
		}
		out.insert(out.end(), 4, 0); // a mask of nothing is a mask
		out.insert(out.end(), data, data + size);
		write_all(out.data(), out.size());
	}

	void write_all(const char* data, std::size_t size)
	{
		for (std::size_t sent = 0; sent < size;)
		{
			const ssize_t now = ::send(socket_, data + sent, size - sent, MSG_NOSIGNAL);
			if (now <= 0)
			{
				return;
			}
			sent += static_cast<std::size_t>(now);
		}
	}

	int socket_ = -1;
	std::vector<std::uint8_t> in_;
};

static std::vector<Vec3> places_cm(const Skeleton& skeleton, const ShownPose& pose)
{
	std::vector<int> parents;
	std::vector<Vec3> offsets;
	std::vector<Quat> local;
	const auto bones = unreal_bones(skeleton, pose);
	for (std::size_t k = 0; k < bones.size(); ++k)
	{
		parents.push_back(skeleton[k].parent);
		offsets.push_back(bones[k].place_cm);
		local.push_back(bones[k].rotation);
	}
	return joint_places(parents, offsets, bones[0].place_cm, local);
}

int main(int count, char** words)
{
	if (count != 5)
	{
		std::fprintf(stderr, "asked without HOST PORT TOKEN SECONDS\n");
		return 2;
	}
	std::setvbuf(stdout, nullptr, _IOLBF, 0); // whoever reads along reads whole lines
	Session session{SessionSettings{}};
	Line line;
	std::vector<std::uint8_t> message;
	std::vector<Vec3> before;
	double before_s = 0, waited_s = 0;
	int shown = 0, opened = 0;
	const double end_s = now_s() + std::atof(words[4]);
	for (double tick_s = now_s(); now_s() < end_s; tick_s = std::max(tick_s + 1.0 / 60, now_s() - 0.1))
	{
		if (session.gone_silent(now_s()))
		{
			session.closed(now_s());
		}
		if (session.wants_connection(now_s()))
		{
			const bool up = line.open(words[1], std::atoi(words[2]), words[3]);
			opened += up ? 1 : 0;
			up ? session.opened(now_s()) : session.closed(now_s());
		}
		do
		{
			if (!session.speaking())
			{
				::usleep(2000);
				continue;
			}
			const bool up = line.wait(tick_s - now_s());
			while (line.next(message))
			{
				session.received(message.data(), message.size(), now_s());
			}
			if (!up)
			{
				line.drop();
				session.closed(now_s());
			}
		} while (now_s() < tick_s);
		for (const std::string& text : session.to_say(now_s()))
		{
			line.say(text);
		}
		const double here_s = now_s();
		const auto play_s = session.play_s(here_s);
		const ShownPose* pose = play_s && session.dancers.count(0) != 0 ? session.dancers[0].sample(*play_s) : nullptr;
		if (pose != nullptr)
		{
			const auto places = places_cm(session.skeleton(), *pose);
			double fastest = 0;
			for (std::size_t k = 0; k < before.size() && *play_s > before_s; ++k)
			{
				fastest = std::max(fastest, length(places[k] - before[k]) / (*play_s - before_s));
			}
			const Vec3 &hips = places[0], &hand = places[20];
			std::printf("%.6f %.4f %.4f %.4f %.4f %.4f %.4f %.2f\n", *play_s, hips.x, hips.y, hips.z, hand.x, hand.y, hand.z, fastest);
			waited_s = std::max(waited_s, shown > 0 ? *play_s - before_s : 0);
			before = places;
			before_s = *play_s;
			++shown;
		}
	}
	const PlayerCounters counters = session.dancers.count(0) != 0 ? session.dancers[0].counters : PlayerCounters();
	std::printf("{\"shown\": %d, \"opened\": %d, \"received\": %d, \"late\": %d, \"starved\": %d, \"revised\": %d, \"rejected\": %d, "
				"\"dropped_here\": %d, \"round_trip_ms\": %.2f, \"longest_tick_ms\": %.1f, \"look_ahead_s\": %.3f}\n",
		shown, opened, static_cast<int>(counters.received), static_cast<int>(counters.late), static_cast<int>(counters.starved),
		static_cast<int>(counters.revised), static_cast<int>(session.rejected), static_cast<int>(session.state.dropped_here),
		session.clock().round_trip_s() * 1000, waited_s * 1000, session.state.look_ahead_s);
	return 0;
}

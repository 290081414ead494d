// The conversation with a show: greets, asks, keeps the clock, sorts what comes to the dancers, and comes back when cut off.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
// It owns no socket and reads no clock: the caller brings messages and the local time, and sends what `to_say` gives.
#pragma once

#include "GroovecastCore/DancerPlayer.h"
#include "GroovecastCore/Json.h"
#include "GroovecastCore/Playout.h"
#include "GroovecastCore/ServerClock.h"
#include "GroovecastCore/Skeleton.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace groovecast
{

constexpr const char* kSubprotocol = "groovecast.v1+bin";

struct SessionSettings
{
	double look_ahead_s = 0.25; // asked for; 0.5 at most
	double later_s = 0;			// shown so much later than the server says
	int fps = 60;
	int joints = 52;
};

/** What the server said of itself last. */
struct ShowState
{
	std::string version, session;
	double tempo_bpm = 0, confidence = 0, energy = 0;
	int beats_per_bar = 4;
	std::uint64_t dropped_here = 0; // poses that the server could not send to this client in time
	double look_ahead_s = 0;		// what this client gets
	std::string notice;				// plain words for the person
};

class Session
{
public:
	static constexpr std::size_t kLongestMessage = 1 << 20;
	static constexpr double kSoonestS = 0.25, kLatestS = 5; // before another attempt
	static constexpr double kSilenceS = 5;					// state comes four times a second: this line is dead
	static constexpr double kUnsyncedS = 1;					// so long it waits for a pong before it believes the greeting
	static constexpr int kFirstPings = 8;
	static constexpr double kFirstPingsS = 0.05, kPingsS = 1;
	static constexpr std::size_t kMostDancers = 16;
	static constexpr int kMostSkeletons = 16; // others than the one before: Unreal never forgets a name

	explicit Session(const SessionSettings& settings) : settings_(settings) {}

	ShowState state;
	std::map<int, DancerPlayer> dancers;
	std::uint64_t rejected = 0; // messages that were no pose and no text of ours
	std::string last_rejection;

	const Skeleton& skeleton() const { return skeleton_; }
	const ServerClock& clock() const { return clock_; }
	bool connected() const { return line_ == Line::Open && greeted_; }
	/** The line is open, whether or not the server has greeted yet. */
	bool speaking() const { return line_ == Line::Open; }

	/** Whether to open a socket now; true is an order to do so, and to say `opened` or `closed` later. */
	bool wants_connection(double now_s)
	{
		if (line_ != Line::Closed || now_s < again_s_)
		{
			return false;
		}
		line_ = Line::Opening;
		return true;
	}

	void opened(double now_s)
	{
		line_ = Line::Open;
		greeted_ = asked_ = false;
		heard_s_ = now_s;
		pings_ = 0;
		ping_s_ = now_s;
	}

	/** The line is down, or an attempt failed. The figure goes on for a moment and holds. */
	void closed(double now_s)
	{
		if (line_ == Line::Closed)
		{
			return; // a socket may tell its end twice, as an error and as a close
		}
		line_ = Line::Closed;
		greeted_ = false;
		again_s_ = now_s + wait_s_;
		wait_s_ = std::min(wait_s_ * 2, kLatestS);
	}

	/** The line is open but dead: close the socket, and say `closed`. */
	bool gone_silent(double now_s) const { return line_ == Line::Open && now_s - heard_s_ > kSilenceS; }

	/** A whole message; poses begin with GC, all else is text. */
	void received(const std::uint8_t* data, std::size_t size, double now_s)
	{
		heard_s_ = now_s;
		if (size >= 2 && data[0] == 'G' && data[1] == 'C')
		{
			pose(data, size, now_s);
		}
		else
		{
			text(reinterpret_cast<const char*>(data), size, now_s);
		}
	}

	/** The texts that are to be sent now. */
	std::vector<std::string> to_say(double now_s)
	{
		std::vector<std::string> out;
		if (line_ != Line::Open)
		{
			return out;
		}
		if (!asked_)
		{
			asked_ = true;
			out.push_back("{\"type\":\"subscribe\",\"fps\":" + std::to_string(settings_.fps) + ",\"look_ahead_s\":" +
				json_number(settings_.look_ahead_s) + ",\"encoding\":\"f32\",\"joints\":" + std::to_string(settings_.joints) +
				",\"blocks\":[\"beat\"]}");
		}
		if (now_s >= ping_s_)
		{
			++pings_;
			ping_s_ = now_s + (pings_ < kFirstPings ? kFirstPingsS : kPingsS);
			out.push_back("{\"type\":\"ping\",\"t0\":" + json_number(now_s) + "}");
		}
		return out;
	}

	/** The server time whose pose is to be seen `ahead_s` from now; nothing while the server's time is unknown. */
	std::optional<double> play_s(double now_s, double ahead_s = 0)
	{
		if (!clock_.known() || (!clock_.synced() && now_s - guessed_s_ < kUnsyncedS))
		{
			return std::nullopt;
		}
		return clock_.at(now_s) + ahead_s - settings_.later_s - playout_.later_s(now_s);
	}

private:
	enum class Line
	{
		Closed,
		Opening,
		Open,
	};

	void reject(const char* why)
	{
		++rejected;
		last_rejection = why;
	}

	void pose(const std::uint8_t* data, std::size_t size, double now_s)
	{
		PoseFrame frame;
		const WireError wrong = decode_frame(data, size, frame);
		if (wrong != WireError::None)
		{
			return reject(words(wrong));
		}
		const bool known = dancers.count(frame.dancer) != 0;
		if (!known && dancers.size() >= kMostDancers)
		{
			return reject("this plugin shows 16 dancers at most, found one more");
		}
		dancers[frame.dancer].push(frame);
		if (const auto shown_s = play_s(now_s))
		{
			playout_.arrived(frame.t_present_s - *shown_s, now_s);
		}
	}

	void text(const char* data, std::size_t size, double now_s)
	{
		Json said;
		if (read_json(data, size, said) != JsonError::None || !said.is(Json::Kind::Object))
		{
			return reject("a text of the server is a JSON object, found something else");
		}
		const std::string type = said["type"].text_or("");
		if (type == "hello")
		{
			hello(said, now_s);
		}
		else if (type == "skeleton")
		{
			learn(said);
		}
		else if (type == "pong")
		{
			const double nothing = std::numeric_limits<double>::quiet_NaN();
			clock_.pong(said["t0"].number_or(nothing), said["t1"].number_or(nothing), said["t2"].number_or(nothing), now_s);
		}
		else if (type == "subscribed")
		{
			state.look_ahead_s = said["look_ahead_s"].number_or(0);
		}
		else if (type == "state")
		{
			state.tempo_bpm = said["tempo_bpm"].number_or(0);
			state.confidence = said["confidence"].number_or(0);
			state.energy = said["energy"].number_or(0);
			state.beats_per_bar = static_cast<int>(std::min(std::max(said["beats_per_bar"].number_or(4), 1.0), 255.0));
			state.dropped_here = static_cast<std::uint64_t>(std::min(std::max(said["dropped_here"].number_or(0), 0.0), 1e15));
		}
		else if (type == "notice")
		{
			state.notice = said["text"].text_or("");
		}
	}

	void hello(const Json& said, double now_s)
	{
		const std::string session = said["session"].text_or("");
		if (session != state.session)
		{
			clock_.reset(); // another server, another clock
			playout_ = Playout();
			for (auto& dancer : dancers)
			{
				dancer.second.reset();
			}
		}
		state.session = session;
		state.version = said["version"].text_or("");
		clock_.guess(said["now_s"].number_or(std::numeric_limits<double>::quiet_NaN()), now_s);
		guessed_s_ = now_s;
		greeted_ = true;
		wait_s_ = kSoonestS;
	}

	/** The server's own skeleton, if it can be one. */
	void learn(const Json& said)
	{
		Skeleton found;
		for (const Json& entry : said["joints"].items)
		{
			Joint joint;
			joint.name = entry["name"].text_or("");
			const std::string parent = entry["parent"].text_or("");
			for (std::size_t k = 0; k < found.size(); ++k)
			{
				joint.parent = found[k].name == parent ? static_cast<int>(k) : joint.parent;
			}
			const auto& axes = entry["offset_m"].items;
			if (axes.size() != 3)
			{
				return reject("a joint of a skeleton has an offset of three numbers, found others");
			}
			joint.offset_m = {axes[0].number_or(0), axes[1].number_or(0), axes[2].number_or(0)};
			found.push_back(std::move(joint));
			if (found.size() > 255)
			{
				break;
			}
		}
		if (!well_formed(found))
		{
			return reject("a skeleton's joints have names of their own and parents before them, found others");
		}
		const bool same = std::equal(found.begin(), found.end(), skeleton_.begin(), skeleton_.end(),
			[](const Joint& a, const Joint& b) { return a.name == b.name && a.parent == b.parent; });
		if (!same && ++skeletons_ > kMostSkeletons)
		{
			return reject("this plugin learns 16 skeletons at most, found one more");
		}
		skeleton_ = std::move(found);
	}

	SessionSettings settings_;
	Skeleton skeleton_ = groovecast_skeleton();
	ServerClock clock_;
	Playout playout_;
	Line line_ = Line::Closed;
	bool greeted_ = false, asked_ = false;
	double again_s_ = -std::numeric_limits<double>::infinity();
	double wait_s_ = kSoonestS, heard_s_ = 0, ping_s_ = 0, guessed_s_ = 0;
	int pings_ = 0, skeletons_ = 0;
};

} // namespace groovecast

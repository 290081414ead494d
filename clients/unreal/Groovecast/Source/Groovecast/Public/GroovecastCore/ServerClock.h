// What time the server has: four stamps a ping, the quickest of the last pings counts, and the clock shown never jumps.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <deque>

namespace groovecast
{

/** All local times are one steady clock's seconds, given by the caller; nothing here reads a clock. */
class ServerClock
{
public:
	static constexpr std::size_t kKeptPings = 16;
	static constexpr double kSlew = 0.05;	// of the time that passes: nobody sees a dance that is 5 % faster
	static constexpr double kJumpS = 0.25;	// further off, catching up slowly would take longer than a jump hurts
	static constexpr double kSlackS = 1e-3; // a way of less than nothing is a broken pong, but clocks are grainy

	/** Another server may answer: forget all of it. */
	void reset() { *this = ServerClock(); }

	/** A first guess from a message that carries the server's time; late by its way here. */
	void guess(double server_s, double local_s)
	{
		if (pings_.empty() && std::isfinite(server_s) && std::isfinite(local_s))
		{
			target_s_ = server_s - local_s;
			known_ = true;
		}
	}

	/** A ping came back: sent at t0 and received at t3 here, received at t1 and answered at t2 there. */
	void pong(double t0_s, double t1_s, double t2_s, double t3_s)
	{
		const double way_s = t3_s - t0_s - (t2_s - t1_s);
		const double offset_s = (t1_s - t0_s + (t2_s - t3_s)) / 2;
		if (!std::isfinite(way_s) || !std::isfinite(offset_s) || way_s < -kSlackS)
		{
			return;
		}
		pings_.push_back({way_s, offset_s});
		if (pings_.size() > kKeptPings)
		{
			pings_.pop_front();
		}
		const auto best = std::min_element(
			pings_.begin(), pings_.end(), [](const Ping& a, const Ping& b) { return a.way_s < b.way_s; });
		target_s_ = best->offset_s;
		known_ = true;
	}

	/** The server has said something about time. */
	bool known() const { return known_; }
	/** A ping has come back. */
	bool synced() const { return !pings_.empty(); }

	/** The server's time at a local time. Local times must not run backwards; call it only when `known`. */
	double at(double local_s)
	{
		const double off_s = target_s_ - shown_s_;
		if (!playing_ || std::fabs(off_s) > kJumpS)
		{
			shown_s_ = target_s_;
		}
		else
		{
			const double most_s = kSlew * std::max(local_s - last_s_, 0.0);
			shown_s_ += std::min(std::max(off_s, -most_s), most_s);
		}
		playing_ = playing_ || synced();
		last_s_ = local_s;
		return local_s + shown_s_;
	}

	double round_trip_s() const
	{
		double best_s = pings_.empty() ? 0 : pings_.front().way_s;
		for (const Ping& ping : pings_)
		{
			best_s = std::min(best_s, ping.way_s);
		}
		return best_s;
	}

private:
	struct Ping
	{
		double way_s, offset_s;
	};

	std::deque<Ping> pings_;
	double target_s_ = 0, shown_s_ = 0, last_s_ = 0;
	bool known_ = false, playing_ = false;
};

} // namespace groovecast

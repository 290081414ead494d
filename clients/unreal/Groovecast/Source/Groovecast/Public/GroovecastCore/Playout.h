// How much later than now the dance is shown: nothing, until a network is slower than the server looks ahead.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace groovecast
{

/**
 * The dance is planned ahead, so a pose is normally there before its moment and is shown at its moment. When for a
 * second not one pose came in time, the way is longer than the look-ahead: then all is shown later, by as much as is
 * missing. A dance that is a little late beats a figure that stands.
 */
class Playout
{
public:
	static constexpr double kWindowS = 1.0;
	static constexpr double kSpareS = 0.02;
	static constexpr double kMostS = 1.0;
	static constexpr double kSlew = 0.05; // as the clock: later is slower, and nobody sees 5 %
	static constexpr int kFewest = 10;

	/** A pose came, so long before the moment at which it is to be shown (below 0: after it). */
	void arrived(double margin_s, double now_s)
	{
		if (count_ == 0)
		{
			since_s_ = now_s;
		}
		++count_;
		best_s_ = std::max(best_s_, margin_s);
		worst_s_ = std::min(worst_s_, margin_s);
		if (now_s - since_s_ < kWindowS || count_ < kFewest)
		{
			return;
		}
		if (best_s_ < 0)
		{
			wanted_s_ = std::min(std::max(wanted_s_, later_s_) - best_s_ + kSpareS, kMostS);
		}
		else if (worst_s_ > 2 * kSpareS) // for this second it was too careful: back, half of what is to spare
		{
			wanted_s_ = std::max(wanted_s_ - (worst_s_ - kSpareS) / 2, 0.0);
		}
		count_ = 0;
		best_s_ = -std::numeric_limits<double>::infinity();
		worst_s_ = std::numeric_limits<double>::infinity();
	}

	/** By how much later to show now. */
	double later_s(double now_s)
	{
		const double most_s = kSlew * std::min(std::max(now_s - last_s_, 0.0), 1.0);
		later_s_ += std::min(std::max(wanted_s_ - later_s_, -most_s), most_s);
		last_s_ = now_s;
		return later_s_;
	}

private:
	double wanted_s_ = 0, later_s_ = 0, since_s_ = 0, last_s_ = 0;
	double best_s_ = -std::numeric_limits<double>::infinity(), worst_s_ = std::numeric_limits<double>::infinity();
	int count_ = 0;
};

} // namespace groovecast

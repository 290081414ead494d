// One dancer's jitter buffer and player: keeps the poses that came early and gives the one for now, without a jump.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#pragma once

#include "GroovecastCore/Math.h"
#include "GroovecastCore/PoseFrame.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace groovecast
{

/** A pose to show, in our space. */
struct ShownPose
{
	std::vector<Quat> local;
	Vec3 root_m;
	std::array<bool, 4> contacts{};
	std::optional<double> beat; // continuous count
	double tempo_bpm = 0, energy = 0;
	std::optional<NextBeat> next_beat;
};

struct PlayerCounters
{
	std::uint64_t received = 0;
	std::uint64_t late = 0;	   // came when their moment was over
	std::uint64_t starved = 0; // times that frames ran out for so long that the figure stood still
	std::uint64_t revised = 0; // moments planned anew that took the place of what was kept
};

class DancerPlayer
{
public:
	static constexpr double kSameTimeS = 1e-6;
	static constexpr double kExtrapolateS = 0.1; // goes on with the last speed for so long, then holds
	static constexpr double kHoleS = 0.5;		 // across a longer hole it does not blend: it holds
	static constexpr double kJumpS = 0.25;		 // the clock itself jumped
	static constexpr double kNeighboursS = 0.08; // a frame and both its neighbours, at 30 frames a second
	static constexpr double kSettlePerS = 40;	 // how fast a difference settles: 2 % are left after 150 ms
	static constexpr std::size_t kMostFrames = 512;

	PlayerCounters counters;

	/** Another stream begins: its times are others; the figure stays as it stands and blends over. */
	void reset()
	{
		frames_.clear();
		last_raw_.reset();
		held_ = true;
	}

	/** Keep a frame for its moment. */
	void push(const PoseFrame& frame)
	{
		++counters.received;
		counters.late += started_ && frame.t_present_s < last_s_ ? 1 : 0;
		Kept kept = kept_of(frame);
		const auto at = std::lower_bound(frames_.begin(), frames_.end(), frame.t_present_s - kSameTimeS,
			[](const Kept& a, double time_s) { return a.time_s < time_s; });
		if (at != frames_.end() && at->time_s <= frame.t_present_s + kSameTimeS)
		{
			if (frame.revision >= at->revision)
			{
				counters.revised += frame.revision > at->revision ? 1 : 0;
				*at = std::move(kept);
			}
			return;
		}
		if (at == frames_.begin() && started_ && !frames_.empty() && frame.t_present_s < last_s_)
		{
			return; // older than all that is needed
		}
		frames_.insert(at, std::move(kept));
		if (frames_.size() > kMostFrames)
		{
			frames_.erase(frames_.begin());
		}
	}

	/** How many frames wait for their moment. */
	std::size_t waiting() const
	{
		return static_cast<std::size_t>(std::count_if(
			frames_.begin(), frames_.end(), [this](const Kept& kept) { return kept.time_s > last_s_; }));
	}

	/** The figure stands because frames ran out. */
	bool held() const { return held_; }

	/** The pose for a server time; null before the first frame. Times run forward, but for a correction of the clock. */
	const ShownPose* sample(double time_s)
	{
		if (frames_.empty())
		{
			return started_ ? &shown_ : nullptr;
		}
		const bool jumped = started_ && std::fabs(time_s - last_s_) > kJumpS;
		const Spot spot = spot_at(time_s);
		ShownPose raw = raw_at(spot, time_s);
		if (started_ && shown_.local.size() == raw.local.size())
		{
			settle(time_s - last_s_);
			if (crossed_cut(time_s))
			{
				offsets_.clear();
			}
			else if (!last_raw_ || jumped || (held_ && !spot.held))
			{
				offset_from(raw); // nothing to compare with: from what is shown to what is to be shown
			}
			else if (const ShownPose again = raw_at(spot_at(last_s_), last_s_); differ(again, *last_raw_))
			{
				offset_from(again); // what was shown has turned out otherwise
			}
		}
		else
		{
			offsets_.clear();
		}
		counters.starved += spot.held && !held_ && started_ ? 1 : 0;
		held_ = spot.held;
		last_raw_ = raw;
		last_s_ = time_s;
		started_ = true;
		shown_ = std::move(raw);
		put_offsets_on(shown_);
		forget(time_s);
		return &shown_;
	}

private:
	struct Kept
	{
		double time_s = 0;
		std::uint8_t revision = 0;
		bool cut = false;
		ShownPose pose;
	};

	/** Between which two frames a moment lies, and how far; a share above 1 is beyond the second. */
	struct Spot
	{
		std::size_t a = 0, b = 0;
		double share = 0;
		bool held = false;
	};

	/** A difference that settles, critically damped: it takes up no speed at once and never swings over. */
	struct Offset
	{
		Vec3 by, speed;
	};

	static Kept kept_of(const PoseFrame& frame)
	{
		Kept kept;
		kept.time_s = frame.t_present_s;
		kept.revision = frame.revision;
		kept.cut = frame.cut;
		kept.pose.local.reserve(frame.joints());
		for (std::size_t k = 0; k + 3 < frame.local_quat_wxyz.size(); k += 4)
		{
			const float* q = frame.local_quat_wxyz.data() + k;
			kept.pose.local.push_back(unit({q[0], q[1], q[2], q[3]}));
		}
		kept.pose.root_m = {frame.root_m[0], frame.root_m[1], frame.root_m[2]};
		kept.pose.contacts = frame.contacts;
		kept.pose.beat = frame.beat;
		kept.pose.tempo_bpm = frame.tempo_bpm;
		kept.pose.energy = frame.energy;
		kept.pose.next_beat = next_beat(frame);
		return kept;
	}

	/**
	 * Its moment was planned anew, as those on both sides say, but that frame got lost: it is of another dance.
	 * Where one plan ends and the next begins many frames in a row differ, so one that stands alone is enough of a sign.
	 */
	bool stale(std::size_t k) const
	{
		if (k == 0 || k + 1 >= frames_.size() || frames_[k + 1].time_s - frames_[k - 1].time_s > kNeighboursS)
		{
			return false;
		}
		return frames_[k].revision < std::min(frames_[k - 1].revision, frames_[k + 1].revision);
	}

	Spot spot_at(double time_s) const
	{
		const auto after = std::upper_bound(frames_.begin(), frames_.end(), time_s,
			[](double moment_s, const Kept& kept) { return moment_s < kept.time_s; });
		if (after == frames_.begin())
		{
			return {0, 0, 0, false}; // its time is yet to come
		}
		auto b = static_cast<std::size_t>(after - frames_.begin());
		std::size_t a = b - 1;
		a -= stale(a) ? 1 : 0;
		b += b < frames_.size() && stale(b) ? 1 : 0;
		if (b < frames_.size() && frames_[b].time_s - frames_[a].time_s <= kHoleS)
		{
			// a cut is shown when it comes, and nothing leads to it
			const double share = (time_s - frames_[a].time_s) / (frames_[b].time_s - frames_[a].time_s);
			return {a, b, frames_[b].cut ? 0 : share, false};
		}
		const double beyond_s = time_s - frames_[a].time_s;
		const bool speed_known = a > 0 && !frames_[a].cut && frames_[a].time_s - frames_[a - 1].time_s <= kExtrapolateS;
		const std::size_t before = speed_known ? a - 1 : a;
		const double step_s = frames_[a].time_s - frames_[before].time_s;
		const double share = speed_known ? 1 + std::min(beyond_s, kExtrapolateS) / step_s : 1;
		return {before, a, share, beyond_s > kExtrapolateS};
	}

	ShownPose raw_at(const Spot& spot, double time_s) const
	{
		const Kept &a = frames_[spot.a], &b = frames_[spot.b];
		const Kept& nearest = spot.share < 1 ? a : b;
		ShownPose pose = nearest.pose;
		if (spot.a != spot.b && spot.share != 0 && a.pose.local.size() == b.pose.local.size())
		{
			for (std::size_t k = 0; k < pose.local.size(); ++k)
			{
				pose.local[k] = slerp(a.pose.local[k], b.pose.local[k], spot.share);
			}
			pose.root_m = a.pose.root_m + (b.pose.root_m - a.pose.root_m) * spot.share;
			pose.energy = a.pose.energy + (b.pose.energy - a.pose.energy) * std::min(spot.share, 1.0);
		}
		if (pose.beat && !spot.held)
		{
			*pose.beat += std::max(time_s - nearest.time_s, 0.0) * pose.tempo_bpm / 60;
		}
		return pose;
	}

	/** A cut became due since the last sample: the jump is meant. */
	bool crossed_cut(double time_s) const
	{
		return std::any_of(frames_.begin(), frames_.end(),
			[&](const Kept& kept) { return kept.cut && kept.time_s > last_s_ && kept.time_s <= time_s; });
	}

	static bool differ(const ShownPose& a, const ShownPose& b)
	{
		bool apart = length(a.root_m - b.root_m) > 1e-9 || a.local.size() != b.local.size();
		for (std::size_t k = 0; !apart && k < a.local.size(); ++k)
		{
			apart = std::fabs(dot(a.local[k], b.local[k])) < 1 - 1e-12;
		}
		return apart;
	}

	/** From now on the difference between what is shown and what should be settles. Index 0 is the root's place. */
	void offset_from(const ShownPose& raw)
	{
		if (raw.local.size() != shown_.local.size())
		{
			return offsets_.clear();
		}
		offsets_.resize(raw.local.size() + 1);
		offsets_[0].by = shown_.root_m - raw.root_m;
		for (std::size_t k = 0; k < raw.local.size(); ++k)
		{
			offsets_[k + 1].by = rotation_vector(shown_.local[k] * conjugate(raw.local[k]));
		}
	}

	void settle(double passed_s)
	{
		const double step_s = std::min(std::max(passed_s, 0.0), 1.0);
		const double left = std::exp(-kSettlePerS * step_s);
		bool any = false;
		for (Offset& offset : offsets_)
		{
			const Vec3 pull = (offset.speed + offset.by * kSettlePerS) * step_s;
			offset.by = (offset.by + pull) * left;
			offset.speed = (offset.speed - pull * kSettlePerS) * left;
			any = any || length(offset.by) > 1e-7;
		}
		if (!any)
		{
			offsets_.clear();
		}
	}

	void put_offsets_on(ShownPose& pose) const
	{
		if (offsets_.size() != pose.local.size() + 1)
		{
			return;
		}
		pose.root_m = pose.root_m + offsets_[0].by;
		for (std::size_t k = 0; k < pose.local.size(); ++k)
		{
			pose.local[k] = from_rotation_vector(offsets_[k + 1].by) * pose.local[k];
		}
	}

	/** Keep what the next sample needs: two frames before it for the speed, one more that a stale one may need. */
	void forget(double time_s)
	{
		std::size_t past = 0;
		while (past + 1 < frames_.size() && frames_[past + 1].time_s <= time_s)
		{
			++past;
		}
		if (past > 3)
		{
			frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(past - 3));
		}
	}

	std::vector<Kept> frames_; // by time
	std::optional<ShownPose> last_raw_;
	std::vector<Offset> offsets_;
	ShownPose shown_;
	double last_s_ = -std::numeric_limits<double>::infinity();
	bool started_ = false, held_ = false;
};

} // namespace groovecast

// What Live Link gets of a dancer: bones in Unreal's space, curves for the beat, and the moments at which they are pushed.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#pragma once

#include "GroovecastCore/DancerPlayer.h"
#include "GroovecastCore/Skeleton.h"
#include "GroovecastCore/Space.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace groovecast
{

/** One bone's local transform in Unreal's space. */
struct UnrealBone
{
	Quat rotation;
	Vec3 place_cm;
};

/** All bones of the skeleton; joints that a frame does not carry (fingers, when 22 were asked for) stand as in the T-pose. */
inline std::vector<UnrealBone> unreal_bones(const Skeleton& skeleton, const ShownPose& pose)
{
	std::vector<UnrealBone> bones(skeleton.size());
	for (std::size_t k = 0; k < bones.size(); ++k)
	{
		bones[k].rotation = k < pose.local.size() ? unreal_rotation(pose.local[k]) : Quat();
		bones[k].place_cm = unreal_place_cm(k == 0 ? pose.root_m : skeleton[k].offset_m);
	}
	return bones;
}

constexpr std::size_t kCurves = 10;

/** The curves, in the order of `curve_values`. */
inline const std::array<const char*, kCurves>& curve_names()
{
	static const std::array<const char*, kCurves> names{"groovecast_beat_known", "groovecast_beat",
		"groovecast_beat_wave", "groovecast_tempo_bpm", "groovecast_energy", "groovecast_seconds_to_beat",
		"groovecast_left_heel", "groovecast_left_toes", "groovecast_right_heel", "groovecast_right_toes"};
	return names;
}

/**
 * Live Link blends curves in a straight line. A phase that runs from 0 to 1 and falls back would be blended through all
 * that lies between, so the beat goes out as what survives that: the continuous count, and a wave that is 1 on each beat
 * and 0 half-way between.
 */
inline std::array<float, kCurves> curve_values(const ShownPose& pose, double shown_s)
{
	const double turn = 6.283185307179586 * pose.beat.value_or(0);
	const double to_beat_s = pose.next_beat ? std::max(pose.next_beat->next_beat_s - shown_s, 0.0) : 0;
	const auto narrow = [](double value) { return static_cast<float>(std::min(std::max(value, -1e9), 1e9)); };
	std::array<float, kCurves> values{};
	values[0] = pose.beat ? 1.0f : 0.0f;
	values[1] = narrow(pose.beat.value_or(0));
	values[2] = pose.beat ? static_cast<float>(0.5 + 0.5 * std::cos(turn)) : 0.0f;
	values[3] = narrow(pose.tempo_bpm);
	values[4] = narrow(pose.energy);
	values[5] = narrow(to_beat_s);
	for (std::size_t k = 0; k < 4; ++k)
	{
		values[6 + k] = pose.contacts[k] ? 1.0f : 0.0f;
	}
	for (float& value : values) // a server may say 1e300, and what is no number would stay in materials and lights
	{
		value = std::isfinite(value) ? value : 0.0f;
	}
	return values;
}

/**
 * The moments at which poses are pushed: sixty a second on the engine's clock, whatever the engine's own rate.
 *
 * Live Link (5.1 and newer) reads a subject one and a half intervals of its frames behind the newest, and takes away
 * again what the frames' times are ahead of their arrival. Frames pushed once a tick would let that delay move with every
 * slow tick; on an even grid it is steady. `kLeadS` is that delay and the half interval by which a frame waits for its
 * tick, so a pose is seen when it is due. Older engines, which have no such delay, are right too: they read by the time.
 */
class PushGrid
{
public:
	static constexpr double kPerS = 60;
	static constexpr double kLeadS = 2 / kPerS;
	static constexpr std::int64_t kMost = 8; // after a hitch the oldest are left out

	/** The engine times to push for now, the oldest first. */
	std::vector<double> due(double now_s)
	{
		std::vector<double> times;
		const auto newest = static_cast<std::int64_t>(std::floor((now_s + kLeadS) * kPerS));
		if (!started_ || newest - pushed_ > kMost || newest < pushed_ - kMost)
		{
			pushed_ = newest - (started_ ? kMost : 1);
			started_ = true;
		}
		while (pushed_ < newest)
		{
			times.push_back(static_cast<double>(++pushed_) / kPerS);
		}
		return times;
	}

private:
	std::int64_t pushed_ = 0;
	bool started_ = false;
};

} // namespace groovecast

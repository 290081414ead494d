// A made-up dance and how fast its joints are, for the tests of clock, buffer and conversation.
#pragma once

#include "check.h"

#include "GroovecastCore/DancerPlayer.h"
#include "GroovecastCore/Skeleton.h"

#include <algorithm>

using namespace groovecast;

constexpr double kFrameS = 1.0 / 60;

/** A made-up dance: every joint swings, the hips walk a circle. `which` picks another dance. */
inline PoseFrame danced(double time_s, int which = 0)
{
	PoseFrame frame;
	frame.t_present_s = time_s;
	frame.t_capture_s = time_s - 0.3;
	frame.beat = time_s * 2;
	frame.tempo_bpm = 120;
	frame.energy = 0.5f;
	frame.root_m = {static_cast<float>(0.3 * std::sin(time_s + which)), static_cast<float>(0.95 + 0.04 * std::sin(9 * time_s)),
		static_cast<float>(0.3 * std::cos(time_s + which))};
	for (int joint = 0; joint < 52; ++joint)
	{
		const double angle = 0.25 * std::sin(time_s * (2 + joint % 5) + joint + which);
		const Quat q = from_rotation_vector({angle, angle * (joint % 3 - 1), angle * (joint % 2)});
		for (const double part : {q.w, q.x, q.y, q.z})
		{
			frame.local_quat_wxyz.push_back(static_cast<float>(part));
		}
	}
	return frame;
}

/** Where that dance has its hips. */
inline Vec3 danced_root(double time_s, int which = 0)
{
	const PoseFrame frame = danced(time_s, which);
	return {frame.root_m[0], frame.root_m[1], frame.root_m[2]};
}

inline std::vector<Vec3> places(const ShownPose& pose)
{
	std::vector<int> parents;
	std::vector<Vec3> offsets;
	for (const Joint& joint : groovecast_skeleton())
	{
		parents.push_back(joint.parent);
		offsets.push_back(joint.offset_m);
	}
	return joint_places(parents, offsets, pose.root_m, pose.local);
}

/** The fastest joint between two poses. */
inline double speed_m_s(const ShownPose& before, const ShownPose& after, double passed_s)
{
	const auto a = places(before), b = places(after);
	double fastest = 0;
	for (std::size_t k = 0; k < a.size(); ++k)
	{
		fastest = std::max(fastest, length(b[k] - a[k]) / passed_s);
	}
	return fastest;
}

inline double source_p999_m_s()
{
	std::vector<double> speeds;
	for (double t = 100; t < 130; t += kFrameS)
	{
		DancerPlayer player;
		player.push(danced(t));
		player.push(danced(t + kFrameS));
		const ShownPose before = *player.sample(t);
		speeds.push_back(speed_m_s(before, *player.sample(t + kFrameS), kFrameS));
	}
	std::sort(speeds.begin(), speeds.end());
	return speeds[speeds.size() * 999 / 1000];
}

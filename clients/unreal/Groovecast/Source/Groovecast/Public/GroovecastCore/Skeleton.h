// The figure that Groovecast sends: 52 joints named as in VRM, their parents and rest places, and where a pose puts them.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#pragma once

#include "GroovecastCore/Math.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace groovecast
{

struct Joint
{
	std::string name;
	int parent = -1; // an index before this one; -1: the hips
	Vec3 offset_m;	 // from the parent, in the T-pose, in our space
};

using Skeleton = std::vector<Joint>;

/** Unreal makes a name table of names, for good, and refuses those over 1023 letters by ending the program. */
constexpr std::size_t kLongestName = 64;

/** Unreal's names know no case, and a packaged game writes each as whoever came first wrote it: "head" may be "Head". */
inline bool same_name(const std::string& a, const std::string& b)
{
	const auto lower = [](char sign) { return sign >= 'A' && sign <= 'Z' ? static_cast<char>(sign + ('a' - 'A')) : sign; };
	return std::equal(
		a.begin(), a.end(), b.begin(), b.end(), [lower](char one, char other) { return lower(one) == lower(other); });
}

/** What protocol/skeleton.json says (a test compares them); a server may send another one. */
inline const Skeleton& groovecast_skeleton()
{
	static const Skeleton joints{
		{"hips", -1, {0.0, 0.96, 0.0}},
		{"leftUpperLeg", 0, {0.09, -0.06, 0.0}},
		{"rightUpperLeg", 0, {-0.09, -0.06, 0.0}},
		{"spine", 0, {0.0, 0.1, 0.0}},
		{"leftLowerLeg", 1, {0.0, -0.41, 0.0}},
		{"rightLowerLeg", 2, {0.0, -0.41, 0.0}},
		{"chest", 3, {0.0, 0.12, 0.0}},
		{"leftFoot", 4, {0.0, -0.41, 0.0}},
		{"rightFoot", 5, {0.0, -0.41, 0.0}},
		{"upperChest", 6, {0.0, 0.12, 0.0}},
		{"leftToes", 7, {0.0, -0.06, 0.125}},
		{"rightToes", 8, {0.0, -0.06, 0.125}},
		{"neck", 9, {0.0, 0.17, 0.0}},
		{"leftShoulder", 9, {0.03, 0.12, 0.0}},
		{"rightShoulder", 9, {-0.03, 0.12, 0.0}},
		{"head", 12, {0.0, 0.09, 0.01}},
		{"leftUpperArm", 13, {0.14, 0.0, 0.0}},
		{"rightUpperArm", 14, {-0.14, 0.0, 0.0}},
		{"leftLowerArm", 16, {0.27, 0.0, 0.0}},
		{"rightLowerArm", 17, {-0.27, 0.0, 0.0}},
		{"leftHand", 18, {0.25, 0.0, 0.0}},
		{"rightHand", 19, {-0.25, 0.0, 0.0}},
		{"leftThumbMetacarpal", 20, {0.03, -0.012, 0.028}},
		{"leftThumbProximal", 22, {0.035, -0.006, 0.022}},
		{"leftThumbDistal", 23, {0.028, -0.002, 0.016}},
		{"leftIndexProximal", 20, {0.092, 0.0, 0.026}},
		{"leftIndexIntermediate", 25, {0.042, 0.0, 0.002}},
		{"leftIndexDistal", 26, {0.025, 0.0, 0.001}},
		{"leftMiddleProximal", 20, {0.094, 0.002, 0.004}},
		{"leftMiddleIntermediate", 28, {0.046, 0.0, 0.0}},
		{"leftMiddleDistal", 29, {0.028, 0.0, 0.0}},
		{"leftRingProximal", 20, {0.09, 0.0, -0.017}},
		{"leftRingIntermediate", 31, {0.042, 0.0, -0.002}},
		{"leftRingDistal", 32, {0.026, 0.0, -0.001}},
		{"leftLittleProximal", 20, {0.082, -0.004, -0.036}},
		{"leftLittleIntermediate", 34, {0.032, 0.0, -0.004}},
		{"leftLittleDistal", 35, {0.02, 0.0, -0.002}},
		{"rightThumbMetacarpal", 21, {-0.03, -0.012, 0.028}},
		{"rightThumbProximal", 37, {-0.035, -0.006, 0.022}},
		{"rightThumbDistal", 38, {-0.028, -0.002, 0.016}},
		{"rightIndexProximal", 21, {-0.092, 0.0, 0.026}},
		{"rightIndexIntermediate", 40, {-0.042, 0.0, 0.002}},
		{"rightIndexDistal", 41, {-0.025, 0.0, 0.001}},
		{"rightMiddleProximal", 21, {-0.094, 0.002, 0.004}},
		{"rightMiddleIntermediate", 43, {-0.046, 0.0, 0.0}},
		{"rightMiddleDistal", 44, {-0.028, 0.0, 0.0}},
		{"rightRingProximal", 21, {-0.09, 0.0, -0.017}},
		{"rightRingIntermediate", 46, {-0.042, 0.0, -0.002}},
		{"rightRingDistal", 47, {-0.026, 0.0, -0.001}},
		{"rightLittleProximal", 21, {-0.082, -0.004, -0.036}},
		{"rightLittleIntermediate", 49, {-0.032, 0.0, -0.004}},
		{"rightLittleDistal", 50, {-0.02, 0.0, -0.002}},
	};
	return joints;
}

/** Whether each joint has a name of its own and its parent before it, and only the first has none. */
inline bool well_formed(const Skeleton& skeleton)
{
	for (std::size_t k = 0; k < skeleton.size(); ++k)
	{
		const Joint& joint = skeleton[k];
		const bool rooted = k == 0 ? joint.parent == -1 : joint.parent >= 0 && joint.parent < static_cast<int>(k);
		if (joint.name.empty() || joint.name.size() > kLongestName || !rooted || !std::isfinite(length(joint.offset_m)))
		{
			return false;
		}
		for (std::size_t before = 0; before < k; ++before)
		{
			if (same_name(skeleton[before].name, joint.name))
			{
				return false;
			}
		}
	}
	return !skeleton.empty() && skeleton.size() <= 255;
}

/** Where the joints are: the first at `root`, each other at its offset from its parent, in whatever space they are given. */
inline std::vector<Vec3> joint_places(
	const std::vector<int>& parents, const std::vector<Vec3>& offsets, const Vec3& root, const std::vector<Quat>& local)
{
	const std::size_t count = std::min(local.size(), parents.size());
	std::vector<Vec3> places(count);
	std::vector<Quat> turned(count);
	for (std::size_t k = 0; k < count; ++k)
	{
		if (parents[k] < 0)
		{
			places[k] = root;
			turned[k] = local[k];
			continue;
		}
		const auto parent = static_cast<std::size_t>(parents[k]);
		places[k] = places[parent] + rotate(turned[parent], offsets[k]);
		turned[k] = turned[parent] * local[k];
	}
	return places;
}

} // namespace groovecast

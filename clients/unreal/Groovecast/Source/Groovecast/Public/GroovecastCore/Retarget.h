// Puts our dance on a character of another build: other bone axes, other rest pose (A instead of T), other size.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
//
// A joint of ours turns by what it differs from the T-pose, about axes that lie as the world's. So a bone of theirs, that
// lies as it likes in their reference pose, is turned by our joint's rotation in the world:
//     theirs in the world = ours in the world * their T-pose in the world
// and their T-pose is their reference pose with arms and legs turned along ours. The bones between, which we do not have
// (twists, metacarpals, more of a spine), keep their place beside their parent.
#pragma once

#include "GroovecastCore/BoneMap.h"
#include "GroovecastCore/Math.h"
#include "GroovecastCore/Skeleton.h"
#include "GroovecastCore/Subject.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace groovecast
{

/** A bone of the character, in Unreal's space; parents stand before their children. */
struct TargetBone
{
	std::string name;
	int parent = -1;
	UnrealBone rest; // local, in the reference pose
	double scale = 1; // of it and of all below it: importers put metres or centimetres there
};

class Retarget
{
public:
	/** Prepares for one character. `yaw_rad` turns the dance for one that does not face +Y in its own space. */
	Retarget(const Skeleton& ours, const std::vector<TargetBone>& target, const BoneMap& map, double yaw_rad = 0)
		: target_(target), joint_of_(target.size(), -1), t_pose_(target.size())
	{
		facing_ = from_rotation_vector({0, 0, yaw_rad});
		for (const Joint& joint : ours)
		{
			parents_.push_back(joint.parent);
			offsets_cm_.push_back(unreal_place_cm(joint.offset_m));
		}
		std::vector<int> bone_of(ours.size(), -1);
		for (std::size_t j = 0; j < ours.size(); ++j)
		{
			const MappedBone* mapped = map.of(ours[j].name);
			for (std::size_t b = 0; mapped != nullptr && b < target.size(); ++b)
			{
				if (same_name(target[b].name, mapped->theirs))
				{
					joint_of_[b] = static_cast<int>(j);
					bone_of[j] = static_cast<int>(b);
				}
			}
		}
		hips_ = ours.empty() ? -1 : bone_of[0];
		for (const TargetBone& bone : target)
		{
			const double above = bone.parent < 0 ? 1 : below_[static_cast<std::size_t>(bone.parent)];
			below_.push_back(bone.scale > 1e-6 ? above * bone.scale : above);
		}
		std::vector<std::optional<Quat>> turns(target.size());
		for (std::size_t b = 0; b < target.size(); ++b)
		{
			const int j = joint_of_[b];
			const MappedBone* mapped = j < 0 ? nullptr : map.of(ours[static_cast<std::size_t>(j)].name);
			if (mapped != nullptr && mapped->rest == MappedBone::Rest::Straightened)
			{
				turns[b] = straightening(ours, bone_of, b, static_cast<std::size_t>(j));
			}
			else if (mapped != nullptr && mapped->rest == MappedBone::Rest::AsItStands)
			{
				turns[b] = Quat();
			}
		}
		stand_in_t_pose(turns);
		touched_.assign(target.size(), false);
		for (std::size_t b = target.size(); b-- > 0;)
		{
			touched_[b] = touched_[b] || joint_of_[b] >= 0;
			if (touched_[b] && target[b].parent >= 0)
			{
				touched_[static_cast<std::size_t>(target[b].parent)] = true;
			}
		}
	}

	/** How many of our joints found a bone. */
	std::size_t mapped() const
	{
		return static_cast<std::size_t>(std::count_if(joint_of_.begin(), joint_of_.end(), [](int joint) { return joint >= 0; }));
	}

	/** Whether the bone was found that carries all others. */
	bool has_hips() const { return hips_ >= 0; }

	/** Whether a pose moves that bone: it is mapped, or stands above one that is. The others are nobody's business here. */
	bool touches(std::size_t bone) const { return touched_[bone]; }

	/** Their local transforms for our bones' local transforms (as `unreal_bones` gives them, in the skeleton's order). */
	std::vector<UnrealBone> pose(const std::vector<UnrealBone>& ours) const
	{
		std::vector<Quat> world(ours.size());
		for (std::size_t j = 0; j < ours.size() && j < parents_.size(); ++j)
		{
			world[j] = parents_[j] < 0 ? ours[j].rotation : world[static_cast<std::size_t>(parents_[j])] * ours[j].rotation;
		}
		std::vector<UnrealBone> out(target_.size());
		std::vector<Quat> turned(target_.size());
		std::vector<Vec3> placed(target_.size());
		for (std::size_t b = 0; b < target_.size(); ++b)
		{
			const TargetBone& bone = target_[b];
			const bool rooted = bone.parent < 0;
			const auto parent = static_cast<std::size_t>(rooted ? 0 : bone.parent);
			const Quat before = rooted ? Quat() : turned[parent];
			const Vec3 from = rooted ? Vec3() : placed[parent];
			const double above = rooted ? 1 : below_[parent];
			out[b] = bone.rest;
			turned[b] = before * bone.rest.rotation;
			if (joint_of_[b] >= 0 && static_cast<std::size_t>(joint_of_[b]) < world.size())
			{
				const Quat dance = facing_ * world[static_cast<std::size_t>(joint_of_[b])] * conjugate(facing_);
				turned[b] = unit(dance * t_pose_[b]);
				out[b].rotation = unit(conjugate(before) * turned[b]);
			}
			if (static_cast<int>(b) == hips_ && !ours.empty())
			{
				out[b].place_cm = rotate(conjugate(before), rotate(facing_, ours[0].place_cm) * scale_ - from) * (1 / above);
			}
			placed[b] = from + rotate(before, out[b].place_cm * above);
		}
		return out;
	}

private:
	/** What takes a bone from its reference direction to ours in the T-pose: from the bone to its mapped child. */
	Quat straightening(const Skeleton& ours, const std::vector<int>& bone_of, std::size_t bone, std::size_t joint) const
	{
		for (std::size_t child = 0; child < ours.size(); ++child)
		{
			if (ours[child].parent == static_cast<int>(joint) && bone_of[child] >= 0)
			{
				const Vec3 theirs = rest_place(static_cast<std::size_t>(bone_of[child])) - rest_place(bone);
				return least_turn(theirs, rotate(facing_, offsets_cm_[child]));
			}
		}
		return {};
	}

	Vec3 rest_place(std::size_t bone) const
	{
		Vec3 place = target_[bone].rest.place_cm;
		for (int up = target_[bone].parent; up >= 0; up = target_[static_cast<std::size_t>(up)].parent)
		{
			const TargetBone& above = target_[static_cast<std::size_t>(up)];
			place = above.rest.place_cm + rotate(above.rest.rotation, place * (above.scale > 1e-6 ? above.scale : 1));
		}
		return place;
	}

	/** Each bone in the world of the reference pose, turned by its own turn or that of the nearest one above it. */
	void stand_in_t_pose(const std::vector<std::optional<Quat>>& turns)
	{
		std::vector<Quat> rest(target_.size()), turn(target_.size());
		for (std::size_t b = 0; b < target_.size(); ++b)
		{
			const int parent = target_[b].parent;
			const auto up = static_cast<std::size_t>(parent < 0 ? 0 : parent);
			rest[b] = parent < 0 ? target_[b].rest.rotation : rest[up] * target_[b].rest.rotation;
			turn[b] = turns[b] ? *turns[b] : parent < 0 ? Quat() : turn[up];
			t_pose_[b] = unit(turn[b] * rest[b]);
		}
		const double height_cm = hips_ < 0 ? 0 : rest_place(static_cast<std::size_t>(hips_)).z;
		const double ours_cm = offsets_cm_.empty() ? 0 : offsets_cm_[0].z;
		scale_ = height_cm > 1 && ours_cm > 1 ? height_cm / ours_cm : 1;
	}

	std::vector<TargetBone> target_;
	std::vector<int> parents_, joint_of_;
	std::vector<Vec3> offsets_cm_;
	std::vector<Quat> t_pose_;
	std::vector<bool> touched_;
	Quat facing_;
	std::vector<double> below_; // how large a centimetre of each bone's children is
	double scale_ = 1;
	int hips_ = -1;
};

} // namespace groovecast

// Which bone of a character is which joint of ours: a bone map, read from one of the JSON files in Resources/BoneMaps.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#pragma once

#include "GroovecastCore/Json.h"
#include "GroovecastCore/Skeleton.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace groovecast
{

struct MappedBone
{
	/** What becomes of it when the character's reference pose is made into our T-pose. */
	enum class Rest
	{
		WithParent,
		Straightened, // turned along ours: arms, legs, fingers
		AsItStands,	  // however its parent is turned: feet stay flat
	};

	std::string ours, theirs;
	Rest rest = Rest::WithParent;
};

struct BoneMap
{
	std::string skeleton; // whose bones these are
	std::vector<MappedBone> bones;

	const MappedBone* of(const std::string& ours) const
	{
		for (const MappedBone& bone : bones)
		{
			if (same_name(bone.ours, ours))
			{
				return &bone;
			}
		}
		return nullptr;
	}
};

/** The map of a file's text; false, with the reason in `why`, when it is none. */
inline bool read_bone_map(const std::string& text, BoneMap& out, std::string& why)
{
	Json file;
	out = BoneMap();
	if (read_json(text.data(), text.size(), file) != JsonError::None || !file["bones"].is(Json::Kind::Object))
	{
		why = "a bone map is a JSON object with an object 'bones', found something else";
		return false;
	}
	out.skeleton = file["skeleton"].text_or("");
	const Json& bones = file["bones"];
	for (std::size_t k = 0; k < bones.names.size(); ++k)
	{
		const std::string theirs = bones.items[k].text_or("");
		if (theirs.empty() || out.of(bones.names[k]) != nullptr)
		{
			why = "a bone map names one bone for each joint, found none or two for " + bones.names[k];
			return false;
		}
		for (const MappedBone& bone : out.bones)
		{
			if (same_name(bone.theirs, theirs))
			{
				why = "a bone map gives each bone to one joint, found two for " + theirs;
				return false;
			}
		}
		out.bones.push_back({bones.names[k], theirs, MappedBone::Rest::WithParent});
	}
	for (const bool straight : {true, false})
	{
		for (const Json& name : file[straight ? "straightened" : "as_they_stand"].items)
		{
			const auto bone = std::find_if(
				out.bones.begin(), out.bones.end(), [&](const MappedBone& b) { return b.ours == name.text; });
			if (bone == out.bones.end())
			{
				why = "a bone map says how bones stand that it maps, found " + name.text;
				return false;
			}
			bone->rest = straight ? MappedBone::Rest::Straightened : MappedBone::Rest::AsItStands;
		}
	}
	if (out.of("hips") == nullptr)
	{
		why = "a bone map maps the hips, found no bone for them";
		return false;
	}
	return true;
}

} // namespace groovecast

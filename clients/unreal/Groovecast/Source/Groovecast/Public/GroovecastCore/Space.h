// From Groovecast's space into Unreal's: axes, handedness and units, in this one place.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
//
// Ours: right-handed, Y up, the figure faces +Z, its left is +X, metres. Unreal's: left-handed, Z up, centimetres; a
// mannequin faces +Y and its left is +X. So height (y) and forward (z) change places: p' = 100 (x, z, y). That exchange
// is a mirror, and a mirror turns every rotation round: the axis moves with the mirror, and the angle changes its sign:
// q' = (w, -x, -z, -y).
//
// Worked example. The figure turns by 90 degrees about our up axis (+Y): what faced +Z then faces +X, its left.
// q = (w 0.7071, y 0.7071). Over there q' = (w 0.7071, z -0.7071): about +Z by -90 degrees. That takes +Y (ahead) to
// +X, which is the mannequin's left there too. The tests do this with numbers.
#pragma once

#include "GroovecastCore/Math.h"

namespace groovecast
{

constexpr double kCmOfMetre = 100;

inline Vec3 unreal_place_cm(const Vec3& place_m)
{
	return {place_m.x * kCmOfMetre, place_m.z * kCmOfMetre, place_m.y * kCmOfMetre};
}

inline Quat unreal_rotation(const Quat& q) { return {q.w, -q.x, -q.z, -q.y}; }

} // namespace groovecast

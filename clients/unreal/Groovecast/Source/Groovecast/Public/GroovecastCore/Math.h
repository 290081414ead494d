// Vectors and rotations of the engine-free core: just what a pose needs, in doubles.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#pragma once

#include <algorithm>
#include <cmath>

namespace groovecast
{

struct Vec3
{
	double x = 0, y = 0, z = 0;
};

/** A rotation; w x y z as on the wire. */
struct Quat
{
	double w = 1, x = 0, y = 0, z = 0;
};

inline Vec3 operator+(const Vec3& a, const Vec3& b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
inline Vec3 operator-(const Vec3& a, const Vec3& b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
inline Vec3 operator*(const Vec3& a, double times) { return {a.x * times, a.y * times, a.z * times}; }
inline double dot(const Vec3& a, const Vec3& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline double length(const Vec3& a) { return std::sqrt(dot(a, a)); }

inline Vec3 cross(const Vec3& a, const Vec3& b)
{
	return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

inline double dot(const Quat& a, const Quat& b) { return a.w * b.w + a.x * b.x + a.y * b.y + a.z * b.z; }

/** First b, then a, as in Unreal's FQuat. */
inline Quat operator*(const Quat& a, const Quat& b)
{
	return {a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z, a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
		a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x, a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w};
}

inline Quat conjugate(const Quat& q) { return {q.w, -q.x, -q.y, -q.z}; }

/** The unit quaternion; one of length 0 is identity, as the protocol says. */
inline Quat unit(const Quat& q)
{
	// the largest part first: squares of very small or large floats would not fit
	const double largest =
		std::max(std::max(std::fabs(q.w), std::fabs(q.x)), std::max(std::fabs(q.y), std::fabs(q.z)));
	if (!(largest > 0))
	{
		return {};
	}
	const Quat s{q.w / largest, q.x / largest, q.y / largest, q.z / largest};
	const double size = std::sqrt(dot(s, s));
	return {s.w / size, s.x / size, s.y / size, s.z / size};
}

inline Vec3 rotate(const Quat& q, const Vec3& v)
{
	const Vec3 axis{q.x, q.y, q.z};
	const Vec3 twice = cross(axis, v) * 2;
	return v + twice * q.w + cross(axis, twice);
}

/** Between two unit quaternions on the short way; a share above 1 turns on. */
inline Quat slerp(const Quat& a, const Quat& b, double share)
{
	const double sign = dot(a, b) < 0 ? -1 : 1;
	const double cosine = std::min(dot(a, b) * sign, 1.0);
	double of_a = 1 - share, of_b = share;
	if (cosine < 0.9995) // nearer, the straight way is as good and divides by nothing small
	{
		const double angle = std::acos(cosine), sine = std::sin(angle);
		of_a = std::sin((1 - share) * angle) / sine;
		of_b = std::sin(share * angle) / sine;
	}
	of_b *= sign;
	return unit({a.w * of_a + b.w * of_b, a.x * of_a + b.x * of_b, a.y * of_a + b.y * of_b, a.z * of_a + b.z * of_b});
}

/** The rotation vector of a unit quaternion: axis times angle, at most half a turn. */
inline Vec3 rotation_vector(const Quat& q)
{
	const double sign = q.w < 0 ? -1 : 1;
	const Vec3 axis{q.x * sign, q.y * sign, q.z * sign};
	const double sine = length(axis);
	if (sine < 1e-12)
	{
		return axis * 2;
	}
	return axis * (2 * std::atan2(sine, q.w * sign) / sine);
}

inline Quat from_rotation_vector(const Vec3& turn)
{
	const double angle = length(turn);
	if (angle < 1e-12)
	{
		return unit({1, turn.x / 2, turn.y / 2, turn.z / 2});
	}
	const double sine = std::sin(angle / 2) / angle;
	return {std::cos(angle / 2), turn.x * sine, turn.y * sine, turn.z * sine};
}

/** The least rotation that takes one direction to the other; directions of no length give identity. */
inline Quat least_turn(const Vec3& from, const Vec3& to)
{
	const double size = length(from) * length(to);
	if (!(size > 1e-12))
	{
		return {};
	}
	const double cosine = dot(from, to) / size;
	if (cosine < -1 + 1e-9) // opposite: half a turn about anything across
	{
		const Vec3 across = std::fabs(from.x) < 0.9 * length(from) ? cross(from, {1, 0, 0}) : cross(from, {0, 1, 0});
		const double across_m = length(across);
		return {0, across.x / across_m, across.y / across_m, across.z / across_m};
	}
	const Vec3 axis = cross(from, to) * (1 / size);
	return unit({1 + cosine, axis.x, axis.y, axis.z});
}

} // namespace groovecast

// The binary pose frame, read and written: bytes in, values out, and a named error for bytes that are no frame.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
// The layout is protocol/PROTOCOL.md, "Pose frame". Nothing here throws, keeps a pointer or knows a socket.
#pragma once

#include "GroovecastCore/Blocks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace groovecast
{

constexpr std::size_t kHeaderBytes = 56;
constexpr std::uint8_t kFlagCut = 1 << 4, kFlagI16 = 1 << 5, kFlagBeat = 1 << 6;
constexpr double kI16One = 32767;

/** One pose as it travels, in our space. */
struct PoseFrame
{
	std::uint32_t seq = 0;
	std::uint8_t revision = 0, dancer = 0;
	double t_capture_s = 0, t_present_s = 0;
	std::optional<double> beat;
	float tempo_bpm = 0, energy = 0;
	std::array<float, 3> root_m{};
	std::vector<float> local_quat_wxyz; // four numbers a joint
	std::array<bool, 4> contacts{};		// left heel, left toes, right heel, right toes are on the floor
	bool cut = false, i16 = false;
	std::vector<Block> blocks;

	std::size_t joints() const { return local_quat_wxyz.size() / 4; }
};

/** What its first beat block says; nothing without one. */
inline std::optional<NextBeat> next_beat(const PoseFrame& frame)
{
	for (const Block& block : frame.blocks)
	{
		if (block.type == kBeatBlock && block.content.size() == kBeatBytes)
		{
			return read_beat(block.content.data());
		}
	}
	return std::nullopt;
}

/** What its first contacts block says; nothing without one. */
inline std::optional<ContactPlaces> contact_places_m(const PoseFrame& frame)
{
	for (const Block& block : frame.blocks)
	{
		if (block.type == kContactsBlock && block.content.size() == kContactsBytes)
		{
			return read_contacts(block.content.data());
		}
	}
	return std::nullopt;
}

/** Whether every number of a frame can be sent and shown. */
inline bool finite(const PoseFrame& frame)
{
	bool ok = std::isfinite(frame.t_capture_s) && std::isfinite(frame.t_present_s) && std::isfinite(frame.tempo_bpm) &&
		std::isfinite(frame.energy) && std::isfinite(frame.beat.value_or(0));
	for (const float axis : frame.root_m)
	{
		ok = ok && std::isfinite(axis);
	}
	for (const float part : frame.local_quat_wxyz)
	{
		ok = ok && std::isfinite(part);
	}
	return ok;
}

/** The frame of a message. Any bytes give a frame or a named error; on an error `out` means nothing. */
inline WireError decode_frame(const std::uint8_t* data, std::size_t size, PoseFrame& out)
{
	if (size < kHeaderBytes)
	{
		return WireError::ShorterThanHeader;
	}
	if (data[0] != 'G' || data[1] != 'C')
	{
		return WireError::WrongMagic;
	}
	if (data[2] != 1)
	{
		return WireError::OtherMajor;
	}
	if (data[3] != 1)
	{
		return WireError::NotAPose;
	}
	out = PoseFrame();
	const std::uint8_t flags = data[4];
	const std::size_t joints = data[7];
	out.i16 = (flags & kFlagI16) != 0;
	const std::size_t end = kHeaderBytes + joints * (out.i16 ? 8 : 16);
	if (size < end)
	{
		return WireError::ShorterThanJoints;
	}
	for (std::size_t k = 0; k < 4; ++k)
	{
		out.contacts[k] = (flags >> k & 1) != 0;
	}
	out.cut = (flags & kFlagCut) != 0;
	out.revision = data[5];
	out.dancer = data[6];
	out.seq = static_cast<std::uint32_t>(bytes::read(data + 8, 4));
	out.tempo_bpm = bytes::read_f32(data + 12);
	out.t_capture_s = bytes::read_f64(data + 16);
	out.t_present_s = bytes::read_f64(data + 24);
	out.beat = bytes::read_f64(data + 32);
	out.energy = bytes::read_f32(data + 40);
	for (std::size_t k = 0; k < 3; ++k)
	{
		out.root_m[k] = bytes::read_f32(data + 44 + 4 * k);
	}
	out.local_quat_wxyz.resize(joints * 4);
	for (std::size_t k = 0; k < joints * 4; ++k)
	{
		const std::uint8_t* at = data + kHeaderBytes + k * (out.i16 ? 2 : 4);
		// -32768 is read as -1
		out.local_quat_wxyz[k] = out.i16
			? std::max(static_cast<float>(static_cast<std::int16_t>(bytes::read(at, 2))) / static_cast<float>(kI16One), -1.0f)
			: bytes::read_f32(at);
	}
	if (!finite(out))
	{
		return WireError::NotFinite;
	}
	if ((flags & kFlagBeat) == 0)
	{
		out.beat.reset();
	}
	return read_blocks(data, size, end, out.blocks);
}

/** The message of a frame, with quaternions of 16 bits if `frame.i16`. On an error `out` means nothing. */
inline WireError encode_frame(const PoseFrame& frame, std::vector<std::uint8_t>& out)
{
	if (frame.joints() > 255 || frame.local_quat_wxyz.size() % 4 != 0)
	{
		return WireError::TooManyJoints;
	}
	if (!finite(frame))
	{
		return WireError::NotFinite;
	}
	std::uint8_t flags = 0;
	for (std::size_t k = 0; k < 4; ++k)
	{
		flags = static_cast<std::uint8_t>(flags | (frame.contacts[k] ? 1 << k : 0));
	}
	flags = static_cast<std::uint8_t>(
		flags | (frame.cut ? kFlagCut : 0) | (frame.i16 ? kFlagI16 : 0) | (frame.beat ? kFlagBeat : 0));
	out.assign({'G', 'C', 1, 1, flags, frame.revision, frame.dancer, static_cast<std::uint8_t>(frame.joints())});
	bytes::write(out, frame.seq, 4);
	bytes::write_f32(out, frame.tempo_bpm);
	bytes::write_f64(out, frame.t_capture_s);
	bytes::write_f64(out, frame.t_present_s);
	bytes::write_f64(out, frame.beat.value_or(0));
	bytes::write_f32(out, frame.energy);
	for (const float axis : frame.root_m)
	{
		bytes::write_f32(out, axis);
	}
	for (const float part : frame.local_quat_wxyz)
	{
		if (frame.i16)
		{
			const double steps = std::nearbyint(std::min(std::max(static_cast<double>(part), -1.0), 1.0) * kI16One);
			bytes::write(out, static_cast<std::uint16_t>(static_cast<std::int16_t>(steps)), 2);
		}
		else
		{
			bytes::write_f32(out, part);
		}
	}
	for (const Block& block : frame.blocks)
	{
		if (block.content.size() > 0xffff)
		{
			return WireError::LongBlock;
		}
		const WireError wrong = checked_block(block.type, block.content.data(), block.content.size());
		if (wrong != WireError::None)
		{
			return wrong;
		}
		bytes::write(out, block.type, 2);
		bytes::write(out, block.content.size(), 2);
		out.insert(out.end(), block.content.begin(), block.content.end());
		out.resize(out.size() + (4 - block.content.size() % 4) % 4);
	}
	return WireError::None;
}

} // namespace groovecast

// The blocks after a pose frame's quaternions: the next beat, the places of the feet, and whatever a newer server adds.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace groovecast
{

constexpr std::uint16_t kBeatBlock = 1, kContactsBlock = 2;
constexpr std::size_t kBeatBytes = 16, kContactsBytes = 48;

enum class WireError
{
	None,
	ShorterThanHeader,
	WrongMagic,
	OtherMajor,
	NotAPose,
	ShorterThanJoints,
	ShorterThanBlock,
	LeftOver,
	BlockLength,
	NotFinite,
	TooManyJoints, // only when writing
	LongBlock,	   // only when writing
};

inline const char* words(WireError error)
{
	switch (error)
	{
	case WireError::None: return "a pose frame";
	case WireError::ShorterThanHeader: return "a pose frame has 56 bytes of header, found fewer";
	case WireError::WrongMagic: return "a pose frame begins with GC, found something else";
	case WireError::OtherMajor: return "this plugin reads version 1, found another: update the plugin";
	case WireError::NotAPose: return "a pose frame is of type 1, found another type: not a pose";
	case WireError::ShorterThanJoints: return "a pose frame holds the joints that it says, found fewer bytes";
	case WireError::ShorterThanBlock: return "a block is as long as it says, found fewer bytes";
	case WireError::LeftOver: return "a pose frame ends with its last block, found 1 to 3 bytes more";
	case WireError::BlockLength: return "a beat block has 16 bytes and a contacts block 48, found another length";
	case WireError::NotFinite: return "a pose frame's numbers are finite, found one that is not";
	case WireError::TooManyJoints: return "a pose frame holds at most 255 joints of four numbers, asked for others";
	case WireError::LongBlock: return "a block holds at most 65535 bytes, asked for more";
	}
	return "an error without a name";
}

struct Block
{
	std::uint16_t type = 0;
	std::vector<std::uint8_t> content;
};

/** The first beat after t_present. */
struct NextBeat
{
	double next_beat_s = 0; // server time
	float period_s = 0;
	std::uint8_t beats_per_bar = 0;
	std::uint8_t confidence_255 = 0; // 255 is certain
	std::uint16_t bar_position = 0;	 // 0: downbeat

	double confidence() const { return confidence_255 / 255.0; }
};

/** Where left heel, left toes, right heel and right toes are, metres in our space. */
using ContactPlaces = std::array<std::array<float, 3>, 4>;

namespace bytes
{

inline std::uint64_t read(const std::uint8_t* at, int count)
{
	std::uint64_t value = 0;
	for (int k = count; k-- > 0;)
	{
		value = value << 8 | at[k];
	}
	return value;
}

inline void write(std::vector<std::uint8_t>& out, std::uint64_t value, int count)
{
	for (int k = 0; k < count; ++k)
	{
		out.push_back(static_cast<std::uint8_t>(value >> 8 * k & 0xff));
	}
}

inline float read_f32(const std::uint8_t* at)
{
	const auto word = static_cast<std::uint32_t>(read(at, 4));
	float value;
	std::memcpy(&value, &word, 4);
	return value;
}

inline double read_f64(const std::uint8_t* at)
{
	const std::uint64_t word = read(at, 8);
	double value;
	std::memcpy(&value, &word, 8);
	return value;
}

inline void write_f32(std::vector<std::uint8_t>& out, float value)
{
	std::uint32_t word;
	std::memcpy(&word, &value, 4);
	write(out, word, 4);
}

inline void write_f64(std::vector<std::uint8_t>& out, double value)
{
	std::uint64_t word;
	std::memcpy(&word, &value, 8);
	write(out, word, 8);
}

} // namespace bytes

inline NextBeat read_beat(const std::uint8_t* at)
{
	return {bytes::read_f64(at), bytes::read_f32(at + 8), at[12], at[13], static_cast<std::uint16_t>(bytes::read(at + 14, 2))};
}

inline ContactPlaces read_contacts(const std::uint8_t* at)
{
	ContactPlaces places;
	for (std::size_t k = 0; k < 12; ++k)
	{
		places[k / 3][k % 3] = bytes::read_f32(at + 4 * k);
	}
	return places;
}

inline Block beat_block(const NextBeat& beat)
{
	Block block{kBeatBlock, {}};
	bytes::write_f64(block.content, beat.next_beat_s);
	bytes::write_f32(block.content, beat.period_s);
	block.content.push_back(beat.beats_per_bar);
	block.content.push_back(beat.confidence_255);
	bytes::write(block.content, beat.bar_position, 2);
	return block;
}

inline Block contacts_block(const ContactPlaces& places)
{
	Block block{kContactsBlock, {}};
	for (const auto& place : places)
	{
		for (const float axis : place)
		{
			bytes::write_f32(block.content, axis);
		}
	}
	return block;
}

/** Whether a block of a known type is what that type says. */
inline WireError checked_block(std::uint16_t type, const std::uint8_t* content, std::size_t size)
{
	if ((type == kBeatBlock && size != kBeatBytes) || (type == kContactsBlock && size != kContactsBytes))
	{
		return WireError::BlockLength;
	}
	if (type == kBeatBlock)
	{
		const NextBeat beat = read_beat(content);
		return std::isfinite(beat.next_beat_s) && std::isfinite(beat.period_s) ? WireError::None : WireError::NotFinite;
	}
	if (type == kContactsBlock)
	{
		for (std::size_t k = 0; k < kContactsBytes; k += 4)
		{
			if (!std::isfinite(bytes::read_f32(content + k)))
			{
				return WireError::NotFinite;
			}
		}
	}
	return WireError::None;
}

inline WireError read_blocks(const std::uint8_t* data, std::size_t size, std::size_t at, std::vector<Block>& out)
{
	while (at < size)
	{
		if (size - at < 4)
		{
			return WireError::LeftOver;
		}
		const auto type = static_cast<std::uint16_t>(bytes::read(data + at, 2));
		const auto held = static_cast<std::size_t>(bytes::read(data + at + 2, 2));
		const std::size_t padded = held + (4 - held % 4) % 4;
		at += 4;
		if (size - at < padded)
		{
			return WireError::ShorterThanBlock;
		}
		const WireError wrong = checked_block(type, data + at, held);
		if (wrong != WireError::None)
		{
			return wrong;
		}
		out.push_back({type, std::vector<std::uint8_t>(data + at, data + at + held)});
		at += padded;
	}
	return WireError::None;
}

} // namespace groovecast

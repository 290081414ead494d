// A lower JSON reader for the server's text messages: bounded in size and depth, and any text gives a value or an error.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace groovecast
{

enum class JsonError
{
	None,
	NotJson,
	TooDeep,
	TooLong,
};

struct Json
{
	enum class Kind
	{
		Null,
		Bool,
		Number,
		String,
		List,
		Object,
	};

	Kind kind = Kind::Null;
	bool flag = false;
	double number = 0;
	std::string text;
	std::vector<Json> items;		// of a list, or the values of an object
	std::vector<std::string> names; // of an object's values

	/** The field of that name, or a null. */
	const Json& operator[](const char* name) const
	{
		static const Json nothing;
		for (std::size_t k = 0; k < names.size(); ++k)
		{
			if (names[k] == name)
			{
				return items[k];
			}
		}
		return nothing;
	}

	bool is(Kind asked) const { return kind == asked; }
	double number_or(double other) const { return kind == Kind::Number ? number : other; }
	std::string text_or(const char* other) const { return kind == Kind::String ? text : std::string(other); }
	bool flag_or(bool other) const { return kind == Kind::Bool ? flag : other; }
};

/** Reads one text; made for it, used once. */
class JsonReader
{
public:
	static constexpr std::size_t kLongest = 1 << 20;
	static constexpr int kDeepest = 16;

	JsonReader(const char* text, std::size_t size) : at_(text), end_(text + size), size_(size) {}

	JsonError read(Json& out)
	{
		if (size_ > kLongest)
		{
			return JsonError::TooLong;
		}
		out = Json();
		value(out, 0);
		blanks();
		if (error_ == JsonError::None && at_ != end_)
		{
			error_ = JsonError::NotJson;
		}
		return error_;
	}

private:
	void fail(JsonError error = JsonError::NotJson)
	{
		if (error_ == JsonError::None)
		{
			error_ = error;
		}
	}

	void blanks()
	{
		while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r'))
		{
			++at_;
		}
	}

	bool take(char wanted)
	{
		blanks();
		if (at_ == end_ || *at_ != wanted)
		{
			return false;
		}
		++at_;
		return true;
	}

	bool take_word(const char* word)
	{
		const char* from = at_;
		for (; *word != 0; ++word, ++from)
		{
			if (from == end_ || *from != *word)
			{
				return false;
			}
		}
		at_ = from;
		return true;
	}

	void value(Json& out, int depth)
	{
		blanks();
		if (depth > kDeepest)
		{
			return fail(JsonError::TooDeep);
		}
		if (at_ == end_)
		{
			return fail();
		}
		switch (*at_)
		{
		case '{': return object(out, depth);
		case '[': return list(out, depth);
		case '"':
			out.kind = Json::Kind::String;
			return string(out.text);
		case 't':
		case 'f':
			out.kind = Json::Kind::Bool;
			out.flag = *at_ == 't';
			return take_word(out.flag ? "true" : "false") ? void() : fail();
		case 'n': return take_word("null") ? void() : fail();
		default: return numeral(out);
		}
	}

	void object(Json& out, int depth)
	{
		out.kind = Json::Kind::Object;
		take('{');
		if (take('}'))
		{
			return;
		}
		do
		{
			blanks();
			if (at_ == end_ || *at_ != '"')
			{
				return fail();
			}
			out.names.emplace_back();
			out.items.emplace_back();
			string(out.names.back());
			if (!take(':'))
			{
				return fail();
			}
			value(out.items.back(), depth + 1);
		} while (error_ == JsonError::None && take(','));
		if (!take('}'))
		{
			fail();
		}
	}

	void list(Json& out, int depth)
	{
		out.kind = Json::Kind::List;
		take('[');
		if (take(']'))
		{
			return;
		}
		do
		{
			out.items.emplace_back();
			value(out.items.back(), depth + 1);
		} while (error_ == JsonError::None && take(','));
		if (!take(']'))
		{
			fail();
		}
	}

	void string(std::string& out)
	{
		++at_; // the opening quote
		while (at_ != end_ && *at_ != '"')
		{
			if (static_cast<unsigned char>(*at_) < 0x20)
			{
				return fail();
			}
			if (*at_ != '\\')
			{
				out.push_back(*at_++);
				continue;
			}
			if (++at_ == end_)
			{
				return fail();
			}
			escaped(out);
			if (error_ != JsonError::None)
			{
				return;
			}
		}
		if (at_ == end_)
		{
			return fail();
		}
		++at_;
	}

	void escaped(std::string& out)
	{
		const char sign = *at_++;
		switch (sign)
		{
		case '"':
		case '\\':
		case '/': out.push_back(sign); return;
		case 'b': out.push_back('\b'); return;
		case 'f': out.push_back('\f'); return;
		case 'n': out.push_back('\n'); return;
		case 'r': out.push_back('\r'); return;
		case 't': out.push_back('\t'); return;
		case 'u': return unicode(out);
		default: return fail();
		}
	}

	std::uint32_t four_digits()
	{
		std::uint32_t code = 0;
		for (int k = 0; k < 4; ++k)
		{
			const char digit = at_ == end_ ? 'x' : *at_++;
			const bool number = digit >= '0' && digit <= '9', lower = digit >= 'a' && digit <= 'f';
			if (!number && !lower && !(digit >= 'A' && digit <= 'F'))
			{
				fail();
				return 0;
			}
			code = code * 16 + static_cast<std::uint32_t>(number ? digit - '0' : lower ? digit - 'a' + 10 : digit - 'A' + 10);
		}
		return code;
	}

	void unicode(std::string& out)
	{
		std::uint32_t code = four_digits();
		if (code >= 0xd800 && code < 0xdc00 && take_word("\\u")) // the first half of a pair
		{
			const std::uint32_t low = four_digits();
			if (low < 0xdc00 || low > 0xdfff)
			{
				return fail();
			}
			code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
		}
		if (code < 0x80)
		{
			out.push_back(static_cast<char>(code));
			return;
		}
		const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
		const std::uint32_t lead = more == 1 ? 0xc0 : more == 2 ? 0xe0 : 0xf0;
		out.push_back(static_cast<char>(lead | code >> 6 * more));
		for (int k = more; k-- > 0;)
		{
			out.push_back(static_cast<char>(0x80 | (code >> 6 * k & 0x3f)));
		}
	}

	bool digit() const { return at_ != end_ && *at_ >= '0' && *at_ <= '9'; }

	// by hand: strtod minds the locale, and a game may set one with decimal commas
	void numeral(Json& out)
	{
		out.kind = Json::Kind::Number;
		const bool negative = at_ != end_ && *at_ == '-';
		at_ += negative ? 1 : 0;
		if (!digit())
		{
			return fail();
		}
		std::uint64_t digits = 0;
		int tens = 0;
		bool fraction = false;
		for (; digit() || (!fraction && at_ != end_ && *at_ == '.'); ++at_)
		{
			if (*at_ == '.')
			{
				fraction = true;
				continue;
			}
			const bool fits = digits < 100000000000000000ULL; // 17 digits more than tell doubles apart
			digits = fits ? digits * 10 + static_cast<std::uint64_t>(*at_ - '0') : digits;
			tens += (fits ? 0 : 1) - (fraction ? 1 : 0);
		}
		if (at_ != end_ && (*at_ == 'e' || *at_ == 'E'))
		{
			++at_;
			const bool down = at_ != end_ && *at_ == '-';
			at_ += at_ != end_ && (*at_ == '-' || *at_ == '+') ? 1 : 0;
			if (!digit())
			{
				return fail();
			}
			int power = 0;
			for (; digit(); ++at_)
			{
				power = power < 10000 ? power * 10 + (*at_ - '0') : power;
			}
			tens += down ? -power : power;
		}
		out.number = scaled(static_cast<double>(digits), tens) * (negative ? -1 : 1);
	}

	static double scaled(double digits, int tens)
	{
		if (digits == 0 || tens == 0)
		{
			return digits;
		}
		if (tens < -300) // in two parts, the second power alone would not fit
		{
			return digits / std::pow(10.0, 300) / std::pow(10.0, -tens - 300);
		}
		return tens < 0 ? digits / std::pow(10.0, -tens) : digits * std::pow(10.0, tens);
	}

	const char* at_;
	const char* end_;
	std::size_t size_;
	JsonError error_ = JsonError::None;
};

inline JsonError read_json(const char* text, std::size_t size, Json& out) { return JsonReader(text, size).read(out); }

/** A number as JSON writes it, to a millionth; what is not finite or beyond 1e12 becomes 0. */
inline std::string json_number(double value)
{
	if (!std::isfinite(value) || std::fabs(value) > 1e12)
	{
		return "0";
	}
	const auto millionths = static_cast<std::uint64_t>(std::llround(std::fabs(value) * 1e6));
	std::string fraction = std::to_string(millionths % 1000000);
	fraction.insert(0, 6 - fraction.size(), '0');
	return (value < 0 ? "-" : "") + std::to_string(millionths / 1000000) + "." + fraction;
}

} // namespace groovecast

// Where a show is and what is asked of it, as one line of text that Live Link keeps in its presets.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace groovecast
{

constexpr std::size_t kLongestSubject = 128; // bytes; Unreal ends the program at a name of 1024 letters

struct Connection
{
	std::string address = "127.0.0.1:8765"; // host, host:port, or a whole ws:// or wss:// address
	std::string token;
	std::string subject = "Groovecast";
	double look_ahead_s = 0.25;
	double later_s = 0; // shown so much later than the server says
};

inline std::string escaped(const std::string& text)
{
	static const char* digits = "0123456789ABCDEF";
	std::string out;
	for (const char sign : text)
	{
		const auto code = static_cast<unsigned char>(sign);
		if (sign == '%' || sign == ';' || sign == '=' || code < 0x20)
		{
			out += {'%', digits[code >> 4], digits[code & 15]};
		}
		else
		{
			out.push_back(sign);
		}
	}
	return out;
}

inline std::string unescaped(const std::string& text)
{
	const auto digit = [](char sign) {
		return sign >= '0' && sign <= '9' ? sign - '0' : sign >= 'A' && sign <= 'F' ? sign - 'A' + 10 : -1;
	};
	std::string out;
	for (std::size_t k = 0; k < text.size(); ++k)
	{
		const int high = k + 2 < text.size() ? digit(text[k + 1]) : -1;
		const int low = k + 2 < text.size() ? digit(text[k + 2]) : -1;
		if (text[k] == '%' && high >= 0 && low >= 0)
		{
			out.push_back(static_cast<char>(high * 16 + low));
			k += 2;
		}
		else
		{
			out.push_back(text[k]);
		}
	}
	return out;
}

/** Milliseconds as text and back, without a decimal point: some languages write a comma. */
inline std::string milliseconds(double seconds) { return std::to_string(static_cast<long>(seconds * 1000 + (seconds < 0 ? -0.5 : 0.5))); }

inline double seconds_of(const std::string& text, double other)
{
	const bool negative = !text.empty() && text[0] == '-';
	long value = 0;
	for (std::size_t k = negative ? 1 : 0; k < text.size(); ++k)
	{
		if (text[k] < '0' || text[k] > '9' || value > 100000)
		{
			return other;
		}
		value = value * 10 + (text[k] - '0');
	}
	return text.size() > (negative ? 1u : 0u) ? static_cast<double>(negative ? -value : value) / 1000 : other;
}

inline std::string to_text(const Connection& connection)
{
	return "address=" + escaped(connection.address) + ";token=" + escaped(connection.token) +
		";subject=" + escaped(connection.subject) + ";look_ahead_ms=" + milliseconds(connection.look_ahead_s) +
		";later_ms=" + milliseconds(connection.later_s);
}

/** The connection of a text; what it does not say or cannot mean is as in `Connection`. A bare address is one too. */
inline Connection connection_of(const std::string& text)
{
	Connection out;
	if (text.find('=') == std::string::npos || text.compare(0, 2, "ws") == 0 || text.compare(0, 4, "http") == 0)
	{
		out.address = text.empty() ? out.address : text;
		return out;
	}
	for (std::size_t at = 0; at < text.size();)
	{
		const std::size_t end = std::min(text.find(';', at), text.size());
		const std::string part = text.substr(at, end - at);
		const std::size_t sign = part.find('=');
		const std::string name = part.substr(0, sign);
		const std::string value = sign == std::string::npos ? "" : unescaped(part.substr(sign + 1));
		at = end + 1;
		if (name == "address" && !value.empty())
		{
			out.address = value;
		}
		else if (name == "token")
		{
			out.token = value;
		}
		else if (name == "subject" && !value.empty())
		{
			out.subject = value.substr(0, kLongestSubject);
		}
		else if (name == "look_ahead_ms")
		{
			out.look_ahead_s = std::min(std::max(seconds_of(value, out.look_ahead_s), 0.0), 0.5);
		}
		else if (name == "later_ms")
		{
			out.later_s = std::min(std::max(seconds_of(value, out.later_s), -0.5), 2.0);
		}
	}
	return out;
}

/** The WebSocket's address: a scheme, the port 8765 and the path /ws are put where the person left them out. */
inline std::string stream_url(const Connection& connection)
{
	std::string rest = connection.address;
	std::string scheme = "ws://";
	const std::pair<const char*, const char*> schemes[] = {
		{"ws://", "ws://"}, {"wss://", "wss://"}, {"http://", "ws://"}, {"https://", "wss://"}};
	for (const auto& known : schemes)
	{
		const std::string prefix = known.first;
		if (rest.compare(0, prefix.size(), prefix) == 0)
		{
			scheme = known.second;
			rest.erase(0, prefix.size());
		}
	}
	rest.erase(std::min(rest.find_first_of("?#"), rest.size())); // the token goes in a header
	const std::size_t slash = rest.find('/');
	std::string host = rest.substr(0, slash), path = slash == std::string::npos ? "" : rest.substr(slash);
	const std::size_t after_v6 = host.empty() || host[0] != '[' ? 0 : std::min(host.find(']'), host.size());
	if (host.find(':', after_v6) == std::string::npos && scheme == "ws://")
	{
		host += ":8765";
	}
	return scheme + host + (path.empty() || path == "/" ? "/ws" : path);
}

/** The token: the one given, or the one in an address that was copied from the server's words (?token=...). */
inline std::string stream_token(const Connection& connection)
{
	const std::size_t at = connection.address.find("token=");
	if (!connection.token.empty() || at == std::string::npos)
	{
		return connection.token;
	}
	const std::string rest = connection.address.substr(at + 6);
	return rest.substr(0, rest.find_first_of("&#"));
}

} // namespace groovecast

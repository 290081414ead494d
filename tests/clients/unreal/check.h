// A test harness of a few lines: a test is a sentence and a body, and the program says which sentences are true.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace check
{

struct Told
{
	std::vector<std::pair<const char*, std::function<void()>>> tests;
	std::string folder; // the repository
	int wrong = 0;
};

inline Told& told()
{
	static Told all;
	return all;
}

inline void holds(bool ok, const char* what, const char* file, int line)
{
	if (!ok && ++told().wrong <= 20)
	{
		std::printf("  not so: %s (%s:%d)\n", what, file, line);
	}
}

inline void near_by(double a, double b, double within, const char* what, const char* file, int line)
{
	if (!(std::fabs(a - b) <= within))
	{
		if (told().wrong < 20)
		{
			std::printf("  %.12g is not %.12g to %.3g: ", a, b, within);
		}
		holds(false, what, file, line);
	}
}

struct Register
{
	Register(const char* sentence, std::function<void()> body) { told().tests.emplace_back(sentence, std::move(body)); }
};

inline std::string read_file(const std::string& path)
{
	std::ifstream in(told().folder + "/" + path, std::ios::binary);
	return std::string(std::istreambuf_iterator<char>(in), {});
}

/** Runs all tests; the argument is the repository's folder. */
inline int run(int count, char** words)
{
	told().folder = count > 1 ? words[1] : ".";
	int failed = 0;
	for (const auto& test : told().tests)
	{
		told().wrong = 0;
		test.second();
		std::printf("%s: %s\n", told().wrong == 0 ? "true" : "FALSE", test.first);
		failed += told().wrong == 0 ? 0 : 1;
	}
	std::printf("%d of %d sentences are true\n", static_cast<int>(told().tests.size()) - failed, static_cast<int>(told().tests.size()));
	return failed == 0 ? 0 : 1;
}

} // namespace check

#define CHECK_JOIN_(a, b) a##b
#define CHECK_JOIN(a, b) CHECK_JOIN_(a, b)
#define TEST(sentence)                                                                                                 \
	static void CHECK_JOIN(body_, __LINE__)();                                                                         \
	static const check::Register CHECK_JOIN(entry_, __LINE__)(sentence, CHECK_JOIN(body_, __LINE__));                  \
	static void CHECK_JOIN(body_, __LINE__)()
#define HOLDS(ok) check::holds((ok), #ok, __FILE__, __LINE__)
#define NEAR(a, b, within) check::near_by((a), (b), (within), #a, __FILE__, __LINE__)

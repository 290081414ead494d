// Between Unreal's strings and the core's: UTF-8 on our side.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#pragma once

#include "Containers/StringConv.h"
#include "Containers/UnrealString.h"

#include <string>

inline FString GroovecastText(const std::string& Text)
{
	return FString(UTF8_TO_TCHAR(Text.c_str()));
}

inline std::string GroovecastText(const FString& Text)
{
	return std::string(TCHAR_TO_UTF8(*Text));
}

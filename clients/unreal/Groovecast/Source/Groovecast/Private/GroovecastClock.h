// The plugin's one clock: the engine's own steady seconds, the same that Live Link reads subjects by.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#pragma once

#include "HAL/PlatformTime.h"

/** All else is given its `NowS`. */
inline double GroovecastNowS()
{
	return FPlatformTime::Seconds();
}

// The runtime module: nothing to start, Live Link finds the source factory and the retarget assets by their classes.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#include "Modules/ModuleManager.h"

IMPLEMENT_MODULE(FDefaultModuleImpl, Groovecast)

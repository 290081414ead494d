// The editor module: gives the source factory its panel, and takes it away again.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#include "GroovecastLiveLinkSourceFactory.h"
#include "SGroovecastSourcePanel.h"

#include "Modules/ModuleManager.h"

class FGroovecastEditorModule : public IModuleInterface
{
public:
	virtual void StartupModule() override
	{
		UGroovecastLiveLinkSourceFactory::PanelMaker() =
			[](ULiveLinkSourceFactory::FOnLiveLinkSourceCreated OnCreated) -> TSharedPtr<SWidget>
		{ return SNew(SGroovecastSourcePanel).OnCreated(OnCreated); };
	}

	virtual void ShutdownModule() override { UGroovecastLiveLinkSourceFactory::PanelMaker() = nullptr; }
};

IMPLEMENT_MODULE(FGroovecastEditorModule, GroovecastEditor)

// Makes Groovecast sources, from the panel or from a preset.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#include "GroovecastLiveLinkSourceFactory.h"

#include "GroovecastLiveLinkSource.h"
#include "GroovecastText.h"

#define LOCTEXT_NAMESPACE "Groovecast"

UGroovecastLiveLinkSourceFactory::FPanelMaker& UGroovecastLiveLinkSourceFactory::PanelMaker()
{
	static FPanelMaker Maker;
	return Maker;
}

FText UGroovecastLiveLinkSourceFactory::GetSourceDisplayName() const
{
	return LOCTEXT("SourceName", "Groovecast");
}

FText UGroovecastLiveLinkSourceFactory::GetSourceTooltip() const
{
	return LOCTEXT("SourceTooltip", "A figure that dances to live music, from a running Groovecast");
}

ULiveLinkSourceFactory::EMenuType UGroovecastLiveLinkSourceFactory::GetMenuType() const
{
	return PanelMaker() ? EMenuType::SubPanel : EMenuType::MenuEntry;
}

TSharedPtr<SWidget> UGroovecastLiveLinkSourceFactory::BuildCreationPanel(FOnLiveLinkSourceCreated OnLiveLinkSourceCreated) const
{
	return PanelMaker() ? PanelMaker()(OnLiveLinkSourceCreated) : TSharedPtr<SWidget>();
}

TSharedPtr<ILiveLinkSource> UGroovecastLiveLinkSourceFactory::CreateSource(const FString& ConnectionString) const
{
	return MakeShared<FGroovecastLiveLinkSource>(groovecast::connection_of(GroovecastText(ConnectionString)));
}

#undef LOCTEXT_NAMESPACE

// The entry "Groovecast" in Live Link's list of sources, and how one is made from the line of text in a preset.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#pragma once

#include "CoreMinimal.h"
#include "LiveLinkSourceFactory.h"
#include "Templates/Function.h"

#include "GroovecastLiveLinkSourceFactory.generated.h"

UCLASS()
class GROOVECAST_API UGroovecastLiveLinkSourceFactory : public ULiveLinkSourceFactory
{
	GENERATED_BODY()

public:
	using FPanelMaker = TFunction<TSharedPtr<SWidget>(FOnLiveLinkSourceCreated)>;

	/** The editor module puts its panel here; a game has none, and makes sources from a text. */
	static FPanelMaker& PanelMaker();

	//~ ULiveLinkSourceFactory
	virtual FText GetSourceDisplayName() const override;
	virtual FText GetSourceTooltip() const override;
	virtual EMenuType GetMenuType() const override;
	virtual TSharedPtr<SWidget> BuildCreationPanel(FOnLiveLinkSourceCreated OnLiveLinkSourceCreated) const override;

	/** From "address=...;token=...;subject=...;look_ahead_ms=...;later_ms=..."; what is left out is as in the panel. */
	virtual TSharedPtr<ILiveLinkSource> CreateSource(const FString& ConnectionString) const override;
};

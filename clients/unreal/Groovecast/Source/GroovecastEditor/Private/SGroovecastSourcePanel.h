// The panel of Live Link's "+ Source" menu: where the show is, its token, how far to look ahead, what to call the subject.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#pragma once

#include "CoreMinimal.h"
#include "Input/Reply.h"
#include "LiveLinkSourceFactory.h"
#include "Widgets/DeclarativeSyntaxSupport.h"
#include "Widgets/SCompoundWidget.h"

#include "GroovecastCore/Connection.h"

class SGroovecastSourcePanel : public SCompoundWidget
{
public:
	SLATE_BEGIN_ARGS(SGroovecastSourcePanel) {}
		SLATE_EVENT(ULiveLinkSourceFactory::FOnLiveLinkSourceCreated, OnCreated)
	SLATE_END_ARGS()

	void Construct(const FArguments& InArgs);

private:
	/** A line of the panel: what it is, and a box to write in. */
	TSharedRef<SWidget> Line(const FText& Label, const FText& Hint, std::string groovecast::Connection::*Field, bool bSecret);
	TSharedRef<SWidget> MillisecondsLine(const FText& Label, const FText& Hint, double groovecast::Connection::*Field);
	FReply OnCreateClicked();

	groovecast::Connection Written;
	ULiveLinkSourceFactory::FOnLiveLinkSourceCreated OnCreated;
};

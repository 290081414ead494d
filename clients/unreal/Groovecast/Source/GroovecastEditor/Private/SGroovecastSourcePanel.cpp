// The panel at work: what is written goes into a connection, and "Create" makes a source of it.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#include "SGroovecastSourcePanel.h"

#include "GroovecastLiveLinkSourceFactory.h"

#include "Containers/StringConv.h"
#include "Widgets/Input/SButton.h"
#include "Widgets/Input/SEditableTextBox.h"
#include "Widgets/SBoxPanel.h"
#include "Widgets/Text/STextBlock.h"

#define LOCTEXT_NAMESPACE "Groovecast"

void SGroovecastSourcePanel::Construct(const FArguments& InArgs)
{
	using groovecast::Connection;
	OnCreated = InArgs._OnCreated;
	ChildSlot
	[
		SNew(SVerticalBox)
		+ SVerticalBox::Slot().AutoHeight()
		[
			Line(LOCTEXT("Address", "Address"), LOCTEXT("AddressHint", "Host and port of the show, or the whole address that Groovecast prints"), &Connection::address, false)
		]
		+ SVerticalBox::Slot().AutoHeight()
		[
			Line(LOCTEXT("Token", "Token"), LOCTEXT("TokenHint", "Needed when the show runs on another machine; Groovecast prints it. It is kept in presets as plain text"), &Connection::token, true)
		]
		+ SVerticalBox::Slot().AutoHeight()
		[
			Line(LOCTEXT("Subject", "Subject"), LOCTEXT("SubjectHint", "The subject's name in Live Link; a second dancer gets _2"), &Connection::subject, false)
		]
		+ SVerticalBox::Slot().AutoHeight()
		[
			MillisecondsLine(LOCTEXT("LookAhead", "Look ahead (ms)"), LOCTEXT("LookAheadHint", "How early poses are sent, 0 to 500: more rides out a worse network and adds no delay"), &Connection::look_ahead_s)
		]
		+ SVerticalBox::Slot().AutoHeight()
		[
			MillisecondsLine(LOCTEXT("Later", "Shown later (ms)"), LOCTEXT("LaterHint", "For a screen or speakers that are late themselves; below 0 is earlier"), &Connection::later_s)
		]
		+ SVerticalBox::Slot().AutoHeight()
		[
			SNew(SButton)
			.Text(LOCTEXT("Create", "Create"))
			.OnClicked(this, &SGroovecastSourcePanel::OnCreateClicked)
		]
	];
}

TSharedRef<SWidget> SGroovecastSourcePanel::Line(
	const FText& Label, const FText& Hint, std::string groovecast::Connection::*Field, bool bSecret)
{
	return SNew(SHorizontalBox)
		+ SHorizontalBox::Slot().FillWidth(0.35f)
		[
			SNew(STextBlock).Text(Label).ToolTipText(Hint)
		]
		+ SHorizontalBox::Slot().FillWidth(0.65f)
		[
			SNew(SEditableTextBox)
			.Text(FText::FromString(FString(UTF8_TO_TCHAR((Written.*Field).c_str()))))
			.ToolTipText(Hint)
			.IsPassword(bSecret)
			.OnTextChanged_Lambda([this, Field](const FText& Text) { Written.*Field = std::string(TCHAR_TO_UTF8(*Text.ToString().TrimStartAndEnd())); })
		];
}

TSharedRef<SWidget> SGroovecastSourcePanel::MillisecondsLine(
	const FText& Label, const FText& Hint, double groovecast::Connection::*Field)
{
	return SNew(SHorizontalBox)
		+ SHorizontalBox::Slot().FillWidth(0.35f)
		[
			SNew(STextBlock).Text(Label).ToolTipText(Hint)
		]
		+ SHorizontalBox::Slot().FillWidth(0.65f)
		[
			SNew(SEditableTextBox)
			.Text(FText::FromString(FString(UTF8_TO_TCHAR(groovecast::milliseconds(Written.*Field).c_str()))))
			.ToolTipText(Hint)
			.OnTextChanged_Lambda([this, Field](const FText& Text)
				{ Written.*Field = groovecast::seconds_of(std::string(TCHAR_TO_UTF8(*Text.ToString())), Written.*Field); })
		];
}

FReply SGroovecastSourcePanel::OnCreateClicked()
{
	// once there and back: what cannot be meant is as it was
	const std::string Text = groovecast::to_text(groovecast::connection_of(groovecast::to_text(Written)));
	const FString ConnectionString(UTF8_TO_TCHAR(Text.c_str()));
	const UGroovecastLiveLinkSourceFactory* Factory = GetDefault<UGroovecastLiveLinkSourceFactory>();
	OnCreated.ExecuteIfBound(Factory->CreateSource(ConnectionString), ConnectionString);
	return FReply::Handled();
}

#undef LOCTEXT_NAMESPACE

// Stands for the parts of Slate, Unreal's user interface, that the plugin's panel uses: boxes, words, a button.
#pragma once

#include "UnrealCore.h"

class SWidget
{
public:
	virtual ~SWidget() = default;
	std::vector<TSharedPtr<SWidget>> Children;
};

/** What a declaration may say of any widget here; it is kept, so that a test can write and click. */
struct SlateArguments
{
	FText Words;
	std::function<void(const FText&)> Changed;
	std::function<void()> Clicked;
	std::vector<TSharedPtr<SWidget>> Inside;
};

class SCompoundWidget : public SWidget
{
public:
	struct FChildSlot
	{
		SCompoundWidget& Owner;
		void operator[](const TSharedPtr<SWidget>& child) { Owner.Children.push_back(child); }
	};
	FChildSlot ChildSlot{*this};
};

class FReply
{
public:
	static FReply Handled() { return {}; }
};

template <typename Widget>
struct SlateDeclaration
{
	template <typename Arguments>
	TSharedPtr<Widget> operator<<=(const Arguments& arguments)
	{
		auto widget = MakeShared<Widget>();
		widget->Construct(arguments);
		return widget;
	}
};

#define SNew(Type, ...) SlateDeclaration<Type>() <<= Type::FArguments()
#define SLATE_BEGIN_ARGS(Type)                                                                                         \
	struct FArguments                                                                                                  \
	{                                                                                                                  \
		using Self = FArguments;                                                                                       \
		FArguments()
#define SLATE_EVENT(Type, Name)                                                                                        \
	Type _##Name;                                                                                                      \
	Self& Name(const Type& event)                                                                                      \
	{                                                                                                                  \
		_##Name = event;                                                                                               \
		return *this;                                                                                                  \
	}
#define SLATE_END_ARGS()                                                                                               \
	}                                                                                                                  \
	;

/** A widget of the stub: a text that shows, a box to write in, or a button. */
class StubWidget : public SWidget
{
public:
	struct FArguments : SlateArguments
	{
		FArguments& Text(const FText& words)
		{
			Words = words;
			return *this;
		}
		FArguments& ToolTipText(const FText&) { return *this; }
		FArguments& IsPassword(bool) { return *this; }
		template <typename Callable>
		FArguments& OnTextChanged_Lambda(Callable callable)
		{
			Changed = callable;
			return *this;
		}
		template <typename Object>
		FArguments& OnClicked(Object* object, FReply (Object::*method)())
		{
			Clicked = [object, method] { (object->*method)(); };
			return *this;
		}
	};
	void Construct(const FArguments& arguments) { Said = arguments; }
	SlateArguments Said;
};

class STextBlock : public StubWidget
{
};

class SEditableTextBox : public StubWidget
{
};

class SButton : public StubWidget
{
};

class StubBox : public SWidget
{
public:
	struct FSlotArguments
	{
		FSlotArguments& AutoHeight() { return *this; }
		FSlotArguments& FillWidth(float) { return *this; }
		FSlotArguments& operator[](const TSharedPtr<SWidget>& child)
		{
			Child = child;
			return *this;
		}
		TSharedPtr<SWidget> Child;
	};
	struct FArguments : SlateArguments
	{
		FArguments& operator+(const FSlotArguments& slot)
		{
			Inside.push_back(slot.Child);
			return *this;
		}
	};
	static FSlotArguments Slot() { return {}; }
	void Construct(const FArguments& arguments) { Children = arguments.Inside; }
};

class SVerticalBox : public StubBox
{
};

class SHorizontalBox : public StubBox
{
};

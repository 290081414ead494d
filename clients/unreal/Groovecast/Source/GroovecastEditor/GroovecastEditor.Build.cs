// How Unreal builds the editor module: the panel of the Live Link window, and nothing that a game needs.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
using UnrealBuildTool;

public class GroovecastEditor : ModuleRules
{
	public GroovecastEditor(ReadOnlyTargetRules Target) : base(Target)
	{
		PCHUsage = PCHUsageMode.UseExplicitOrSharedPCHs;
		PrivateDependencyModuleNames.AddRange(new string[] {
			"Core", "CoreUObject", "Engine", "Groovecast", "InputCore", "LiveLinkInterface", "Slate", "SlateCore"
		});
	}
}

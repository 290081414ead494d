// How Unreal builds the runtime module: the engine-free core is headers, so there is no library to link.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
using System.IO;
using UnrealBuildTool;

public class Groovecast : ModuleRules
{
	public Groovecast(ReadOnlyTargetRules Target) : base(Target)
	{
		PCHUsage = PCHUsageMode.UseExplicitOrSharedPCHs;
		PublicDependencyModuleNames.AddRange(new string[] {
			"Core", "CoreUObject", "Engine", "LiveLinkAnimationCore", "LiveLinkInterface", "SlateCore"
		});
		PrivateDependencyModuleNames.AddRange(new string[] { "Projects", "WebSockets" });

		// a packaged game reads the bone maps too
		RuntimeDependencies.Add(Path.Combine(PluginDirectory, "Resources", "BoneMaps", "..."), StagedFileType.NonUFS);
	}
}

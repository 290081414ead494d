// The retarget assets for the Live Link Pose node: they put the dance on Manny, a MetaHuman or a VRM character.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#pragma once

#include "CoreMinimal.h"
#include "LiveLinkRetargetAsset.h"

#include "GroovecastRetargetAsset.generated.h"

struct FGroovecastRetargetState;

/** For Manny and Quinn. Make a Blueprint of it for a character of your own, with a bone map of your own. */
UCLASS(Blueprintable, meta = (DisplayName = "Groovecast: Manny, Quinn"))
class GROOVECAST_API UGroovecastRetargetAsset : public ULiveLinkRetargetAsset
{
	GENERATED_BODY()

public:
	UGroovecastRetargetAsset(const FObjectInitializer& ObjectInitializer);

	/** A file of the plugin's Resources/BoneMaps without its ending, or the path of one of your own. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Groovecast")
	FString BoneMap;

	/** How the character is turned in its own space; 0 faces +Y, as Unreal's mannequins do. */
	UPROPERTY(EditAnywhere, BlueprintReadWrite, Category = "Groovecast", meta = (Units = "deg"))
	float YawDegrees = 0;

	//~ ULiveLinkRetargetAsset
	virtual void Initialize() override;
	virtual void BuildPoseFromAnimationData(float DeltaTime, const FLiveLinkSkeletonStaticData* InSkeletonData,
		const FLiveLinkAnimationFrameData* InFrameData, FCompactPose& OutPose) override;
	virtual void BuildPoseAndCurveFromBaseData(float DeltaTime, const FLiveLinkBaseStaticData* InBaseStaticData,
		const FLiveLinkBaseFrameData* InBaseFrameData, FCompactPose& OutPose, FBlendedCurve& OutCurve) override;

private:
	TSharedPtr<FGroovecastRetargetState> State;
};

/** For the body of a MetaHuman. */
UCLASS(Blueprintable, meta = (DisplayName = "Groovecast: MetaHuman"))
class GROOVECAST_API UGroovecastMetaHumanRetargetAsset : public UGroovecastRetargetAsset
{
	GENERATED_BODY()

public:
	UGroovecastMetaHumanRetargetAsset(const FObjectInitializer& ObjectInitializer);
};

/** For a character whose bones bear the names of the VRM humanoid. */
UCLASS(Blueprintable, meta = (DisplayName = "Groovecast: VRM"))
class GROOVECAST_API UGroovecastVrmRetargetAsset : public UGroovecastRetargetAsset
{
	GENERATED_BODY()

public:
	UGroovecastVrmRetargetAsset(const FObjectInitializer& ObjectInitializer);
};

/** For a character of VRoid Studio, whose import kept its bones' names. */
UCLASS(Blueprintable, meta = (DisplayName = "Groovecast: VRoid"))
class GROOVECAST_API UGroovecastVroidRetargetAsset : public UGroovecastRetargetAsset
{
	GENERATED_BODY()

public:
	UGroovecastVroidRetargetAsset(const FObjectInitializer& ObjectInitializer);
};

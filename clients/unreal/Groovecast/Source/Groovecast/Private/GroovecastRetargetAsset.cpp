// The retarget assets at work: they read a bone map once, prepare for a character once, and then only turn its bones.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#include "GroovecastRetargetAsset.h"

#include "GroovecastText.h"

#include "BonePose.h"
#include "BoneContainer.h"
#include "Interfaces/IPluginManager.h"
#include "Logging/LogMacros.h"
#include "Misc/FileHelper.h"
#include "Misc/Paths.h"
#include "ReferenceSkeleton.h"
#include "Roles/LiveLinkAnimationTypes.h"

#include "GroovecastCore/BoneMap.h"
#include "GroovecastCore/Retarget.h"

#include <memory>
#include <optional>

DEFINE_LOG_CATEGORY_STATIC(LogGroovecast, Log, All);

struct FGroovecastRetargetState
{
	groovecast::BoneMap Map;
	std::optional<groovecast::Retarget> Retarget;
	/** Of which character and of which bones of ours it is. */
	uint16 PreparedSerial = 0;
	int32 PreparedBones = -1;
	float PreparedYaw = 0;
};

namespace
{

groovecast::UnrealBone BoneOf(const FTransform& Transform)
{
	const FQuat Q = Transform.GetRotation();
	const FVector P = Transform.GetLocation();
	return {{Q.W, Q.X, Q.Y, Q.Z}, {P.X, P.Y, P.Z}};
}

/** Our skeleton as the subject tells it; only the hips' height it cannot tell, for they move. */
groovecast::Skeleton SkeletonOf(const FLiveLinkSkeletonStaticData& Static, const FLiveLinkAnimationFrameData& Frame)
{
	groovecast::Skeleton Skeleton;
	for (int32 Index = 0; Index < Static.GetBoneNames().Num(); ++Index)
	{
		groovecast::Joint Joint;
		Joint.name = GroovecastText(Static.GetBoneNames()[Index].ToString());
		const int32 Parent = Static.GetBoneParents()[Index];
		Joint.parent = Parent < Index ? Parent : -1; // the node may be given another source's subject
		const FVector P = Frame.Transforms[Index].GetLocation();
		// back from Unreal's space: the exchange of height and forward undoes itself
		const groovecast::Vec3 Offset{P.X / groovecast::kCmOfMetre, P.Z / groovecast::kCmOfMetre, P.Y / groovecast::kCmOfMetre};
		Joint.offset_m = Joint.parent < 0 ? groovecast::groovecast_skeleton()[0].offset_m : Offset;
		Skeleton.push_back(Joint);
	}
	return Skeleton;
}

std::vector<groovecast::TargetBone> CharacterOf(const FCompactPose& Pose)
{
	const FBoneContainer& Bones = Pose.GetBoneContainer();
	std::vector<groovecast::TargetBone> Character;
	for (const FCompactPoseBoneIndex Index : Pose.ForEachBoneIndex())
	{
		const int32 MeshBone = Bones.MakeMeshPoseIndex(Index).GetInt();
		const std::string Name = GroovecastText(Bones.GetReferenceSkeleton().GetBoneName(MeshBone).ToString());
		const FTransform& Rest = Pose.GetRefPose(Index);
		Character.push_back({Name, Pose.GetParentBoneIndex(Index).GetInt(), BoneOf(Rest), Rest.GetScale3D().X});
	}
	return Character;
}

} // namespace

UGroovecastRetargetAsset::UGroovecastRetargetAsset(const FObjectInitializer& ObjectInitializer)
	: ULiveLinkRetargetAsset(ObjectInitializer), BoneMap(TEXT("manny"))
{
}

UGroovecastMetaHumanRetargetAsset::UGroovecastMetaHumanRetargetAsset(const FObjectInitializer& ObjectInitializer)
	: UGroovecastRetargetAsset(ObjectInitializer)
{
	BoneMap = TEXT("metahuman");
}

UGroovecastVroidRetargetAsset::UGroovecastVroidRetargetAsset(const FObjectInitializer& ObjectInitializer)
	: UGroovecastRetargetAsset(ObjectInitializer)
{
	BoneMap = TEXT("vroid");
}

UGroovecastVrmRetargetAsset::UGroovecastVrmRetargetAsset(const FObjectInitializer& ObjectInitializer)
	: UGroovecastRetargetAsset(ObjectInitializer)
{
	BoneMap = TEXT("vrm");
}

void UGroovecastRetargetAsset::Initialize()
{
	State = MakeShared<FGroovecastRetargetState>();
	FString Path = BoneMap;
	const TSharedPtr<IPlugin> Plugin = IPluginManager::Get().FindPlugin(TEXT("Groovecast"));
	if (Plugin.IsValid() && !BoneMap.EndsWith(TEXT(".json")))
	{
		Path = FPaths::Combine(Plugin->GetBaseDir(), TEXT("Resources"), TEXT("BoneMaps"), BoneMap + TEXT(".json"));
	}
	FString Text;
	std::string Why = "found no such file";
	if (!FFileHelper::LoadFileToString(Text, *Path) || !groovecast::read_bone_map(GroovecastText(Text), State->Map, Why))
	{
		UE_LOG(LogGroovecast, Error, TEXT("Asked for the bone map %s: %s. The character keeps its reference pose."), *Path,
			*GroovecastText(Why));
	}
}

void UGroovecastRetargetAsset::BuildPoseFromAnimationData(float /*DeltaTime*/,
	const FLiveLinkSkeletonStaticData* InSkeletonData, const FLiveLinkAnimationFrameData* InFrameData, FCompactPose& OutPose)
{
	if (!State.IsValid() || InSkeletonData == nullptr || InFrameData == nullptr || State->Map.bones.empty() ||
		InFrameData->Transforms.Num() != InSkeletonData->GetBoneNames().Num() ||
		InSkeletonData->GetBoneParents().Num() != InSkeletonData->GetBoneNames().Num())
	{
		return;
	}
	const uint16 Serial = OutPose.GetBoneContainer().GetSerialNumber();
	const int32 Bones = InSkeletonData->GetBoneNames().Num();
	if (!State->Retarget || Serial != State->PreparedSerial || Bones != State->PreparedBones || YawDegrees != State->PreparedYaw)
	{
		const double YawRad = YawDegrees * 3.14159265358979 / 180;
		State->Retarget.emplace(SkeletonOf(*InSkeletonData, *InFrameData), CharacterOf(OutPose), State->Map, YawRad);
		State->PreparedSerial = Serial;
		State->PreparedBones = Bones;
		State->PreparedYaw = YawDegrees;
		if (!State->Retarget->has_hips())
		{
			UE_LOG(LogGroovecast, Warning, TEXT("Asked for the bones of the map %s, found no %s on the character: choose another retarget asset or Bone Map."),
				*BoneMap, *GroovecastText(State->Map.of("hips")->theirs));
		}
	}
	std::vector<groovecast::UnrealBone> Ours;
	for (const FTransform& Transform : InFrameData->Transforms)
	{
		Ours.push_back(BoneOf(Transform));
	}
	const std::vector<groovecast::UnrealBone> Theirs = State->Retarget->pose(Ours);
	for (const FCompactPoseBoneIndex Index : OutPose.ForEachBoneIndex())
	{
		const std::size_t Bone = static_cast<std::size_t>(Index.GetInt());
		if (Bone < Theirs.size() && State->Retarget->touches(Bone))
		{
			const groovecast::Quat& Q = Theirs[Bone].rotation;
			const groovecast::Vec3& P = Theirs[Bone].place_cm;
			OutPose[Index].SetRotation(FQuat(Q.x, Q.y, Q.z, Q.w));
			OutPose[Index].SetLocation(FVector(P.x, P.y, P.z));
		}
	}
}

void UGroovecastRetargetAsset::BuildPoseAndCurveFromBaseData(float /*DeltaTime*/,
	const FLiveLinkBaseStaticData* InBaseStaticData, const FLiveLinkBaseFrameData* InBaseFrameData, FCompactPose& OutPose,
	FBlendedCurve& OutCurve)
{
	if (InBaseStaticData == nullptr || InBaseFrameData == nullptr ||
		InBaseStaticData->PropertyNames.Num() != InBaseFrameData->PropertyValues.Num())
	{
		return;
	}
	TMap<FName, float> Curves;
	for (int32 Index = 0; Index < InBaseStaticData->PropertyNames.Num(); ++Index)
	{
		Curves.Add(InBaseStaticData->PropertyNames[Index], InBaseFrameData->PropertyValues[Index]);
	}
	BuildCurveData(Curves, OutPose, OutCurve);
}

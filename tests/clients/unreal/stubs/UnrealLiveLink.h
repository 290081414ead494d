// Stands for the parts of Unreal's Live Link, WebSockets and animation that the plugin uses; it keeps what it is given.
#pragma once

#include "UnrealCore.h"

class ILiveLinkClient;

enum class ELiveLinkSourceMode
{
	Latest,
	EngineTime,
	Timecode,
};

struct FLiveLinkSourceBufferManagementSettings
{
	int32 MaxNumberOfFrameToBuffered = 10;
};

class ULiveLinkSourceSettings : public UObject
{
public:
	ELiveLinkSourceMode Mode = ELiveLinkSourceMode::Latest;
	FLiveLinkSourceBufferManagementSettings BufferSettings;
};

class ILiveLinkSource
{
public:
	virtual ~ILiveLinkSource() = default;
	virtual void ReceiveClient(ILiveLinkClient* InClient, FGuid InSourceGuid) = 0;
	virtual void InitializeSettings(ULiveLinkSourceSettings*) {}
	virtual void Update() {}
	virtual bool IsSourceStillValid() const = 0;
	virtual bool RequestSourceShutdown() = 0;
	virtual FText GetSourceType() const = 0;
	virtual FText GetSourceMachineName() const = 0;
	virtual FText GetSourceStatus() const = 0;
};

struct FLiveLinkSubjectKey
{
	FLiveLinkSubjectKey(FGuid source, FName name) : Source(source), SubjectName(name) {}
	FGuid Source;
	FName SubjectName;
};

struct FLiveLinkWorldTime
{
	FLiveLinkWorldTime() = default;
	FLiveLinkWorldTime(const double InTime) : Time(InTime), Offset(FPlatformTime::Seconds() - InTime) {}
	explicit FLiveLinkWorldTime(const double InTime, const double InOffset) : Time(InTime), Offset(InOffset) {}
	double GetOffsettedTime() const { return Time + Offset; }

private:
	double Time = 0, Offset = 0;
};

struct UScriptStruct
{
	int32 Kind = 0;
};

struct FLiveLinkBaseStaticData
{
	TArray<FName> PropertyNames;
};

struct FLiveLinkSkeletonStaticData : FLiveLinkBaseStaticData
{
	static UScriptStruct* StaticStruct()
	{
		static UScriptStruct kind{1};
		return &kind;
	}
	void SetBoneNames(const TArray<FName>& names) { names_ = names; }
	void SetBoneParents(const TArray<int32>& parents) { parents_ = parents; }
	const TArray<FName>& GetBoneNames() const { return names_; }
	const TArray<int32>& GetBoneParents() const { return parents_; }

private:
	TArray<FName> names_;
	TArray<int32> parents_;
};

struct FLiveLinkBaseFrameData
{
	FLiveLinkWorldTime WorldTime;
	TArray<float> PropertyValues;
};

struct FLiveLinkAnimationFrameData : FLiveLinkBaseFrameData
{
	static UScriptStruct* StaticStruct()
	{
		static UScriptStruct kind{2};
		return &kind;
	}
	TArray<FTransform> Transforms;
};

template <typename T>
class TLiveLinkStruct
{
public:
	explicit TLiveLinkStruct(const UScriptStruct*) {}
	TLiveLinkStruct(TLiveLinkStruct&&) = default;
	template <typename Asked>
	Asked* Cast()
	{
		return &data_;
	}

private:
	T data_;
};

using FLiveLinkStaticDataStruct = TLiveLinkStruct<FLiveLinkSkeletonStaticData>;
using FLiveLinkFrameDataStruct = TLiveLinkStruct<FLiveLinkAnimationFrameData>;

class ULiveLinkRole : public UObject
{
};

class ULiveLinkAnimationRole : public ULiveLinkRole
{
public:
	static const void* StaticClass() { return nullptr; }
};

class ILiveLinkClient
{
public:
	virtual ~ILiveLinkClient() = default;
	virtual void PushSubjectStaticData_AnyThread(
		const FLiveLinkSubjectKey& Key, TSubclassOf<ULiveLinkRole> Role, FLiveLinkStaticDataStruct&& Data) = 0;
	virtual void PushSubjectFrameData_AnyThread(const FLiveLinkSubjectKey& Key, FLiveLinkFrameDataStruct&& Data) = 0;
};

/** A socket that does nothing of itself: the test is the server. */
class IWebSocket
{
public:
	TEvent<>& OnConnected() { return connected_; }
	TEvent<const FString&>& OnConnectionError() { return error_; }
	TEvent<int32, const FString&, bool>& OnClosed() { return closed_; }
	TEvent<const void*, SIZE_T, SIZE_T>& OnRawMessage() { return raw_; }
	void Connect() {}
	void Close() { Open = false; }
	bool IsConnected() { return Open; }
	void Send(const FString& text) { Sent.Add(text); }

	bool Open = false;
	TArray<FString> Sent;
	FString Url, Protocol;
	TMap<FString, FString> Headers;

private:
	TEvent<> connected_;
	TEvent<const FString&> error_;
	TEvent<int32, const FString&, bool> closed_;
	TEvent<const void*, SIZE_T, SIZE_T> raw_;
};

class FWebSocketsModule
{
public:
	static FWebSocketsModule& Get()
	{
		static FWebSocketsModule module;
		return module;
	}
	TSharedPtr<IWebSocket> CreateWebSocket(const FString& url, const FString& protocol, const TMap<FString, FString>& headers)
	{
		Sockets.push_back(MakeShared<IWebSocket>());
		Sockets.back()->Url = url;
		Sockets.back()->Protocol = protocol;
		Sockets.back()->Headers = headers;
		return Sockets.back();
	}
	std::vector<TSharedPtr<IWebSocket>> Sockets;
};

class SWidget;

class ULiveLinkSourceFactory : public UObject
{
public:
	enum class EMenuType
	{
		SubPanel,
		MenuEntry,
		Disabled,
	};
	using FOnLiveLinkSourceCreated = TDelegate<TSharedPtr<ILiveLinkSource>, FString>;
	virtual FText GetSourceDisplayName() const = 0;
	virtual FText GetSourceTooltip() const = 0;
	virtual EMenuType GetMenuType() const { return EMenuType::Disabled; }
	virtual TSharedPtr<SWidget> BuildCreationPanel(FOnLiveLinkSourceCreated) const { return {}; }
	virtual TSharedPtr<ILiveLinkSource> CreateSource(const FString& ConnectionString) const = 0;
};

struct FCompactPoseBoneIndex
{
	explicit FCompactPoseBoneIndex(int32 index) : index_(index) {}
	int32 GetInt() const { return index_; }

private:
	int32 index_;
};

using FMeshPoseBoneIndex = FCompactPoseBoneIndex;

struct FReferenceSkeleton
{
	FName GetBoneName(int32 index) const { return Names[index]; }
	TArray<FName> Names;
};

struct FBoneContainer
{
	const FReferenceSkeleton& GetReferenceSkeleton() const { return Skeleton; }
	FMeshPoseBoneIndex MakeMeshPoseIndex(FCompactPoseBoneIndex index) const { return index; }
	uint16 GetSerialNumber() const { return Serial; }
	FReferenceSkeleton Skeleton;
	uint16 Serial = 1;
};

struct FCompactPose
{
	const FBoneContainer& GetBoneContainer() const { return Container; }
	std::vector<FCompactPoseBoneIndex> ForEachBoneIndex() const
	{
		std::vector<FCompactPoseBoneIndex> all;
		for (int32 index = 0; index < static_cast<int32>(Bones.size()); ++index)
		{
			all.emplace_back(index);
		}
		return all;
	}
	FCompactPoseBoneIndex GetParentBoneIndex(const FCompactPoseBoneIndex& index) const { return FCompactPoseBoneIndex(Parents[index.GetInt()]); }
	const FTransform& GetRefPose(const FCompactPoseBoneIndex& index) const { return Rest[index.GetInt()]; }
	FTransform& operator[](const FCompactPoseBoneIndex& index) { return Bones.at(static_cast<std::size_t>(index.GetInt())); }

	FBoneContainer Container;
	TArray<int32> Parents;
	TArray<FTransform> Rest;
	std::vector<FTransform> Bones;
};

struct FBlendedCurve
{
	TMap<FName, float> Values;
};

class ULiveLinkRetargetAsset : public UObject
{
public:
	explicit ULiveLinkRetargetAsset(const FObjectInitializer& initializer) : UObject(initializer) {}
	virtual void Initialize() {}
	virtual void BuildPoseFromAnimationData(
		float, const FLiveLinkSkeletonStaticData*, const FLiveLinkAnimationFrameData*, FCompactPose&)
	{
	}
	virtual void BuildPoseAndCurveFromBaseData(
		float, const FLiveLinkBaseStaticData*, const FLiveLinkBaseFrameData*, FCompactPose&, FBlendedCurve&)
	{
	}
	void BuildCurveData(const TMap<FName, float>& values, const FCompactPose&, FBlendedCurve& out) const { out.Values = values; }
};

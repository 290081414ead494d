// The Live Link source at work: opens the line and keeps it, and pushes what the core's players say is to be seen.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#include "GroovecastLiveLinkSource.h"

#include "GroovecastClock.h"
#include "GroovecastText.h"

#include "ILiveLinkClient.h"
#include "IWebSocket.h"
#include "LiveLinkSourceSettings.h"
#include "Roles/LiveLinkAnimationRole.h"
#include "Roles/LiveLinkAnimationTypes.h"
#include "WebSocketsModule.h"

#include <utility>

#define LOCTEXT_NAMESPACE "Groovecast"

namespace
{

constexpr int32 FramesKept = 30; // half a second of pushes; Live Link's own default of 10 is little for a slow tick

groovecast::SessionSettings SettingsOf(const groovecast::Connection& Connection)
{
	groovecast::SessionSettings Settings;
	Settings.look_ahead_s = Connection.look_ahead_s;
	Settings.later_s = Connection.later_s;
	return Settings;
}

/** A number that another skeleton does not share, but for a chance in four thousand million; never 0. */
uint32 Fingerprint(const groovecast::Skeleton& Skeleton)
{
	uint32 Hash = 2166136261u; // FNV-1a
	for (const groovecast::Joint& Joint : Skeleton)
	{
		for (const char Sign : Joint.name + ":" + std::to_string(Joint.parent) + ";")
		{
			Hash = (Hash ^ static_cast<uint8>(Sign)) * 16777619u;
		}
	}
	return Hash | 1u;
}

} // namespace

FGroovecastLiveLinkSource::FGroovecastLiveLinkSource(const groovecast::Connection& InConnection)
	: Connection(InConnection), Session(SettingsOf(InConnection))
{
}

FGroovecastLiveLinkSource::~FGroovecastLiveLinkSource()
{
	CloseSocket();
}

void FGroovecastLiveLinkSource::ReceiveClient(ILiveLinkClient* InClient, FGuid InSourceGuid)
{
	Client = InClient;
	SourceGuid = InSourceGuid;
	SkeletonTold.Reset();
}

void FGroovecastLiveLinkSource::InitializeSettings(ULiveLinkSourceSettings* Settings)
{
	// by the poses' own times, blended: "latest" would show the network's jitter
	Settings->Mode = ELiveLinkSourceMode::EngineTime;
	int32& Kept = Settings->BufferSettings.MaxNumberOfFrameToBuffered;
	Kept = Kept < FramesKept ? FramesKept : Kept; // a preset may know better
}

void FGroovecastLiveLinkSource::Update()
{
	if (Client == nullptr)
	{
		return;
	}
	const double NowS = GroovecastNowS();
	if (Session.gone_silent(NowS))
	{
		CloseSocket();
		LastError = TEXT("the line went silent");
		Session.closed(NowS);
	}
	if (Session.wants_connection(NowS))
	{
		OpenSocket();
	}
	for (const std::string& Text : Session.to_say(NowS))
	{
		if (Socket.IsValid() && Socket->IsConnected())
		{
			Socket->Send(GroovecastText(Text));
		}
	}
	PushPoses(NowS);
}

bool FGroovecastLiveLinkSource::RequestSourceShutdown()
{
	CloseSocket();
	Client = nullptr;
	return true;
}

FText FGroovecastLiveLinkSource::GetSourceType() const
{
	return LOCTEXT("SourceType", "Groovecast");
}

FText FGroovecastLiveLinkSource::GetSourceMachineName() const
{
	return FText::FromString(GroovecastText(groovecast::stream_url(Connection)));
}

FText FGroovecastLiveLinkSource::GetSourceStatus() const
{
	if (!Session.connected())
	{
		const FString Why = LastError.IsEmpty() ? FString() : FString(TEXT(" (")) + LastError + TEXT(")");
		return FText::FromString(FString(TEXT("Connecting")) + Why);
	}
	std::string Told = std::to_string(Session.dancers.size()) + (Session.dancers.size() == 1 ? " dancer" : " dancers");
	uint64 Late = 0, Starved = 0;
	for (const auto& Dancer : Session.dancers)
	{
		Late += Dancer.second.counters.late;
		Starved += Dancer.second.counters.starved;
	}
	Told += ", " + groovecast::milliseconds(Session.clock().round_trip_s()) + " ms away, " + std::to_string(Late) +
		" late, " + std::to_string(Session.state.dropped_here) + " dropped, stood still " + std::to_string(Starved) + " times";
	return FText::FromString(GroovecastText(Told));
}

void FGroovecastLiveLinkSource::OpenSocket()
{
	CloseSocket();
	TMap<FString, FString> Headers;
	const std::string Token = groovecast::stream_token(Connection);
	if (!Token.empty())
	{
		// not in the address: the WebSockets module cuts long paths, and addresses get logged
		Headers.Add(TEXT("Authorization"), FString(TEXT("Bearer ")) + GroovecastText(Token));
	}
	const FString Url = GroovecastText(groovecast::stream_url(Connection));
	Socket = FWebSocketsModule::Get().CreateWebSocket(Url, FString(UTF8_TO_TCHAR(groovecast::kSubprotocol)), Headers);
	Socket->OnConnected().AddRaw(this, &FGroovecastLiveLinkSource::OnConnected);
	Socket->OnConnectionError().AddRaw(this, &FGroovecastLiveLinkSource::OnEnded);
	Socket->OnClosed().AddRaw(this, &FGroovecastLiveLinkSource::OnClosed);
	// raw: it gives texts and binary messages alike, in every version of the engine
	Socket->OnRawMessage().AddRaw(this, &FGroovecastLiveLinkSource::OnRawMessage);
	Socket->Connect();
}

void FGroovecastLiveLinkSource::CloseSocket()
{
	if (Socket.IsValid())
	{
		// first: closing may call back, and another socket may be open by then
		Socket->OnConnected().RemoveAll(this);
		Socket->OnConnectionError().RemoveAll(this);
		Socket->OnClosed().RemoveAll(this);
		Socket->OnRawMessage().RemoveAll(this);
		Socket->Close();
		Socket.Reset();
	}
	Message.Reset();
	bMessageTooLong = false;
}

void FGroovecastLiveLinkSource::OnConnected()
{
	LastError.Reset();
	Session.opened(GroovecastNowS());
}

void FGroovecastLiveLinkSource::OnEnded(const FString& Reason)
{
	LastError = Reason;
	Session.closed(GroovecastNowS());
}

void FGroovecastLiveLinkSource::OnClosed(int32 /*Code*/, const FString& Reason, bool /*bWasClean*/)
{
	OnEnded(Reason);
}

void FGroovecastLiveLinkSource::OnRawMessage(const void* Data, SIZE_T Size, SIZE_T BytesRemaining)
{
	bMessageTooLong = bMessageTooLong || Message.Num() + Size > groovecast::Session::kLongestMessage;
	if (!bMessageTooLong)
	{
		Message.Append(static_cast<const uint8*>(Data), static_cast<int32>(Size));
	}
	if (BytesRemaining == 0)
	{
		if (!bMessageTooLong)
		{
			Session.received(Message.GetData(), static_cast<std::size_t>(Message.Num()), GroovecastNowS());
		}
		Message.Reset();
		bMessageTooLong = false;
	}
}

void FGroovecastLiveLinkSource::PushPoses(double NowS)
{
	const uint32 Told = Fingerprint(Session.skeleton());
	for (const double StampS : Grid.due(NowS))
	{
		const auto PlayS = Session.play_s(NowS, StampS - NowS);
		if (!PlayS)
		{
			continue;
		}
		for (auto& Dancer : Session.dancers)
		{
			const groovecast::ShownPose* Pose = Dancer.second.sample(*PlayS);
			if (Pose == nullptr)
			{
				continue;
			}
			const FLiveLinkSubjectKey Key = SubjectOf(Dancer.first);
			uint32& Known = SkeletonTold.FindOrAdd(Dancer.first);
			if (Known != Told)
			{
				PushStaticData(Key, Session.skeleton());
				Known = Told;
			}
			PushPose(Key, *Pose, StampS, *PlayS);
		}
	}
}

void FGroovecastLiveLinkSource::PushStaticData(const FLiveLinkSubjectKey& Key, const groovecast::Skeleton& Skeleton)
{
	FLiveLinkStaticDataStruct Struct(FLiveLinkSkeletonStaticData::StaticStruct());
	FLiveLinkSkeletonStaticData& Data = *Struct.Cast<FLiveLinkSkeletonStaticData>();
	TArray<FName> Names;
	TArray<int32> Parents;
	for (const groovecast::Joint& Joint : Skeleton)
	{
		Names.Add(FName(*GroovecastText(Joint.name)));
		Parents.Add(Joint.parent);
	}
	Data.SetBoneNames(Names);
	Data.SetBoneParents(Parents);
	for (const char* Curve : groovecast::curve_names())
	{
		Data.PropertyNames.Add(FName(UTF8_TO_TCHAR(Curve)));
	}
	Client->PushSubjectStaticData_AnyThread(Key, ULiveLinkAnimationRole::StaticClass(), MoveTemp(Struct));
}

void FGroovecastLiveLinkSource::PushPose(
	const FLiveLinkSubjectKey& Key, const groovecast::ShownPose& Pose, double StampS, double ShownS)
{
	FLiveLinkFrameDataStruct Struct(FLiveLinkAnimationFrameData::StaticStruct());
	FLiveLinkAnimationFrameData& Data = *Struct.Cast<FLiveLinkAnimationFrameData>();
	// two arguments: with one, Live Link would take the pose for one of this very moment
	Data.WorldTime = FLiveLinkWorldTime(StampS, 0.0);
	for (const groovecast::UnrealBone& Bone : groovecast::unreal_bones(Session.skeleton(), Pose))
	{
		const groovecast::Quat& Q = Bone.rotation;
		const groovecast::Vec3& P = Bone.place_cm;
		Data.Transforms.Add(FTransform(FQuat(Q.x, Q.y, Q.z, Q.w), FVector(P.x, P.y, P.z), FVector::OneVector));
	}
	for (const float Value : groovecast::curve_values(Pose, ShownS))
	{
		Data.PropertyValues.Add(Value);
	}
	Client->PushSubjectFrameData_AnyThread(Key, MoveTemp(Struct));
}

FLiveLinkSubjectKey FGroovecastLiveLinkSource::SubjectOf(int32 Dancer) const
{
	const std::string Name = Connection.subject + (Dancer == 0 ? "" : "_" + std::to_string(Dancer + 1));
	return FLiveLinkSubjectKey(SourceGuid, FName(*GroovecastText(Name)));
}

#undef LOCTEXT_NAMESPACE

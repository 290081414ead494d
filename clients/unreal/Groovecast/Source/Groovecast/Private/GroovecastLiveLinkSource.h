// The Live Link source: a WebSocket to the show on one side, one subject a dancer on the other, the core between.
// Copyright the Groovecast authors. Licensed under Apache-2.0.
#pragma once

#include "CoreMinimal.h"
#include "ILiveLinkSource.h"
#include "LiveLinkTypes.h"

#include "GroovecastCore/Connection.h"
#include "GroovecastCore/Session.h"
#include "GroovecastCore/Subject.h"

class ILiveLinkClient;
class IWebSocket;

/** All of it runs on the game thread: Live Link calls Update once a tick, and the WebSockets module calls back there. */
class FGroovecastLiveLinkSource : public ILiveLinkSource
{
public:
	explicit FGroovecastLiveLinkSource(const groovecast::Connection& InConnection);
	virtual ~FGroovecastLiveLinkSource() override;

	//~ ILiveLinkSource
	virtual void ReceiveClient(ILiveLinkClient* InClient, FGuid InSourceGuid) override;
	virtual void InitializeSettings(ULiveLinkSourceSettings* Settings) override;
	virtual void Update() override;
	virtual bool IsSourceStillValid() const override { return Client != nullptr; }
	virtual bool RequestSourceShutdown() override;
	virtual FText GetSourceType() const override;
	virtual FText GetSourceMachineName() const override;
	virtual FText GetSourceStatus() const override;

private:
	void OpenSocket();
	void CloseSocket();
	void OnConnected();
	void OnEnded(const FString& Reason);
	void OnClosed(int32 Code, const FString& Reason, bool bWasClean);
	void OnRawMessage(const void* Data, SIZE_T Size, SIZE_T BytesRemaining);
	void PushPoses(double NowS);
	void PushStaticData(const FLiveLinkSubjectKey& Key, const groovecast::Skeleton& Skeleton);
	void PushPose(const FLiveLinkSubjectKey& Key, const groovecast::ShownPose& Pose, double StampS, double ShownS);
	FLiveLinkSubjectKey SubjectOf(int32 Dancer) const;

	/** What Live Link was told of a dancer's bones, so that it is told once: each time clears its frames. */
	TMap<int32, uint32> SkeletonTold;

	groovecast::Connection Connection;
	groovecast::Session Session;
	groovecast::PushGrid Grid;
	ILiveLinkClient* Client = nullptr;
	FGuid SourceGuid;
	TSharedPtr<IWebSocket> Socket;
	TArray<uint8> Message; // of the parts that have come so far
	bool bMessageTooLong = false;
	FString LastError;
};

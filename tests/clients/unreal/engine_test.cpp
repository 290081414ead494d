// The plugin's engine layer over stubs of Unreal: what it tells Live Link, how it keeps its line, what its panel makes.
#include "check.h"

#include "GroovecastLiveLinkSource.h"
#include "GroovecastLiveLinkSourceFactory.h"
#include "GroovecastRetargetAsset.h"
#include "GroovecastText.h"
#include "SGroovecastSourcePanel.h"
#include "UnrealLiveLink.h"

#include <fstream>

using groovecast::PoseFrame;

bool FFileHelper::LoadFileToString(FString& out, const TCHAR* path)
{
	std::ifstream in(ToUtf8(path), std::ios::binary);
	const std::string text(std::istreambuf_iterator<char>(in), {});
	out = GroovecastText(text);
	return in.good() || !text.empty();
}

IModuleInterface* MakeGroovecastEditor();

/** A Live Link that keeps what it is told. */
class Notebook : public ILiveLinkClient
{
public:
	void PushSubjectStaticData_AnyThread(
		const FLiveLinkSubjectKey& key, TSubclassOf<ULiveLinkRole>, FLiveLinkStaticDataStruct&& data) override
	{
		Static.emplace_back(GroovecastText(key.SubjectName.ToString()), *data.Cast<FLiveLinkSkeletonStaticData>());
	}
	void PushSubjectFrameData_AnyThread(const FLiveLinkSubjectKey& key, FLiveLinkFrameDataStruct&& data) override
	{
		Frames.emplace_back(GroovecastText(key.SubjectName.ToString()), *data.Cast<FLiveLinkAnimationFrameData>());
	}
	std::vector<std::pair<std::string, FLiveLinkSkeletonStaticData>> Static;
	std::vector<std::pair<std::string, FLiveLinkAnimationFrameData>> Frames;
};

static std::vector<TSharedPtr<IWebSocket>>& sockets() { return FWebSocketsModule::Get().Sockets; }

static void say(IWebSocket& socket, const std::string& message, std::size_t part = 100000)
{
	for (std::size_t at = 0; at < message.size(); at += part)
	{
		const std::size_t size = std::min(part, message.size() - at);
		socket.OnRawMessage().Broadcast(message.data() + at, size, message.size() - at - size);
	}
}

static std::string pose(double time_s, int dancer = 0)
{
	PoseFrame frame;
	frame.t_present_s = time_s;
	frame.dancer = static_cast<std::uint8_t>(dancer);
	frame.root_m = {0.5f, 0.96f, static_cast<float>(time_s - 5000)};
	frame.tempo_bpm = 120;
	frame.energy = 0.75f;
	for (int k = 0; k < 52; ++k)
	{
		frame.local_quat_wxyz.insert(frame.local_quat_wxyz.end(), {1, 0, 0, 0});
	}
	std::vector<std::uint8_t> message;
	encode_frame(frame, message);
	return std::string(message.begin(), message.end());
}

/** A source with its Live Link, on a line that the test holds in its hand. */
struct Stage
{
	Notebook live_link;
	std::shared_ptr<ILiveLinkSource> source;

	explicit Stage(const char* connection = "address=10.0.0.7;token=secret;subject=Dora")
	{
		sockets().clear();
		source = GetDefault<UGroovecastLiveLinkSourceFactory>()->CreateSource(GroovecastText(std::string(connection)));
		source->ReceiveClient(&live_link, FGuid());
		source->Update();
	}

	IWebSocket& socket() { return *sockets().back(); }

	void open()
	{
		socket().Open = true;
		socket().OnConnected().Broadcast();
		say(socket(), R"({"type":"hello","session":"s","version":"1","now_s":5000})");
		const std::string now = groovecast::json_number(FPlatformTime::Now());
		say(socket(), "{\"type\":\"pong\",\"t0\":" + now + ",\"t1\":5000,\"t2\":5000}");
		began_s = FPlatformTime::Now();
	}

	/** So many ticks of a game at 60 frames a second, the server sending a quarter of a second ahead. */
	void tick(int times, int dancers = 1)
	{
		for (; times-- > 0; FPlatformTime::Now() += 1.0 / 60)
		{
			for (int dancer = 0; dancer < dancers; ++dancer)
			{
				say(socket(), pose(5000 + FPlatformTime::Now() - began_s + 0.25, dancer));
			}
			source->Update();
		}
	}

	double began_s = 0;
};

TEST("it opens a line with the address, the token in a header and our subprotocol")
{
	Stage stage;
	HOLDS(sockets().size() == 1);
	HOLDS(GroovecastText(stage.socket().Url) == "ws://10.0.0.7:8765/ws" && GroovecastText(stage.socket().Protocol) == "groovecast.v1+bin");
	HOLDS(GroovecastText(stage.socket().Headers.items_[TEXT("Authorization")]) == "Bearer secret");
	HOLDS(GroovecastText(stage.source->GetSourceStatus().ToString()) == "Connecting");
	Stage open("address=127.0.0.1:1");
	HOLDS(open.socket().Headers.items_.empty());
}

TEST("Live Link reads by time, and is told each dancer's bones once")
{
	Stage stage;
	ULiveLinkSourceSettings settings;
	stage.source->InitializeSettings(&settings);
	HOLDS(settings.Mode == ELiveLinkSourceMode::EngineTime && settings.BufferSettings.MaxNumberOfFrameToBuffered == 30);
	stage.open();
	stage.tick(120, 2);
	HOLDS(stage.live_link.Static.size() == 2);
	HOLDS(stage.live_link.Static[0].first == "Dora" && stage.live_link.Static[1].first == "Dora_2");
	const auto& bones = stage.live_link.Static[0].second;
	HOLDS(bones.GetBoneNames().Num() == 52 && bones.GetBoneParents().Num() == 52 && bones.GetBoneParents()[0] == -1);
	HOLDS(GroovecastText(bones.GetBoneNames()[51].ToString()) == "rightLittleDistal");
	HOLDS(bones.PropertyNames.Num() == 10);
	// another skeleton is told, and told once
	say(stage.socket(), R"({"type":"skeleton","joints":[{"name":"hips","parent":null,"offset_m":[0,1,0]}]})");
	stage.tick(30, 2);
	HOLDS(stage.live_link.Static.size() == 4 && stage.live_link.Static[3].second.GetBoneNames().Num() == 1);
}

TEST("poses are pushed sixty times a second with their own time, in Unreal's space, and the beat with them")
{
	Stage stage;
	stage.open();
	stage.tick(180);
	const auto& frames = stage.live_link.Frames;
	HOLDS(frames.size() > 170 && frames.size() < 190);
	for (std::size_t k = 1; k < frames.size(); ++k)
	{
		const auto &before = frames[k - 1].second, &now = frames[k].second;
		NEAR(now.WorldTime.GetOffsettedTime() - before.WorldTime.GetOffsettedTime(), 1.0 / 60, 1e-6);
		HOLDS(now.Transforms.Num() == 52 && now.PropertyValues.Num() == 10);
		const FVector hips = now.Transforms[0].GetLocation();
		NEAR(hips.X, 50, 1e-4);
		NEAR(hips.Z, 96, 1e-4);
		// the hips walk one metre a second: here is where they are at the moment that the frame says
		const double moment_s = now.WorldTime.GetOffsettedTime() - stage.began_s;
		HOLDS(k < 30 || std::fabs(hips.Y - 100 * moment_s) < 0.1);
		NEAR(now.Transforms[1].GetLocation().X, 9, 1e-5);
		NEAR(now.PropertyValues[4], 0.75, 1e-6);
	}
	NEAR(frames.back().second.WorldTime.GetOffsettedTime(), FPlatformTime::Now() - 1.0 / 60 + 2.0 / 60, 1.0 / 60);
}

TEST("a message in parts is put together, one that is too long is left out")
{
	Stage stage;
	stage.open();
	stage.tick(30);
	say(stage.socket(), R"({"type":"state","dropped_here":7})", 3);
	HOLDS(GroovecastText(stage.source->GetSourceStatus().ToString()).find("7 dropped") != std::string::npos);
	say(stage.socket(), std::string(2 << 20, ' '), 65536);
	say(stage.socket(), R"({"type":"state","dropped_here":8})");
	HOLDS(GroovecastText(stage.source->GetSourceStatus().ToString()).find("8 dropped") != std::string::npos);
	stage.tick(30);
	HOLDS(stage.live_link.Frames.size() > 50);
}

TEST("a line that breaks is opened again, the figure holding meanwhile, and an old line is not listened to")
{
	Stage stage;
	stage.open();
	stage.tick(60);
	const auto first = sockets().back();
	first->Open = false;
	first->OnConnectionError().Broadcast(FString(TEXT("gone")));
	first->OnClosed().Broadcast(1006, FString(TEXT("gone")), false); // both, as some platforms do
	HOLDS(GroovecastText(stage.source->GetSourceStatus().ToString()) == "Connecting (gone)");
	const auto pushed = stage.live_link.Frames.size();
	for (int k = 0; k < 20; ++k, FPlatformTime::Now() += 1.0 / 60)
	{
		stage.source->Update();
	}
	HOLDS(sockets().size() == 2 && stage.live_link.Frames.size() > pushed + 15);
	first->OnConnected().Broadcast(); // nobody is there
	HOLDS(GroovecastText(stage.source->GetSourceStatus().ToString()).find("Connecting") == 0);
	stage.open();
	stage.tick(60);
	HOLDS(GroovecastText(stage.source->GetSourceStatus().ToString()).find("1 dancer,") == 0);
	HOLDS(stage.live_link.Static.size() == 1);
}

TEST("a line that says nothing for five seconds is given up")
{
	Stage stage;
	stage.open();
	for (int k = 0; k < 60 * 6; ++k, FPlatformTime::Now() += 1.0 / 60)
	{
		stage.source->Update();
	}
	HOLDS(sockets().size() == 2 && !sockets().front()->Open);
	HOLDS(GroovecastText(stage.source->GetSourceStatus().ToString()) == "Connecting (the line went silent)");
}

TEST("after its end it neither pushes nor listens")
{
	Stage stage;
	stage.open();
	stage.tick(30);
	const auto socket = sockets().back();
	HOLDS(stage.source->IsSourceStillValid() && stage.source->RequestSourceShutdown() && stage.source->RequestSourceShutdown());
	const auto pushed = stage.live_link.Frames.size();
	say(*socket, pose(5003));
	stage.source->Update();
	HOLDS(!stage.source->IsSourceStillValid() && stage.live_link.Frames.size() == pushed && !socket->Open);
	stage.source.reset();
	say(*socket, pose(5003)); // the sanitizer would see a call into what is gone
}

TEST("the editor's panel makes a source of what is written, and a game has no panel")
{
	const auto* factory = GetDefault<UGroovecastLiveLinkSourceFactory>();
	HOLDS(factory->GetMenuType() == ULiveLinkSourceFactory::EMenuType::MenuEntry);
	const std::unique_ptr<IModuleInterface> module(MakeGroovecastEditor());
	module->StartupModule();
	HOLDS(factory->GetMenuType() == ULiveLinkSourceFactory::EMenuType::SubPanel);
	std::string made;
	ULiveLinkSourceFactory::FOnLiveLinkSourceCreated created;
	created.Bound = [&](TSharedPtr<ILiveLinkSource> source, FString text) { made = source ? GroovecastText(text) : "nothing"; };
	const auto panel = factory->BuildCreationPanel(created);
	const auto lines = panel->Children.at(0)->Children;
	HOLDS(lines.size() == 6);
	const char* written[] = {"stage.local:9000", "se;cret", "Dora", "400", "-20"};
	for (std::size_t k = 0; k < 5; ++k)
	{
		auto* box = dynamic_cast<SEditableTextBox*>(lines[k]->Children.at(1).get());
		HOLDS(box != nullptr);
		box->Said.Changed(FText::FromString(GroovecastText(std::string(written[k]))));
	}
	dynamic_cast<SButton*>(lines[5].get())->Said.Clicked();
	HOLDS(made == "address=stage.local:9000;token=se%3Bcret;subject=Dora;look_ahead_ms=400;later_ms=-20");
	module->ShutdownModule();
	HOLDS(factory->GetMenuType() == ULiveLinkSourceFactory::EMenuType::MenuEntry);
	HOLDS(!factory->BuildCreationPanel(created).IsValid());
}

TEST("a retarget asset turns the bones that its map names and leaves the others alone")
{
	IPlugin::Folder() = check::told().folder + "/clients/unreal/Groovecast";
	Stage stage;
	stage.open();
	stage.tick(30);
	const auto& bones = stage.live_link.Static[0].second;
	const auto& frame = stage.live_link.Frames.back().second;
	// three bones: a root, a pelvis 120 cm up, and one of a face
	FCompactPose character;
	for (const TCHAR* name : {TEXT("root"), TEXT("pelvis"), TEXT("jaw")})
	{
		character.Container.Skeleton.Names.Add(FName(name));
	}
	for (const int32 parent : {-1, 0, 1})
	{
		character.Parents.Add(parent);
	}
	const FTransform at_rest(FQuat(), FVector(), FVector::OneVector), up(FQuat(), FVector(0, 0, 120), FVector::OneVector);
	for (const FTransform& rest : {at_rest, up, at_rest})
	{
		character.Rest.Add(rest);
		character.Bones.push_back(rest);
	}
	character.Bones[2].SetLocation(FVector(1, 2, 3)); // what another animation did
	UGroovecastRetargetAsset manny{FObjectInitializer()};
	manny.BuildPoseFromAnimationData(0, &bones, &frame, character); // not initialized: nothing happens
	HOLDS(character.Bones[1].GetLocation().X == 0);
	manny.Initialize();
	manny.BuildPoseFromAnimationData(0, &bones, &frame, character);
	NEAR(character.Bones[1].GetLocation().X, 50 * 1.25, 1e-4); // 120 cm for our 96
	NEAR(character.Bones[1].GetLocation().Z, 120, 1e-4);
	HOLDS(character.Bones[2].GetLocation().Z == 3 && character.Bones[1].GetScale3D().X == 1);
	FBlendedCurve curves;
	manny.BuildPoseAndCurveFromBaseData(0, &bones, &frame, character, curves);
	HOLDS(curves.Values.items_.size() == 10);
	NEAR(curves.Values.items_[FName(TEXT("groovecast_energy"))], 0.75, 1e-6);
	UGroovecastVrmRetargetAsset vrm{FObjectInitializer()};
	UGroovecastMetaHumanRetargetAsset human{FObjectInitializer()};
	HOLDS(GroovecastText(vrm.BoneMap) == "vrm" && GroovecastText(human.BoneMap) == "metahuman");
	vrm.BoneMap = TEXT("no such map");
	vrm.Initialize();
	vrm.BuildPoseFromAnimationData(0, &bones, &frame, character);
	UGroovecastVroidRetargetAsset vroid{FObjectInitializer()};
	vroid.Initialize();
	const int told = LoggedLogGroovecast;
	vroid.BuildPoseFromAnimationData(0, &bones, &frame, character); // Manny has no J_Bip_C_Hips: that is said, and once
	vroid.BuildPoseFromAnimationData(0, &bones, &frame, character);
	HOLDS(LoggedLogGroovecast == told + 1);
	FLiveLinkAnimationFrameData odd; // another number of bones than the subject has
	manny.BuildPoseFromAnimationData(0, &bones, &odd, character);
}

int main(int count, char** words) { return check::run(count, words); }

// From our space to a character in Unreal: handedness by a worked example, bone maps, other rest poses, other sizes.
#include "check.h"

#include "GroovecastCore/Connection.h"
#include "GroovecastCore/Retarget.h"
#include "GroovecastCore/Space.h"

#include <map>

using namespace groovecast;

static const double kHalfTurn = 3.141592653589793;

static Quat about(const Vec3& axis, double degrees) { return from_rotation_vector(axis * (degrees * kHalfTurn / 180)); }

static void same(const Vec3& a, const Vec3& b, double within = 1e-9) { NEAR(length(a - b), 0, within); }

TEST("the worked example: turned to its left over here, it is turned to its left over there")
{
	const Vec3 ahead{0, 0, 1}, left{1, 0, 0}, up{0, 1, 0};
	same(unreal_place_cm(ahead), {0, 100, 0}); // +Y, where a mannequin looks
	same(unreal_place_cm(left), {100, 0, 0});  // +X, a mannequin's left
	same(unreal_place_cm(up), {0, 0, 100});
	const Quat turn = about(up, 90);
	same(rotate(turn, ahead), left);
	const Quat over_there = unreal_rotation(turn);
	NEAR(over_there.z, -std::sqrt(0.5), 1e-12);
	NEAR(over_there.w, std::sqrt(0.5), 1e-12);
	same(rotate(over_there, {0, 1, 0}), {1, 0, 0});
}

TEST("Unreal's own way to turn a vector, written out, agrees")
{
	// FQuat::RotateVector: T = 2 (Q x V); V + w T + Q x T. Yaw 90 in Unreal takes X to Y.
	const Quat yaw90{std::sqrt(0.5), 0, 0, std::sqrt(0.5)};
	same(rotate(yaw90, {1, 0, 0}), {0, 1, 0});
	// the knee: our left lower leg bent back by 30 degrees puts the foot behind (-Z, over there -Y) and up
	const Quat knee = about({1, 0, 0}, 30);
	const Vec3 foot = rotate(knee, {0, -0.41, 0});
	HOLDS(foot.z < -0.2);
	same(rotate(unreal_rotation(knee), unreal_place_cm({0, -0.41, 0})), unreal_place_cm(foot), 1e-9);
}

TEST("to turn and then to move over is to move over and then to turn, for any rotation and place")
{
	std::mt19937 dice(3);
	const auto any = [&] { return static_cast<double>(dice() % 2001) / 1000 - 1; };
	for (int turn = 0; turn < 2000; ++turn)
	{
		const Quat p = unit({any(), any(), any(), any()}), q = unit({any(), any(), any(), any()});
		const Vec3 v{any(), any(), any()};
		same(unreal_place_cm(rotate(q, v)), rotate(unreal_rotation(q), unreal_place_cm(v)), 1e-9);
		const Quat both = unreal_rotation(p * q), each = unreal_rotation(p) * unreal_rotation(q);
		NEAR(std::fabs(dot(both, each)), 1, 1e-12);
		const Quat back = from_rotation_vector(rotation_vector(q));
		NEAR(std::fabs(dot(back, q)), 1, 1e-12);
		const Vec3 w{any(), any(), any()};
		const Vec3 along = rotate(least_turn(v, w), v);
		same(along * (1 / length(along)), w * (1 / length(w)), 1e-9);
		NEAR(dot(slerp(p, q, 0.5), p), dot(slerp(q, p, 0.5), p) * (dot(slerp(p, q, 0.5), slerp(q, p, 0.5)) < 0 ? -1 : 1), 1e-9);
	}
	same(rotate(least_turn({1, 0, 0}, {-1, 0, 0}), {1, 0, 0}), {-1, 0, 0});
	NEAR(unit({0, 0, 0, 0}).w, 1, 0);
	NEAR(length(rotate(unit({3e-39f, 0, 4e-39f, 0}), {1, 0, 0})), 1, 1e-9);
}

static BoneMap map_of(const std::string& name)
{
	BoneMap map;
	std::string why;
	const bool read = read_bone_map(check::read_file("clients/unreal/Groovecast/Resources/BoneMaps/" + name + ".json"), map, why);
	HOLDS(read);
	HOLDS(why.empty());
	return map;
}

TEST("every bone map is read, and maps each of our joints")
{
	for (const char* name : {"manny", "metahuman", "mannequin_ue4", "vrm", "vroid"})
	{
		const BoneMap map = map_of(name);
		for (const Joint& joint : groovecast_skeleton())
		{
			HOLDS(map.of(joint.name) != nullptr);
		}
		HOLDS(map.of("leftUpperArm")->rest == MappedBone::Rest::Straightened && map.of("leftFoot")->rest == MappedBone::Rest::AsItStands);
	}
}

TEST("a broken bone map is refused in words")
{
	BoneMap map;
	std::string why;
	for (const char* text : {"", "{}", R"({"bones":{"hips":""}})", R"({"bones":{"hips":"a","spine":"a"}})", R"({"bones":{"spine":"a"}})",
			 R"({"bones":{"hips":"a"},"straightened":["head"]})", R"({"bones":{"hips":"a","hips":"b"}})"})
	{
		why.clear();
		HOLDS(!read_bone_map(text, map, why) && why.size() > 20);
	}
}

/**
 * A character like a mannequin: bones that lie as they like, arms down in an A-pose, legs apart, more of a spine than
 * ours, twist bones, a pelvis below a turned root, 1.2 times our size.
 */
static std::vector<TargetBone> character(const BoneMap& map, std::mt19937& dice, double size, bool a_pose)
{
	const auto any = [&] { return static_cast<double>(dice() % 2001) / 1000 - 1; };
	const Skeleton& ours = groovecast_skeleton();
	std::vector<Quat> world(1, about({0, 0, 1}, 90));
	std::vector<Vec3> place(1, Vec3{0, 0, 0});
	std::vector<TargetBone> bones{{"root", -1, {world[0], place[0]}}};
	std::vector<int> bone_of;
	for (const Joint& joint : ours)
	{
		const int parent = joint.parent < 0 ? 0 : bone_of[static_cast<std::size_t>(joint.parent)];
		const auto up = static_cast<std::size_t>(parent);
		Vec3 step = unreal_place_cm(joint.offset_m) * size;
		const bool leftish = joint.name.compare(0, 4, "left") == 0, arm = step.z == 0 && std::fabs(step.x) > 20;
		const bool leg = joint.name.find("LowerLeg") != std::string::npos || joint.name.find("Foot") != std::string::npos;
		if (a_pose && arm)
		{
			step = rotate(about({0, 1, 0}, leftish ? 45 : -45), step);
			HOLDS(step.z < 0);
		}
		if (a_pose && leg)
		{
			step = rotate(about({0, 1, 0}, leftish ? -6 : 6), step);
		}
		const Quat lies = unit({any(), any(), any(), any()}); // its axes point anywhere
		const Vec3 at = place[up] + step;
		TargetBone bone{map.of(joint.name)->theirs, parent, {conjugate(world[up]) * lies, rotate(conjugate(world[up]), at - place[up])}};
		bone_of.push_back(static_cast<int>(bones.size()));
		bones.push_back(bone);
		world.push_back(lies);
		place.push_back(at);
		if (dice() % 3 == 0) // a twist bone
		{
			bones.push_back({bone.name + "_twist", static_cast<int>(bones.size()) - 1, {unit({any(), any(), any(), any()}), {1, 2, 3}}});
			world.push_back(lies);
			place.push_back(at);
		}
	}
	return bones;
}

static std::map<std::string, Vec3> places_of(const std::vector<TargetBone>& bones, const std::vector<UnrealBone>& pose)
{
	std::map<std::string, Vec3> places;
	std::vector<Quat> world;
	std::vector<Vec3> at;
	for (std::size_t b = 0; b < bones.size(); ++b)
	{
		const bool rooted = bones[b].parent < 0;
		const auto up = static_cast<std::size_t>(rooted ? 0 : bones[b].parent);
		at.push_back(rooted ? pose[b].place_cm : at[up] + rotate(world[up], pose[b].place_cm));
		world.push_back(rooted ? pose[b].rotation : world[up] * pose[b].rotation);
		places[bones[b].name] = at.back();
	}
	return places;
}

static std::vector<UnrealBone> rest(const std::vector<TargetBone>& bones)
{
	std::vector<UnrealBone> pose;
	for (const TargetBone& bone : bones)
	{
		pose.push_back(bone.rest);
	}
	return pose;
}

static ShownPose any_pose(std::mt19937& dice, double most_rad)
{
	const auto any = [&] { return static_cast<double>(dice() % 2001) / 1000 - 1; };
	ShownPose pose;
	for (std::size_t k = 0; k < groovecast_skeleton().size(); ++k)
	{
		pose.local.push_back(from_rotation_vector({any() * most_rad, any() * most_rad, any() * most_rad}));
	}
	pose.root_m = {any(), 0.9 + 0.1 * any(), any()};
	return pose;
}

TEST("a character of our build in a T-pose dances with every joint where ours is, whatever way its bones lie")
{
	std::mt19937 dice(11);
	const BoneMap map = map_of("manny");
	for (const double size : {1.0, 1.2})
	{
		const auto bones = character(map, dice, size, false);
		const Retarget retarget(groovecast_skeleton(), bones, map);
		HOLDS(retarget.mapped() == 52);
		for (int turn = 0; turn < 50; ++turn)
		{
			const ShownPose pose = any_pose(dice, 1.0);
			const auto ours = unreal_bones(groovecast_skeleton(), pose);
			std::vector<int> parents;
			std::vector<Vec3> offsets;
			std::vector<Quat> local;
			for (std::size_t k = 0; k < ours.size(); ++k)
			{
				parents.push_back(groovecast_skeleton()[k].parent);
				offsets.push_back(ours[k].place_cm);
				local.push_back(ours[k].rotation);
			}
			const auto want = joint_places(parents, offsets, ours[0].place_cm, local);
			const auto got = places_of(bones, retarget.pose(ours));
			for (std::size_t k = 0; k < want.size(); ++k)
			{
				same(got.at(map.of(groovecast_skeleton()[k].name)->theirs), want[k] * size, 1e-6);
			}
		}
	}
}

TEST("a character that stands in an A-pose is put into our T-pose first, its feet flat")
{
	std::mt19937 dice(12);
	const BoneMap map = map_of("manny");
	const auto bones = character(map, dice, 1.0, true);
	const Retarget retarget(groovecast_skeleton(), bones, map);
	ShownPose still;
	still.local.assign(52, Quat());
	still.root_m = groovecast_skeleton()[0].offset_m;
	const auto stood = places_of(bones, rest(bones)), posed = places_of(bones, retarget.pose(unreal_bones(groovecast_skeleton(), still)));
	HOLDS(stood.at("hand_l").z < stood.at("upperarm_l").z - 20);
	same(posed.at("hand_l") - posed.at("upperarm_l"), {52, 0, 0}, 1e-6);
	same(posed.at("hand_r") - posed.at("upperarm_r"), {-52, 0, 0}, 1e-6);
	same(posed.at("foot_l") - posed.at("thigh_l"), {0, 0, -82}, 1e-6);
	same(posed.at("ball_l") - posed.at("foot_l"), stood.at("ball_l") - stood.at("foot_l"), 1e-6); // as it stood
	// and what our arm does, theirs does
	ShownPose raised = still;
	for (std::size_t k = 0; k < 52; ++k)
	{
		raised.local[k] = groovecast_skeleton()[k].name == "leftUpperArm" ? about({0, 0, 1}, 90) : Quat();
	}
	const auto up = places_of(bones, retarget.pose(unreal_bones(groovecast_skeleton(), raised)));
	same(up.at("hand_l") - up.at("upperarm_l"), {0, 0, 52}, 1e-6);
}

TEST("a character that faces another way dances that way")
{
	std::mt19937 dice(13);
	const BoneMap map = map_of("vrm");
	auto bones = character(map, dice, 1.0, true);
	const double yaw = kHalfTurn / 2; // it faces -X instead of +Y
	const Quat turned = from_rotation_vector({0, 0, yaw});
	bones[0].rest.rotation = turned * bones[0].rest.rotation;
	const Retarget retarget(groovecast_skeleton(), bones, map, yaw);
	ShownPose ahead = any_pose(dice, 0.4);
	ahead.root_m = {0, 0.96, 1}; // a metre ahead
	const auto got = places_of(bones, retarget.pose(unreal_bones(groovecast_skeleton(), ahead)));
	same(got.at("hips"), {-100, 0, 96}, 1e-6);
	// and it is the same dance as on the character before it was turned, seen from there
	auto before = bones;
	before[0].rest.rotation = conjugate(turned) * before[0].rest.rotation;
	const auto straight = places_of(before, Retarget(groovecast_skeleton(), before, map).pose(unreal_bones(groovecast_skeleton(), ahead)));
	for (const auto& place : straight)
	{
		same(got.at(place.first), rotate(turned, place.second), 1e-6);
	}
}

TEST("a character that lacks bones, or has none of ours, dances with what it has")
{
	std::mt19937 dice(14);
	const BoneMap map = map_of("manny");
	auto bones = character(map, dice, 1.0, true);
	for (TargetBone& bone : bones)
	{
		bone.name = bone.name.find("0") != std::string::npos || bone.name == "ball_l" ? "another_" + bone.name : bone.name;
	}
	const Retarget some(groovecast_skeleton(), bones, map);
	HOLDS(some.mapped() > 10 && some.mapped() < 25);
	for (const UnrealBone& bone : some.pose(unreal_bones(groovecast_skeleton(), any_pose(dice, 1))))
	{
		HOLDS(std::isfinite(bone.rotation.w) && std::isfinite(length(bone.place_cm)));
	}
	for (TargetBone& bone : bones)
	{
		bone.name = "no";
	}
	const Retarget none(groovecast_skeleton(), bones, map);
	const auto pose = none.pose(unreal_bones(groovecast_skeleton(), any_pose(dice, 1)));
	HOLDS(none.mapped() == 0);
	for (std::size_t b = 0; b < bones.size(); ++b)
	{
		same(pose[b].place_cm, bones[b].rest.place_cm);
	}
	HOLDS(Retarget(groovecast_skeleton(), {}, map).pose({}).empty());
}

TEST("bones are found however their names are written: a packaged game keeps no case")
{
	std::mt19937 dice(17);
	const BoneMap map = map_of("manny");
	auto bones = character(map, dice, 1.0, true);
	const ShownPose pose = any_pose(dice, 1);
	const auto want = Retarget(groovecast_skeleton(), bones, map).pose(unreal_bones(groovecast_skeleton(), pose));
	groovecast::Skeleton loud = groovecast_skeleton();
	for (Joint& joint : loud)
	{
		joint.name[0] = static_cast<char>(joint.name[0] - 'a' + 'A');
	}
	for (TargetBone& bone : bones)
	{
		bone.name[0] = static_cast<char>(bone.name[0] - 'a' + 'A');
	}
	const Retarget retarget(loud, bones, map);
	HOLDS(retarget.mapped() == 52 && retarget.has_hips());
	const auto got = retarget.pose(unreal_bones(loud, pose));
	for (std::size_t b = 0; b < got.size(); ++b)
	{
		same(got[b].place_cm, want[b].place_cm, 1e-9);
	}
	BoneMap twice;
	std::string why;
	HOLDS(!read_bone_map(R"({"bones":{"hips":"a","spine":"A"}})", twice, why));
}

TEST("a root that makes all below it a hundred times larger, as importers do, moves nothing")
{
	std::mt19937 dice(18);
	const BoneMap map = map_of("manny");
	const auto bones = character(map, dice, 1.2, true);
	auto scaled = bones;
	scaled[0].scale = 100;
	for (std::size_t b = 1; b < scaled.size(); ++b)
	{
		scaled[b].rest.place_cm = scaled[b].rest.place_cm * 0.01;
	}
	const auto pose = unreal_bones(groovecast_skeleton(), any_pose(dice, 1));
	const auto want = Retarget(groovecast_skeleton(), bones, map).pose(pose);
	const auto got = Retarget(groovecast_skeleton(), scaled, map).pose(pose);
	for (std::size_t b = 1; b < bones.size(); ++b)
	{
		same(got[b].place_cm * 100, want[b].place_cm, 1e-6);
		NEAR(std::fabs(dot(got[b].rotation, want[b].rotation)), 1, 1e-9);
	}
}

TEST("22 joints are shown on 52 bones, the fingers at rest")
{
	std::mt19937 dice(15);
	ShownPose pose = any_pose(dice, 1);
	pose.local.resize(22);
	const auto bones = unreal_bones(groovecast_skeleton(), pose);
	HOLDS(bones.size() == 52 && bones[51].rotation.w == 1 && bones[21].rotation.w != 1);
	same(bones[1].place_cm, {9, 0, -6});
}

TEST("a connection is kept as a line of text, whatever is in it")
{
	Connection odd{"wss://[::1]:9000/ws", "50% of =;token; é", "My; dancer=1", 0.125, -0.01};
	const Connection back = connection_of(to_text(odd));
	HOLDS(back.address == odd.address && back.token == odd.token && back.subject == odd.subject);
	NEAR(back.look_ahead_s, 0.125, 1e-12);
	NEAR(back.later_s, -0.01, 1e-12);
	HOLDS(connection_of("").address == "127.0.0.1:8765" && connection_of("10.0.0.7").address == "10.0.0.7");
	HOLDS(connection_of("address=;subject=;look_ahead_ms=99999999999999;later_ms=x").subject == "Groovecast");
	HOLDS(connection_of("look_ahead_ms=9000").look_ahead_s == 0.5);
	HOLDS(connection_of("http://10.0.0.7:9000/?token=abc").address == "http://10.0.0.7:9000/?token=abc");
	HOLDS(connection_of("subject=" + std::string(5000, 's')).subject.size() == 128);
	std::mt19937 dice(16);
	for (int turn = 0; turn < 5000; ++turn)
	{
		Connection any;
		any.address.clear();
		for (auto count = 1 + dice() % 9; count-- > 0;)
		{
			any.address.push_back(static_cast<char>(1 + dice() % 255));
			any.token.push_back("%=;a2F"[dice() % 6]);
		}
		const Connection again = connection_of(to_text(any));
		HOLDS(again.address == any.address && again.token == any.token);
		connection_of(any.address);
		stream_url(any);
		stream_token(any);
	}
}

TEST("the address that a person types becomes the stream's, and a token in it is found")
{
	const auto url = [](const char* address) { return stream_url({address, "", "", 0, 0}); };
	HOLDS(url("127.0.0.1:8765") == "ws://127.0.0.1:8765/ws" && url("stage.local") == "ws://stage.local:8765/ws");
	HOLDS(url("http://10.0.0.7:9000/?token=abc") == "ws://10.0.0.7:9000/ws" && url("[::1]") == "ws://[::1]:8765/ws");
	HOLDS(url("wss://show.example/ws") == "wss://show.example/ws" && url("ws://a:1/other") == "ws://a:1/other");
	HOLDS(stream_token({"http://10.0.0.7:9000/?token=abc&x=1", "", "", 0, 0}) == "abc");
	HOLDS(stream_token({"http://10.0.0.7:9000/?token=abc", "mine", "", 0, 0}) == "mine" && stream_token({"a", "", "", 0, 0}).empty());
}

int main(int count, char** words) { return check::run(count, words); }

"""Which clips are learned from, what they are called, where their joints are, and why the others stay out."""

from dataclasses import dataclass

from groovecast.train.capture import Capture

# The styles a model is told apart; the index is the number the network sees.
STYLES = ("salsa", "street", "modern", "indian", "break", "martial", "idle", "move")

# Canonical landmark -> the joint name each family of archives uses for it. "head" is the head joint itself.
_LANDMARKS = (
    "hips",
    "chest",
    "neck",
    "head",
    "collar",
    "shoulder",
    "elbow",
    "wrist",
    "hip",
    "knee",
    "ankle",
    "toe",
)
_FAMILIES: dict[str, tuple[str, ...]] = {
    # Poser names: no toes
    "rShldr": ("hip", "chest", "neck", "head", "?Collar", "?Shldr", "?ForeArm", "?Hand",
        "?Thigh", "?Shin", "?Foot", ""),
    # ASF names
    "lhumerus": (
        "root", "thorax", "lowerneck", "head", "?clavicle", "?humerus", "?radius", "?hand",
        "?femur", "?tibia", "?foot", "?toes",
    ),
    "Neo_Hips": (
        "Neo_Hips", "Neo_Spine2", "Neo_Neck", "Neo_Head", "Neo_?Shoulder", "Neo_?Arm", "Neo_?ForeArm", "Neo_?Hand",
        "Neo_?UpLeg", "Neo_?Leg", "Neo_?Foot", "Neo_?ToeBase",
    ),
    "LHipJoint": (
        "Hips", "Spine1", "Neck", "Head", "?Shoulder", "?Arm", "?ForeArm", "?Hand",
        "?UpLeg", "?Leg", "?Foot", "?ToeBase",
    ),
    "Spine3": (
        "Hips", "Spine3", "Neck", "Head", "?Shoulder", "?Arm", "?ForeArm", "?Hand",
        "?UpLeg", "?Leg", "?Foot", "?ToeBase",
    ),
    "Spine2": (
        "Hips", "Spine2", "Neck", "Head", "?Shoulder", "?Arm", "?ForeArm", "?Hand",
        "?UpLeg", "?Leg", "?Foot", "?ToeBase",
    ),
    "DEF-hips": (
        "DEF-hips", "DEF-spine.003", "DEF-neck", "DEF-head", "DEF-shoulder.?", "DEF-upper_arm.?", "DEF-forearm.?",
        "DEF-hand.?", "DEF-thigh.?", "DEF-shin.?", "DEF-foot.?", "DEF-toe.?",
    ),
}  # fmt: skip
_SIDES = {
    "rShldr": ("l", "r"), "lhumerus": ("l", "r"), "Neo_Hips": ("Left", "Right"), "LHipJoint": ("Left", "Right"),
    "Spine3": ("Left", "Right"), "Spine2": ("Left", "Right"), "DEF-hips": ("L", "R"),
}  # fmt: skip

_LEFT_OUT = {
    "cmu_general/01": "climbs on playground equipment: no flat floor",
    "cmu_general/03": "walks on uneven ground",
    "cmu_breakdance_karate/135_02": "the same take stands in cmu_street_modern_martial",
    "cmu_salsa_indian_martial/martial_": "the same takes stand in cmu_street_modern_martial, with toes",
    "cmu_street_modern_martial/golf": "golf swings: not a dancer's motion",
    "animated_drawings_moves/zombie": "estimated from video, feet slide",
    "animated_drawings_dance/jesse": "estimated from video: the floor rises and falls by 20 cm",
    "cmu_street_modern_martial/martialwalk_135_08": "nobody moves",
    "cmu_pirouette_stand_stretch/114": "sits on the floor and stretches",
    "cmu_pirouette_stand_stretch/111": "sits on a chair that is not there",
}
# Where a capture lost its dancer for longer than can be bridged: seconds of the take at 30 fps.
_LOST_S = {
    "cmu_salsa_indian_martial/salsa_10": (0.0, 6.4),
    "cmu_salsa_indian_martial/salsa_09": (6.0, 6.9),
}
_KEPT_LOOPS = {"Dance_Loop", "Idle_Loop", "Idle_Talking_Loop"}

# One take of each style, held out whole (both partners of a salsa pair are one take).
_TEST = (
    "salsa_13", "salsa_28", "salsa_05", "salsa_20", "mjackson_131_04", "mjackson_131_09", "moderndance_md_04",
    "indian_15", "cmu_breakdance_karate/85_12", "martialwalk_135_05", "cmu_general/02_09", "cmu_jump_turns/91_52",
    "Idle_Talking_Loop",
)  # fmt: skip


@dataclass(frozen=True)
class Casting:
    """What one clip is to the training set."""

    style: str
    split: str  # "train" or "test"


def landmarks_of(capture: Capture) -> dict[str, int]:
    """Landmark ("hips", "left knee", ...) -> joint index; an absent one (toes) is left out.

    Raises ValueError when the joint names belong to no family that is known here.
    """
    for mark, names in _FAMILIES.items():
        if mark not in capture.names:
            continue
        found: dict[str, int] = {}
        for landmark, pattern in zip(_LANDMARKS, names, strict=True):
            if "?" not in pattern:
                if pattern:
                    found[landmark] = capture.names.index(pattern)
                continue
            for side, word in zip(("left", "right"), _SIDES[mark], strict=True):
                found[f"{side} {landmark}"] = capture.names.index(pattern.replace("?", word))
        return found
    raise ValueError(
        f"asked for the joints of {capture.id}, its names are unknown: {', '.join(capture.names[:6])}..."
    )


def reason_left_out(capture: Capture) -> str | None:
    """Why a clip is not learned from, or None when it is."""
    for prefix, reason in _LEFT_OUT.items():
        if capture.id.startswith(prefix):
            return reason
    if capture.source == "quaternius_loops" and capture.clip not in _KEPT_LOOPS:
        return "a game move, or one that walks on the spot"
    return None


def lost_frames(identity: str, fps: float) -> slice:
    """The frames in which the capture of a clip did not see its dancer; mostly none."""
    first, last = _LOST_S.get(identity, (0.0, 0.0))
    return slice(int(first * fps), int(last * fps))


def cast(capture: Capture) -> Casting:
    """The style and the split of a clip that is learned from."""
    name = capture.id
    split = "test" if any(mark in name for mark in _TEST) else "train"
    for mark, style in (
        ("salsa_", "salsa"), ("mjackson", "street"), ("moderndance_md_walk", "move"), ("moderndance", "modern"),
        ("pirouette/05", "modern"), ("05_pirouette", "modern"), ("55_01", "modern"), ("indian_", "indian"),
        ("85_", "break"), ("135_", "martial"), ("martial_", "martial"), ("Idle", "idle"), ("jesse_dance", "street"),
        ("Dance_Loop", "street"),
    ):  # fmt: skip
        if mark in name.removeprefix("cmu_salsa_indian_martial").removeprefix("cmu_street_modern_martial"):
            return Casting(style, split)
    return Casting("move", split)

"""Which bone of an armature is which joint, by the names that programs give them."""

from collections.abc import Iterable

from .skeleton import skeleton

# Where Mixamo's and VRoid's names are not those of the other tables with another beginning.
_MIXAMO = {
    "Hips": "hips", "Spine": "spine", "Spine1": "chest", "Spine2": "upperChest", "Neck": "neck", "Head": "head",
    "Shoulder": "Shoulder", "Arm": "UpperArm", "ForeArm": "LowerArm", "Hand": "Hand", "UpLeg": "UpperLeg",
    "Leg": "LowerLeg", "Foot": "Foot", "ToeBase": "Toes",
}  # fmt: skip
_VROID = {
    "C_Hips": "hips", "C_Spine": "spine", "C_Chest": "chest", "C_UpperChest": "upperChest", "C_Neck": "neck",
    "C_Head": "head", "Shoulder": "Shoulder", "UpperArm": "UpperArm", "LowerArm": "LowerArm", "Hand": "Hand",
    "UpperLeg": "UpperLeg", "LowerLeg": "LowerLeg", "Foot": "Foot", "ToeBase": "Toes",
}  # fmt: skip
_FINGERS = {"Thumb": "Thumb", "Index": "Index", "Middle": "Middle", "Ring": "Ring", "Pinky": "Little"}
_KNUCKLES = ("Proximal", "Intermediate", "Distal")
_THUMB_KNUCKLES = ("Metacarpal", "Proximal", "Distal")
LEAST = ("hips", "spine", "leftUpperArm", "rightUpperArm", "leftUpperLeg", "rightUpperLeg")


def joints_of(bones: Iterable[str], named: dict[str, str] | None = None) -> dict[str, str]:
    """Joint to bone. `named` is what the armature itself says (a VRM's humanoid), and comes first.

    Raises ValueError, with the mend, when it is no figure that can be known by its names.
    """
    there = list(bones)
    if named and all(joint in named for joint in LEAST):
        return {joint: bone for joint, bone in named.items() if bone in there and joint in skeleton().names}
    best: dict[str, str] = {}
    for table in _tables():
        found: dict[str, str] = {}
        for bone in there:
            joint = table.get(_plain(bone))
            if joint is not None:
                found.setdefault(joint, bone)
        if len(found) > len(best):
            best = found
    missing = [joint for joint in LEAST if joint not in best]
    if missing:
        what = f"found no bone for {missing[0]}"
        raise ValueError(
            f"asked to dance with an armature of {len(there)} bones, {what}: name the bones as VRM does"
        )
    return best


def _plain(name: str) -> str:
    """Without what programs put before a name, and without case."""
    return name.rpartition(":")[2].lower()


def _tables() -> list[dict[str, str]]:
    shape = skeleton()
    tables = [
        {name: name for name in shape.names},
        *shape.known_as,
        _sided(_MIXAMO, mixamo=True),
        _sided(_VROID),
    ]
    return [{name.lower(): joint for name, joint in table.items()} for table in tables]


def _sided(names: dict[str, str], mixamo: bool = False) -> dict[str, str]:
    """The table of both sides, with fingers."""
    table = {}
    for name, joint in names.items():
        if joint[0].islower():
            table[name if mixamo else f"J_Bip_{name}"] = joint
            continue
        for side, letter in (("left", "L"), ("right", "R")):
            table[f"{side.title()}{name}" if mixamo else f"J_Bip_{letter}_{name}"] = f"{side}{joint}"
    for theirs, ours in _FINGERS.items():
        for number, knuckle in enumerate(_THUMB_KNUCKLES if ours == "Thumb" else _KNUCKLES, start=1):
            for side, letter in (("left", "L"), ("right", "R")):
                long = f"{side.title()}Hand{theirs}{number}"
                table[long if mixamo else f"J_Bip_{letter}_{ours}{number}"] = f"{side}{ours}{knuckle}"
    return table

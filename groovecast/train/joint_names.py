"""Where the joints are in a skeleton that nobody has described: by what people call them, and by who hangs on whom."""

import re

# Each landmark's words in order of preference; a joint serves one landmark.
_SIDED = {
    "shoulder": ("upperarm", "uparm", "arm", "shldr", "humerus", "shoulder"),
    "elbow": ("forearm", "lowerarm", "lowarm", "elbow", "radius"),
    "wrist": ("hand", "wrist"),
    "hip": ("upleg", "upperleg", "thigh", "femur", "hip"),
    "knee": ("lowerleg", "lowleg", "leg", "shin", "calf", "tibia", "knee"),
    "ankle": ("ankle", "foot"),
    "collar": ("collar", "clavicle", "shoulder"),
    "toe": ("toebase", "toes", "toe", "toe0", "ball", "foot"),
}
_OPTIONAL = ("collar", "toe")
_MIDDLE = {"neck": ("neck", "neck1", "neck01", "lowerneck"), "head": ("head",)}
_SIDES = {"left": ("left{}", "{}left", "l{}", "{}l"), "right": ("right{}", "{}right", "r{}", "{}r")}
# What programs put before every name: Mixamo, 3ds Max, Motion Builder, Rigify, VRoid, Source.
_PREFIX = re.compile(r"^(mixamorig\d*|bip0*1|character\d+|ctrl|def|neo|valvebiped|j_bip_(c(?=_))?)[ _.:-]*")


def landmarks_in(names: tuple[str, ...], parents: tuple[int, ...], title: str) -> dict[str, int]:
    """Landmark ("hips", "left knee", ...) -> joint. Raises ValueError in one line, naming what is missing."""
    plain = [_plain(name) for name in names]
    found: dict[str, int] = {}
    for landmark, words in _MIDDLE.items():
        _look(plain, found, landmark, words)
    for landmark, words in _SIDED.items():
        for side, forms in _SIDES.items():
            _look(plain, found, f"{side} {landmark}", [form.format(word) for word in words for form in forms])
    if "head" in found and "neck" not in found:
        found["neck"] = parents[found["head"]]
    needed = [*_MIDDLE, *(f"{side} {mark}" for mark in _SIDED if mark not in _OPTIONAL for side in _SIDES)]
    missing = [mark for mark in needed if found.get(mark, -1) < 0]
    if missing:
        seen = ", ".join(names[:6])
        mend = "name its joints as VRM or Mixamo does"
        raise ValueError(f"asked for the joints of {title}, found no {missing[0]} among {seen}...: {mend}")
    found["hips"] = _meeting(found["left hip"], found["right hip"], parents)
    found["chest"] = _meeting(found["left shoulder"], found["right shoulder"], parents)
    if found["chest"] == found["neck"]:  # 3ds Max hangs the collars on the neck
        found["chest"] = parents[found["neck"]]
    if found["hips"] < 0 or found["chest"] < 0:
        raise ValueError(
            f"asked for the joints of {title}, its legs or arms hang on nothing: export it again"
        )
    for side in _SIDES:
        found.setdefault(f"{side} collar", found["chest"])
    return found


def _plain(name: str) -> str:
    name = name.rpartition(":")[2].rpartition("|")[2].lower()
    return re.sub(r"[^a-z0-9]", "", _PREFIX.sub("", name))


def _look(plain: list[str], found: dict[str, int], landmark: str, words: tuple[str, ...] | list[str]) -> None:
    for word in words:
        if word in plain and plain.index(word) not in found.values():
            found[landmark] = plain.index(word)
            return


def _meeting(a: int, b: int, parents: tuple[int, ...]) -> int:
    """The nearest joint that both hang on; -1 where there is none."""
    above = set()
    while a >= 0:
        above.add(a)
        a = parents[a]
    while b >= 0 and b not in above:
        b = parents[b]
    return b

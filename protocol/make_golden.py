"""Writes the golden vectors: messages as bytes, and beside each what it means, as JSON.

    python protocol/make_golden.py

The bytes are put together here from the table in PROTOCOL.md, without any codec of ours, so that a codec
that agrees with them agrees with the page and not with itself.
"""

import json
import math
import struct
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "golden"
CUT, I16, BEAT = 16, 32, 64
BEAT_BLOCK, CONTACTS_BLOCK = 1, 2
ONE = (1.0, 0.0, 0.0, 0.0)

Quat = tuple[float, float, float, float]
Place = tuple[float, float, float]
SKELETON = json.loads((FOLDER.parent / "skeleton.json").read_text("utf-8"))


def f32(value: float) -> float:
    """The nearest number that four bytes hold."""
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


def turned(joints: int) -> list[Quat]:
    """As many different unit quaternions, half of them with negative w, the same on every machine."""
    quats: list[Quat] = []
    for joint in range(joints):
        w, x, y, z = (-1) ** joint * (joint + 3), joint % 5 - 2, joint % 7 - 3, joint % 3 - 1
        length = (w * w + x * x + y * y + z * z) ** 0.5
        quats.append((w / length, x / length, y / length, z / length))
    return quats


def golden(
    quats: list[Quat],
    *,
    flags: int = BEAT,
    revision: int = 0,
    seq: int = 7,
    dancer: int = 0,
    beat: float = 130.25,
    steps: Sequence[tuple[int, ...]] | None = None,
    blocks: list[tuple[int, bytes]] | None = None,
    head: bytes = b"GC\x01\x01",
) -> tuple[bytes, dict[str, object]]:
    """A message and its meaning. `steps` are the i16 values, when they are to be sent instead of floats."""
    tempo, captured, shown, energy, root = 124.5, 1234.5, 1234.578125, 0.625, (0.125, 0.9375, -0.5)
    message = head + struct.pack("<BBBBI", flags, revision, dancer, len(quats), seq)
    message += struct.pack("<fdddf3f", tempo, captured, shown, beat, energy, *root)
    for quat in steps or quats:
        message += struct.pack("<4h" if steps else "<4f", *quat)
    for kind, content in blocks or []:
        message += struct.pack("<HH", kind, len(content)) + content + bytes(-len(content) % 4)
    read = [[max(part / 32767, -1.0) for part in quat] for quat in steps or []]
    meaning: dict[str, object] = {
        "seq": seq,
        "revision": revision,
        "dancer": dancer,
        "t_capture_s": captured,
        "t_present_s": shown,
        "beat": beat if flags & BEAT else None,
        "tempo_bpm": tempo,
        "energy": energy,
        "root_m": list(root),
        "local_quat_wxyz": read or [[f32(part) for part in quat] for quat in quats],
        "contacts": [bool(flags & bit) for bit in (1, 2, 4, 8)],
        "cut": bool(flags & CUT),
        "encoding": "i16" if flags & I16 else "f32",
        "blocks": [{"type": kind, "hex": content.hex()} for kind, content in blocks or []],
        "next_beat": next_beat(blocks or []),
        "contact_places_m": contact_places(blocks or []),
    }
    return message, meaning


def next_beat(blocks: list[tuple[int, bytes]]) -> dict[str, float] | None:
    """What the beat block says."""
    for kind, content in blocks:
        if kind == BEAT_BLOCK and len(content) == 16:
            names = "next_beat_s", "period_s", "beats_per_bar", "confidence", "bar_position"
            said = dict(zip(names, struct.unpack("<dfBBH", content), strict=True))
            return said | {"confidence": said["confidence"] / 255}
    return None


def contact_places(blocks: list[tuple[int, bytes]]) -> list[tuple[float, ...]] | None:
    """What the contacts block says."""
    for kind, content in blocks:
        if kind == CONTACTS_BLOCK and len(content) == 48:
            return [struct.unpack_from("<3f", content, 12 * place) for place in range(4)]
    return None


def one_joint(index: int) -> list[Quat]:
    """All joints at rest but one, which is turned by 40 degrees about an axis that is none of x, y and z."""
    half, axis = math.radians(40) / 2, (2 / 7, 3 / 7, 6 / 7)
    turn = (math.cos(half), *(math.sin(half) * part for part in axis))
    return [turn if joint == index else ONE for joint in range(52)]


def accepted() -> dict[str, tuple[str, bytes, dict[str, object]]]:
    """Name -> what it is about, bytes, meaning."""
    some = turned(52)
    steps = [tuple(round(part * 32767) for part in quat) for quat in some]
    edges = [(-32768, 0, 0, 0), (32767, 0, 0, 0), (0, -32767, 0, 0), (0, 0, 0, 0)]
    blocks = [(4711, b"five!"), (65535, b""), (3, b"four")]
    beat_block = (BEAT_BLOCK, struct.pack("<dfBBH", 1234.75, 0.5, 4, 204, 3))
    feet = (0.1, 0.0, -0.05, 0.1, 0.0, 0.1, -0.25, 0.125, 0.0, -0.25, 0.0625, 0.15)
    contacts_block = (CONTACTS_BLOCK, struct.pack("<12f", *feet))
    names = [joint["name"] for joint in SKELETON["joints"]]
    joints = {
        f"joint_{index:02d}_{name}": (f"{name} alone is turned", *golden(one_joint(index)))
        for index, name in enumerate(names)
    }
    return joints | {
        "rest_52": ("the rest pose of all 52 joints", *golden([ONE] * 52)),
        "turned_52": ("52 different quaternions", *golden(some)),
        "body_22": ("the body without fingers", *golden(some[:22])),
        "negative_w": (
            "w below 0 stays as it is: q and -q are the same turn",
            *golden([(-0.5, 0.5, 0.5, -0.5)]),
        ),
        "i16_52": ("quaternions of 16 bits", *golden(some, flags=BEAT | I16, steps=steps)),
        "i16_edges": ("-32768 is read as -1", *golden([ONE] * 4, flags=BEAT | I16, steps=edges)),
        "seq_last": ("the last number before the count begins again", *golden(some[:22], seq=0xFFFFFFFF)),
        "seq_wrapped": ("the number after 4294967295", *golden(some[:22], seq=0)),
        "joints_0": ("no quaternions: a root alone", *golden([])),
        "joints_255": ("as many joints as a frame holds", *golden(turned(255))),
        "feet_and_cut": (
            "left heel and right toes down, a cut",
            *golden(some[:22], flags=BEAT | CUT | 1 | 8),
        ),
        "beat_unknown": ("no beat is known", *golden(some[:22], beat=0.0, flags=0)),
        "second_dancer": ("dancer 1", *golden(some[:22], dancer=1)),
        "unknown_flags": ("the flag of the future is ignored", *golden(some[:22], flags=BEAT | 0x80)),
        "revised": ("a moment that was planned anew twice", *golden(some[:22], revision=2)),
        "revised_often": ("the highest revision", *golden(some[:22], revision=255)),
        "beat_block": ("when the next beat comes", *golden(some[:22], blocks=[beat_block])),
        "contacts_block": (
            "where heels and toes are; left heel and both right are held",
            *golden(some[:22], flags=BEAT | 1 | 4 | 8, blocks=[contacts_block]),
        ),
        "all_blocks": (
            "blocks of known and unknown types",
            *golden(some, revision=1, blocks=[contacts_block, *blocks, beat_block]),
        ),
        "unknown_blocks": ("blocks of unknown type are skipped", *golden(some[:22], blocks=blocks)),
        "i16_blocks": (
            "blocks after quaternions of 16 bits",
            *golden(some, flags=BEAT | I16, steps=steps, blocks=blocks),
        ),
    }


def rejected() -> dict[str, tuple[str, bytes]]:
    """Name -> why it is rejected, bytes."""
    whole = golden(turned(22))[0]
    block = golden(turned(22), blocks=[(9, b"12345678")])[0]
    nan = struct.pack("<f", float("nan"))
    return {
        "empty": ("no bytes at all", b""),
        "truncated_header": ("shorter than its header", whole[:55]),
        "truncated_quaternions": ("the last byte is missing", whole[:-1]),
        "truncated_block": ("a block is shorter than it says", block[:-4]),
        "unpadded_block": ("a block's padding is missing", whole + struct.pack("<HH", 9, 1) + b"x"),
        "left_over": ("two bytes are left over", whole + b"\0\0"),
        "wrong_magic": ("does not begin with GC", b"gc" + whole[2:]),
        "short_beat_block": ("a beat block of 12 bytes", golden(turned(22), blocks=[(1, bytes(12))])[0]),
        "long_beat_block": ("a beat block of 20 bytes", golden(turned(22), blocks=[(1, bytes(20))])[0]),
        "endless_beat_block": (
            "a next beat that is not finite",
            golden(turned(22), blocks=[(1, struct.pack("<dfBBH", float("inf"), 0.5, 4, 0, 0))])[0],
        ),
        "short_contacts_block": (
            "a contacts block of 44 bytes",
            golden(turned(22), blocks=[(2, bytes(44))])[0],
        ),
        "nan_contacts_block": (
            "a foot at a place that is not finite",
            golden(turned(22), blocks=[(2, bytes(44) + nan)])[0],
        ),
        "future_major": ("major version 2", golden(turned(22), head=b"GC\x02\x01")[0]),
        "other_type": (
            "a message of type 2, which is to be ignored",
            golden(turned(22), head=b"GC\x01\x02")[0],
        ),
        "nan_quaternion": ("a quaternion that is not finite", whole[:56] + nan + whole[60:]),
        "nan_root": ("a root that is not finite", whole[:44] + nan + whole[48:]),
        "infinite_time": (
            "a time that is not finite",
            whole[:24] + struct.pack("<d", float("inf")) + whole[32:],
        ),
    }


def live_sound(
    encoding: int, channels: int, samples: Sequence[float], *, rate_hz: int = 48000, seq: int = 3
) -> tuple[bytes, dict[str, object]]:
    """A block of live sound and its meaning; i16 samples are given as whole numbers."""
    message = b"GCLS" + struct.pack("<BBHIId", encoding, channels, 0, seq, rate_hz, 1234.5)
    message += struct.pack(f"<{len(samples)}{'hf'[encoding == 2]}", *samples)
    read = [f32(sample) if encoding == 2 else sample / 32767 for sample in samples]
    meaning: dict[str, object] = {
        "encoding": {1: "i16", 2: "f32"}.get(encoding),
        "seq": seq,
        "sample_rate_hz": rate_hz,
        "t_capture_s": 1234.5,
        "samples": [read[at : at + channels] for at in range(0, len(read), channels)],
    }
    return message, meaning


def sounds() -> dict[str, tuple[str, bytes, dict[str, object]]]:
    """Name -> what it is about, bytes, meaning."""
    return {
        "sound_i16_stereo": (
            "live sound, two channels of 16 bits",
            *live_sound(1, 2, (0, 32767, -32767, 16384, 1, -1)),
        ),
        "sound_i16_mono": (
            "live sound, one channel of 16 bits, as the page sends it",
            *live_sound(1, 1, (0, 32767, -32767, 16384, 1), rate_hz=44100),
        ),
        "sound_f32_mono": ("live sound, one channel of floats", *live_sound(2, 1, (0.0, 0.5, -1.25, 0.1))),
        "sound_8_channels": (
            "live sound, one sample of eight channels, the last number of the count",
            *live_sound(1, 8, range(8), rate_hz=192000, seq=0xFFFFFFFF),
        ),
    }


def rejected_sounds() -> dict[str, tuple[str, bytes]]:
    """Name -> why it is rejected, bytes."""
    whole = live_sound(1, 2, (0, 1, 2, 3))[0]
    return {
        "sound_truncated": ("live sound shorter than its header", whole[:23]),
        "sound_empty": ("live sound without samples", whole[:24]),
        "sound_left_over": ("live sound with half a sample of two channels", whole + b"\0\0"),
        "sound_encoding_3": ("live sound of an encoding that is not defined", live_sound(3, 1, (0,))[0]),
        "sound_no_channels": ("live sound of no channels", whole[:5] + b"\0" + whole[6:]),
        "sound_slow": ("live sound of 7999 Hz", live_sound(1, 1, (0,), rate_hz=7999)[0]),
        "sound_nan": ("live sound that is not finite", live_sound(2, 1, (float("nan"),))[0]),
        "sound_endless_time": (
            "live sound heard at a time that is not finite",
            whole[:16] + struct.pack("<d", float("inf")) + whole[24:],
        ),
    }


def to_unity(place: Place) -> Place:
    """Left-handed, Y up, facing +Z, the figure's right is +X."""
    return -place[0], place[1], place[2]


def turn_to_unity(quat: Quat) -> Quat:
    """The same turn there, as x y z w."""
    w, x, y, z = quat
    return x, -y, -z, w


def to_unreal(place: Place) -> Place:
    """Left-handed, Z up, facing +Y, the figure's left is +X, centimetres: as Unreal's mannequins."""
    return 100 * place[0], 100 * place[2], 100 * place[1]


def turn_to_unreal(quat: Quat) -> Quat:
    """The same turn there, as x y z w."""
    w, x, y, z = quat
    return -x, -z, -y, w


def product(a: Quat, b: Quat) -> Quat:
    """Hamilton's product: first b, then a."""
    return (
        a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
        a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
        a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
        a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
    )


def places(root_m: Place, quats: Sequence[Quat]) -> list[Place]:
    """Where the joints are in our world, down the tree of skeleton.json."""
    indices = {joint["name"]: index for index, joint in enumerate(SKELETON["joints"])}
    turns: list[Quat] = []
    found: list[Place] = []
    for joint, quat in zip(SKELETON["joints"], quats, strict=False):
        length = math.sqrt(sum(part * part for part in quat))
        local = (quat[0] / length, quat[1] / length, quat[2] / length, quat[3] / length)
        if joint["parent"] is None:
            turns.append(local)
            found.append(root_m)
            continue
        parent = indices[joint["parent"]]
        turn, start = turns[parent], found[parent]
        inverse = (turn[0], -turn[1], -turn[2], -turn[3])
        arm = product(product(turn, (0.0, *joint["offset_m"])), inverse)[1:]
        turns.append(product(turn, local))
        found.append((start[0] + arm[0], start[1] + arm[1], start[2] + arm[2]))
    return found


def in_engines(name: str, meaning: dict[str, object]) -> dict[str, bytes]:
    """The same pose in Unity's and Unreal's space, and where its joints are there; for frames of our skeleton."""
    root: Place = tuple(meaning["root_m"])  # type: ignore[arg-type, assignment]
    quats: list[Quat] = meaning["local_quat_wxyz"]  # type: ignore[assignment]
    if len(quats) not in (SKELETON["body_joints"], len(SKELETON["joints"])):
        return {}
    joints = places(root, quats)
    engines = {
        "unity": ("root_m", "joints_m", to_unity, turn_to_unity),
        "unreal": ("root_cm", "joints_cm", to_unreal, turn_to_unreal),
    }
    files = {}
    for engine, (root_name, joints_name, moved, turned_there) in engines.items():
        told: dict[str, object] = {
            root_name: [part + 0.0 for part in moved(root)],
            # adding 0 makes 0 of -0
            "local_quat_xyzw": [[part + 0.0 for part in turned_there(quat)] for quat in quats],
            joints_name: [[round(part, 6) + 0.0 for part in moved(place)] for place in joints],
        }
        files[f"{name}.{engine}.json"] = _text(told)
    return files


def golden_files() -> dict[str, bytes]:
    """File name -> content, of the whole folder."""
    files: dict[str, bytes] = {}
    for name, (about, message, meaning) in accepted().items():
        files[f"{name}.bin"] = message
        files[f"{name}.json"] = _text({"about": about, "expect": "frame", "frame": meaning})
        files |= in_engines(name, meaning)
    for name, (about, message, meaning) in sounds().items():
        files[f"{name}.bin"] = message
        files[f"{name}.json"] = _text({"about": about, "expect": "sound", "sound": meaning})
    for name, (about, message) in {**rejected(), **rejected_sounds()}.items():
        files[f"{name}.bin"] = message
        files[f"{name}.json"] = _text({"about": about, "expect": "reject"})
    return files


def _text(value: dict[str, object]) -> bytes:
    """JSON with one field a line."""
    fields = []
    for name, field in value.items():
        if isinstance(field, dict):
            inner = ",\n".join(f"  {json.dumps(key)}: {json.dumps(part)}" for key, part in field.items())
            fields.append(f' "{name}": {{\n{inner}\n }}')
        else:
            fields.append(f' "{name}": {json.dumps(field)}')
    return ("{\n" + ",\n".join(fields) + "\n}\n").encode()


def main() -> None:
    """Write every file, and remove what is no longer one of them."""
    FOLDER.mkdir(exist_ok=True)
    files = golden_files()
    for path in FOLDER.iterdir():
        if path.name not in files:
            path.unlink()
    for name, content in files.items():
        (FOLDER / name).write_bytes(content)
    print(f"{sum(name.endswith('.bin') for name in files)} golden vectors in {FOLDER}")


if __name__ == "__main__":
    main()

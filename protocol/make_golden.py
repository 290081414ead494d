"""Writes the golden vectors: messages as bytes, and beside each what it means, as JSON.

    python protocol/make_golden.py

The bytes are put together here from the table in PROTOCOL.md, without any codec of ours, so that a codec
that agrees with them agrees with the page and not with itself.
"""

import json
import struct
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "golden"
CUT, I16, BEAT = 16, 32, 64
ONE = (1.0, 0.0, 0.0, 0.0)

Quat = tuple[float, float, float, float]


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
    seq: int = 7,
    dancer: int = 0,
    beat: float = 130.25,
    steps: Sequence[tuple[int, ...]] | None = None,
    blocks: list[tuple[int, bytes]] | None = None,
    head: bytes = b"GC\x01\x01",
) -> tuple[bytes, dict[str, object]]:
    """A message and its meaning. `steps` are the i16 values, when they are to be sent instead of floats."""
    tempo, captured, shown, energy, root = 124.5, 1234.5, 1234.578125, 0.625, (0.125, 0.9375, -0.5)
    message = head + struct.pack("<HBBI", flags, dancer, len(quats), seq)
    message += struct.pack("<fdddf3f", tempo, captured, shown, beat, energy, *root)
    for quat in steps or quats:
        message += struct.pack("<4h" if steps else "<4f", *quat)
    for kind, content in blocks or []:
        message += struct.pack("<HH", kind, len(content)) + content + bytes(-len(content) % 4)
    read = [[max(part / 32767, -1.0) for part in quat] for quat in steps or []]
    meaning: dict[str, object] = {
        "seq": seq,
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
    }
    return message, meaning


def accepted() -> dict[str, tuple[str, bytes, dict[str, object]]]:
    """Name -> what it is about, bytes, meaning."""
    some = turned(52)
    steps = [tuple(round(part * 32767) for part in quat) for quat in some]
    edges = [(-32768, 0, 0, 0), (32767, 0, 0, 0), (0, -32767, 0, 0), (0, 0, 0, 0)]
    blocks = [(4711, b"five!"), (65535, b""), (2, b"four")]
    return {
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
        "unknown_flags": ("flags of the future are ignored", *golden(some[:22], flags=BEAT | 0xFF80)),
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


def golden_files() -> dict[str, bytes]:
    """File name -> content, of the whole folder."""
    files: dict[str, bytes] = {}
    for name, (about, message, meaning) in accepted().items():
        files[f"{name}.bin"] = message
        files[f"{name}.json"] = _text({"about": about, "expect": "frame", "frame": meaning})
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
    print(f"{len(files) // 2} golden vectors in {FOLDER}")


if __name__ == "__main__":
    main()

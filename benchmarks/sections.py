"""The parts of BENCHMARKS.md about everything but one update: the loop, the dance, the ears, the wire."""

from collections.abc import Sequence

from benchmarks.lines import Line, engine_of, machine_of, newest
from benchmarks.tables import Columns, made_by, spread, table_of

_LOOP: Columns = {
    "machine": machine_of,
    "model": lambda line: f"{line['model']} {line['artefact']}",
    "engine": engine_of,
    "minutes": lambda line: line["minutes"],
    "sound from": lambda line: line["source"],
    "poses a second": lambda line: line["poses_per_s"],
    "jitter": lambda line: spread(line["jitter_ms"]),
    "jitter of a sleeping thread": lambda line: spread(line["control_late_ms"]),
    "update": lambda line: spread(line["update_ms"]),
    "misses": lambda line: line["misses"],
    "plans refused": lambda line: line["rejected"],
    "late frames": lambda line: line["late_frames"],
    "lost blocks": lambda line: line["callback_overruns"],
    "CPU %": lambda line: line["cpu_percent"],
    "MB": lambda line: line["rss_mb"],
}
_OFFLINE: Columns = {
    "machine": machine_of,
    "model": lambda line: f"{line['model']} {line['artefact']}",
    "engine": engine_of,
    "song": lambda line: line["file"],
    "x real time, median": lambda line: line["realtime_factor"],
    "each run": lambda line: line["realtime_factors"],
    "misses": lambda line: line["misses"],
    "plans refused": lambda line: line["rejected"],
}
_FIRST_POSE: Columns = {"machine": machine_of, "seconds, each run": lambda line: line["first_pose_s"]}
_DANCE: Columns = {
    "song": lambda line: line["file"],
    "model": lambda line: f"{line['model']} {line['artefact']}" + (", bare" if line["bare"] else ""),
    "engine": engine_of,
    "seconds": lambda line: line["seconds"],
    "longest still, s": lambda line: line["longest_still_s"],
    "fastest joint, m/s": lambda line: line["fastest_joint_m_s"],
    "lowest sole, mm": lambda line: line["lowest_sole_mm"],
    "a sole on the floor": lambda line: line["on_floor_share"],
    "foot skate ratio": lambda line: line["fsr"],
    "hips, first and last minute, m": lambda line: line["hips_m"],
    "farthest, m": lambda line: line["farthest_m"],
    "hips after the beat, ms": lambda line: line.get("hips_lag_ms", {}).get("median"),
    "rests after the beat, ms": lambda line: line.get("accent_lag_ms", {}).get("median"),
    "rests within 70 ms": lambda line: line.get("accent_lag_ms", {}).get("within_70ms"),
    "plans refused": lambda line: line["rejected"],
}
_EARS: Columns = {
    "tracker": lambda row: row["tracker"],
    "seed": lambda row: row["seed"],
    "tracks": lambda row: row["tracks"],
    "F": lambda row: row["f"],
    "foretold within 35 ms": lambda row: row["ahead_35"],
    "downbeat F": lambda row: row["downbeat_f"],
    "locked after, s, median": lambda row: row["lock_s"],
    "CPU %": lambda row: row["cpu_percent"],
}
_WIRE: Columns = {
    "machine": machine_of,
    "VMC, encoded": lambda line: spread(line["vmc_encode_ms"]),
    "frame f32, encoded": lambda line: spread(line["frame_f32_encode_ms"]),
    "frame i16, encoded": lambda line: spread(line["frame_i16_encode_ms"]),
    "frame JSON, encoded": lambda line: spread(line["frame_json_encode_ms"]),
    "frame f32, decoded": lambda line: spread(line["frame_f32_decode_ms"]),
}


def _section(title: str, lines: Sequence[Line], columns: Columns, *said: str) -> list[str]:
    return [f"## {title}", *said, "", *table_of(lines, columns), *made_by(lines)]


def loop_section(lines: Sequence[Line]) -> list[str]:
    """The whole loop, from another process."""
    return _section(
        "The whole loop for minutes",
        newest(lines, lambda line: (machine_of(line), line["model"], line["source"], engine_of(line))),
        _LOOP,
        "The real command in one process, a client that watches in another. Milliseconds, as p50 / p95 / p99 / max.",
    )


def offline_section(lines: Sequence[Line]) -> list[str]:
    """How much faster than it sounds."""
    used = newest(lines, lambda line: (machine_of(line), line["model"], line["file"], engine_of(line)))
    return _section("Faster than it sounds", used, _OFFLINE, "`groovecast play --offline`, start-up apart.")


def first_pose_section(lines: Sequence[Line]) -> list[str]:
    """How long a person waits."""
    used = newest(lines, machine_of)
    return _section("From the command to the first pose that a browser draws", used, _FIRST_POSE)


def dance_section(lines: Sequence[Line]) -> list[str]:
    """How well it dances, of each song and length."""
    names = ("file", "model", "style", "bare", "seconds")
    used = newest(lines, lambda line: (*(line[name] for name in names), engine_of(line)))
    return _section(
        "How well it dances",
        used,
        _DANCE,
        "The first 10 s left out. How fast a machine is does not matter here; what its engine reckons with does.",
    )


def ears_section(lines: Sequence[Line]) -> list[str]:
    """How well it hears, beside others; only lines of the measuring set as it is now."""
    rows = [
        {**line[who]["by_subset"]["all"], **_origin(line), "tracker": who}
        for line in lines
        for who in line
        if isinstance(line[who], dict) and "all" in line[who].get("by_subset", {})
    ]
    used = newest(rows, lambda row: (row["set"], row["tracker"], row["seed"]))
    said = "All tracks of the measuring set: what is in it, and in more figures, stands in docs/ears.md."
    return _section("How well it hears", used, _EARS, said)


def _origin(line: Line) -> dict[str, object]:
    return {name: line[name] for name in ("at", "command", "commit", "load", "set", "seed")}


def wire_section(lines: Sequence[Line]) -> list[str]:
    """What a pose costs on its way."""
    used = newest(lines, machine_of)
    return _section("A pose on the wire", used, _WIRE, "Milliseconds a pose, as p50 / p95 / p99 / max.")

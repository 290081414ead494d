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
    "VMC with an avatar": lambda line: spread(line["vmc_avatar_encode_ms"]),
    "OSC": lambda line: spread(line["osc_encode_ms"]),
    "OSC, touchdesigner": lambda line: spread(line["osc_touchdesigner_encode_ms"]),
    "Live Link JSON": lambda line: spread(line["live_link_encode_ms"]),
    "VRChat": lambda line: spread(line["vrchat_encode_ms"]),
    "frame f32, encoded": lambda line: spread(line["frame_f32_encode_ms"]),
    "frame i16, encoded": lambda line: spread(line["frame_i16_encode_ms"]),
    "frame JSON, encoded": lambda line: spread(line["frame_json_encode_ms"]),
    "frame f32, decoded": lambda line: spread(line["frame_f32_decode_ms"]),
}


_FANOUT: Columns = {
    "machine": machine_of,
    "source": lambda row: row["source"],
    "clients": lambda row: row["clients"],
    "that never read": lambda row: row["stuck"],
    "age of a pose": lambda row: spread(row["latency_ms"]),
    "a sleeping thread, late": lambda row: spread(row["control_late_ms"]),
    "poses a second, each": lambda row: row["poses_per_s"],
    "lost by those that read": lambda row: row["lost"],
    "server, CPU %": lambda row: row["cpu_percent"],
    "clients, CPU %": lambda row: row["watcher_cpu_percent"],
    "server, MB before and after": lambda row: row["memory_mb"],
}


_CLIENTS: Columns = {
    "machine": machine_of,
    "way": lambda row: row["way"],
    "joint speed of the source, m/s": lambda row: row["source"],
    "as shown, m/s": lambda row: row["shown"],
    "p99.9 to the source's": lambda row: row["p999_of_source"],
    "pictures, held": lambda row: f"{row['pictures']}, {row['pictures_held']}",
    "frames late": lambda row: row["late"],
    "delay added, ms": lambda row: row["added_delay_ms"],
    "a sleeping thread, late": lambda row: spread(row["control_late_ms"]),
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


def fanout_section(lines: Sequence[Line]) -> list[str]:
    """How old a pose is when it reaches one client, and many."""
    used = newest(lines, lambda line: (machine_of(line), line["source"], line["clients"]))
    rows = [{**line, **run} for line in used for run in line["runs"]]
    return [
        "## One dancer to many clients",
        "Sixty poses a second of 52 joints, f32; server and clients are two processes on one machine. Milliseconds",
        "from when a pose was sent (in a show: was due to leave) until it is read, as p50 / p95 / p99 / max.",
        "",
        *table_of(rows, _FANOUT),
        *made_by(used),
    ]


def clients_section(lines: Sequence[Line]) -> list[str]:
    """How smooth the picture of the Python client is through a bad network."""
    used = newest([line for line in lines if "joint_speed_m_s" in line], machine_of)
    rows = []
    for line in used:
        speeds = {
            way: " / ".join(f"{row[share]:.2f}" for share in ("p50", "p99", "p999", "max"))
            for way, row in line["joint_speed_m_s"].items()
        }
        for way, told in line["clients"].items():
            if way != "source":
                rows.append({**line, **told, "way": way, "source": speeds["source"], "shown": speeds[way]})
    return [
        "## A client behind a bad network",
        "A real show; the Python client draws 60 pictures a second on loopback, behind a network (`rough`: 40 ms plus",
        "or minus 30, 2 % of the poses lost, others overtaken, unless the command says otherwise), and behind the same",
        "as TCP has it (`rough_in_order`: nothing lost but late). Speeds of all joints, as p50 / p99 / p99.9 / max.",
        "",
        *table_of(rows, _CLIENTS),
        *made_by(used),
    ]

"""What a frame costs on its way out: encoding for each kind of receiver and for the stream, a line of JSON a run.

python -m benchmarks.wire [--frames 20000] [--no-keep]
"""

import argparse
from collections.abc import Callable
from time import perf_counter_ns

import numpy as np

from benchmarks.record import keep, origin, percentiles, print_table
from groovecast.motion.pose import Pose
from groovecast.motion.rotation import quat_from_axis_angle
from groovecast.share import shared_path
from groovecast.takes.avatar import read_avatar
from groovecast.wire.frame import Frame, decode_frame, encode_frame
from groovecast.wire.live_link import LiveLinkEncoder
from groovecast.wire.messages import encode_text, pose_text
from groovecast.wire.moment import Moment
from groovecast.wire.osc_pose import OscPoseEncoder, OscSettings
from groovecast.wire.vmc import VmcEncoder
from groovecast.wire.vrchat import VrChatEncoder

WARM_UP_FRAMES = 200


def moving_frames(frames: int) -> list[Frame]:
    """A figure whose 52 joints all move, at 60 frames a second."""
    rng = np.random.default_rng(0)
    time_s = np.arange(frames) / 60
    swing = rng.normal(size=(1, 52, 3)) * np.sin(rng.uniform(3, 12, (1, 52, 3)) * time_s[:, None, None])
    quat = quat_from_axis_angle(0.5 * swing).astype(np.float32)
    root = np.stack((np.sin(time_s), 0.9 + 0.05 * np.sin(9 * time_s), np.cos(time_s)), axis=-1).astype(
        np.float32
    )
    feet = rng.random((frames, 4)) < 0.5
    return [
        Frame(Pose(at, root[i], quat[i], feet[i]), i, at - 0.1, 2 * at, 120.0, 0.5)
        for i, at in enumerate(time_s.tolist())
    ]


def as_moment(frame: Frame) -> Moment:
    """What an outlet is handed."""
    return Moment(frame.pose, frame.beat, frame.tempo_bpm, frame.energy, frame.t_capture_s)


def cost_ms(work: Callable[[Frame], object], frames: list[Frame]) -> dict[str, float]:
    """What one frame takes, in milliseconds."""
    for frame in frames[:WARM_UP_FRAMES]:
        work(frame)
    took_ns = []
    for frame in frames:
        began_ns = perf_counter_ns()
        work(frame)
        took_ns.append(perf_counter_ns() - began_ns)
    return percentiles(np.array(took_ns) / 1e6, digits=4)


def main(words: list[str] | None = None) -> None:
    """Measure, print a table, and append the line."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--frames", type=int, default=20_000)
    arguments.add_argument("--no-keep", action="store_true", help="do not append the line to the results")
    asked = arguments.parse_args(words)
    frames = moving_frames(asked.frames)
    vmc = VmcEncoder()
    vmc_avatar = VmcEncoder(body=read_avatar(shared_path("web", "mannequin0.vrm")))
    live_link, vrchat = LiveLinkEncoder("Groovecast"), VrChatEncoder()
    osc, channels = OscPoseEncoder(), OscPoseEncoder(OscSettings("touchdesigner"))
    message = encode_frame(frames[0])
    works: dict[str, Callable[[Frame], object]] = {
        "vmc_encode_ms": lambda frame: vmc.encode(frame.pose),
        "osc_encode_ms": lambda frame: osc.encode(as_moment(frame)),
        "osc_touchdesigner_encode_ms": lambda frame: channels.encode(as_moment(frame)),
        "live_link_encode_ms": lambda frame: live_link.encode(frame.pose),
        "vrchat_encode_ms": lambda frame: vrchat.encode(frame.pose),
        "vmc_avatar_encode_ms": lambda frame: vmc_avatar.encode(frame.pose),
        "frame_f32_encode_ms": encode_frame,
        "frame_i16_encode_ms": lambda frame: encode_frame(frame, "i16"),
        "frame_json_encode_ms": lambda frame: encode_text(pose_text(frame)),
        "frame_f32_decode_ms": lambda frame: decode_frame(message),
    }
    line = origin("wire") | {
        "frames": asked.frames,
        "datagrams": [len(datagram) for datagram in vmc.encode(frames[0].pose)],
    }
    costs = {name: cost_ms(work, frames) for name, work in works.items()}
    print_table("ms a frame", costs)
    if not asked.no_keep:
        keep("wire", line | costs)


if __name__ == "__main__":
    main()

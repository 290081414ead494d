"""The fake receivers forgive nothing that the true ones do not: each fault of a sender is seen in the figure."""

import numpy as np
import pytest
from fakes.vmc_evmc4u import Evmc4u
from fakes.vmc_godot import GodotTracker
from fakes.vmc_live_link import LiveLink
from pythonosc.osc_message_builder import OscMessageBuilder

from groovecast.motion.body import our_body
from groovecast.motion.pose import Pose
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.wire.vmc import VmcEncoder
from groovecast.wire.vmc_presets import PRESETS

BONE, ROOT = "/VMC/Ext/Bone/Pos", "/VMC/Ext/Root/Pos"
RAISED = (0.0, 1.5, 0.0, 0.0, 0.0, 0.0, 1.0)
HIPS = groovecast_skeleton().rest_offset_m[0]


def said(address: str, *values: object, kind: str = "f") -> bytes:
    """A message whose numbers are all of that kind."""
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value, "s" if isinstance(value, str) else kind)
    return bytes(builder.build().dgram)


def standing(preset: str = "generic") -> list[bytes]:
    quat = np.tile(np.array((1, 0, 0, 0), np.float32), (52, 1))
    return VmcEncoder(PRESETS[preset]).encode(Pose(0.0, HIPS, quat, np.zeros(4, bool)))


def height_of_head(receiver: Evmc4u) -> float:
    receiver.update()
    return float(receiver.shown()["Head"][1])


def test_evmc4u_takes_floats_and_passes_over_other_numbers() -> None:
    receiver = Evmc4u(our_body())
    rest = height_of_head(receiver)
    receiver.receive(said(BONE, "Hips", *RAISED, kind="d"))
    receiver.receive(said(BONE, "Hips", *map(int, RAISED), kind="i"))
    receiver.receive(said(ROOT, *RAISED))  # without its name
    assert height_of_head(receiver) == rest and receiver.stopped is None
    receiver.receive(said(BONE, "Hips", *RAISED))
    assert height_of_head(receiver) == pytest.approx(rest + 1.5 - HIPS[1])


def test_evmc4u_stops_for_good_at_a_message_that_is_too_short() -> None:
    receiver = Evmc4u(our_body())
    rest = height_of_head(receiver)
    receiver.receive(said(BONE, "Hips", *RAISED[:5]))
    for datagram in [*standing(), said(BONE, "Hips", *RAISED)]:
        receiver.receive(datagram)
    assert receiver.stopped and not receiver.calibrated and height_of_head(receiver) == rest


def test_evmc4u_puts_bones_where_it_is_told_even_all_in_one_place() -> None:
    receiver = Evmc4u(our_body())
    for name in groovecast_skeleton().unity_names:
        receiver.receive(said(BONE, name, 0.0, 0.0, 0.0, *RAISED[3:]))
    assert height_of_head(receiver) == 0.0


def test_evmc4u_takes_thirty_frames_between_two_of_its_own() -> None:
    receiver = Evmc4u(our_body())
    rest = height_of_head(receiver)
    for _ in range(30):
        receiver.receive(said("/VMC/Ext/T", 1.0))
    receiver.receive(said(BONE, "Hips", *RAISED))
    assert height_of_head(receiver) == rest
    receiver.receive(said(BONE, "Hips", *RAISED))
    assert height_of_head(receiver) > rest


def test_godot_gives_no_length_to_a_bone_that_never_came_and_looks_at_no_root() -> None:
    receiver = GodotTracker()
    receiver.receive(said(ROOT, "root", *RAISED))
    receiver.receive(said(BONE, "Head", *RAISED))
    assert receiver.shown()["Head"][1] == pytest.approx(1.5), "its hips, spine and neck are at the floor"


def test_vmclivelink_shows_nothing_without_apply() -> None:
    receiver = LiveLink(root_with_a_name=True)
    for datagram in standing()[:-1]:
        receiver.receive(datagram)
    assert receiver.frames == []


def test_vmclivelink_wants_eight_values_for_a_bone() -> None:
    receiver = LiveLink(root_with_a_name=True)
    for datagram in standing():
        receiver.receive(datagram)
    for values in ((*RAISED, 1.0), RAISED[:6]):
        receiver.receive(said(BONE, "Hips", *values))
        receiver.receive(said("/VMC/Ext/Blend/Apply"))
    np.testing.assert_array_equal(receiver.frames[0]["Head"], receiver.frames[-1]["Head"])

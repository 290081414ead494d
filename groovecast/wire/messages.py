"""The text messages between server and client, one struct each, as `protocol/PROTOCOL.md` lists them."""

import hashlib
from typing import Literal

import msgspec
import numpy as np

from groovecast.audio.scene import Section
from groovecast.share import shared_path
from groovecast.wire.blocks import NextBeat
from groovecast.wire.desk_messages import FromDesk, ToDesk, Value
from groovecast.wire.errors import WireError
from groovecast.wire.frame import MOST_REVISIONS, SEQ_PERIOD, Frame, FrameEncoding

BINARY_SUBPROTOCOL = "groovecast.v1+bin"
JSON_SUBPROTOCOL = "groovecast.v1+json"

Encoding = FrameEncoding | Literal["json"]
BlockName = Literal["beat", "contacts"]


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello"):
    """The server introduces itself and says what this client gets."""

    server: str = "groovecast"
    version: str
    session: str
    protocol: int = 1
    now_s: float
    skeleton: str
    fps: float
    look_ahead_s: float
    encoding: Encoding
    joints: int
    blocks: tuple[BlockName, ...] = ()
    addresses: tuple[str, ...] = ()  # where other machines find the page


class Subscribed(msgspec.Struct, frozen=True, kw_only=True, tag="subscribed"):
    """What this client gets from now on."""

    fps: float
    look_ahead_s: float
    encoding: Encoding
    joints: int
    blocks: tuple[BlockName, ...] = ()


class Pong(msgspec.Struct, frozen=True, kw_only=True, tag="pong"):
    """The answer to a ping: its t0, and the server's time at its arrival and at this answer."""

    t0: float
    t1: float
    t2: float


class Transport(msgspec.Struct, frozen=True, kw_only=True, tag="transport"):
    """Where the music is: position p is heard at server time `at_s + (p - position_s)` while playing."""

    playing: bool
    title: str
    track: str | None = None
    local: bool = False  # the client that sent the song plays its own copy
    position_s: float
    at_s: float
    duration_s: float  # 0: no end


class Percentiles(msgspec.Struct, frozen=True):
    """A latency in milliseconds."""

    p50: float = 0.0
    p95: float = 0.0
    p99: float = 0.0
    max: float = 0.0


class State(msgspec.Struct, frozen=True, kw_only=True, tag="state"):
    """How the show is doing; the server fills in clients and drops for each client."""

    tempo_bpm: float
    confidence: float
    energy: float
    silent: bool
    model: str
    engine: str
    fps: float
    misses: int
    latency_ms: Percentiles
    clients: int = 0
    dropped: int = 0
    dropped_here: int = 0
    beat_source: str = "tracker"  # who says where the beat is
    beats_per_bar: int = 4
    section: Section = Section()  # what part of the music this is
    input_db: float | None = None  # of live input
    input_latency_ms: float | None = None  # as its device claims


class Notice(msgspec.Struct, frozen=True, kw_only=True, tag="notice"):
    """Plain words for the person; a refusal has a name for programs too."""

    text: str
    code: str | None = None


class Input(msgspec.Struct, frozen=True, kw_only=True, tag="input"):
    """Whether clients may send live sound, and what is sent; the server fills in the last for each client."""

    wanted: bool
    kind: Literal["microphone", "tab"] | None = None  # None: nobody sends
    label: str = ""
    yours: bool = False


class PoseText(msgspec.Struct, frozen=True, kw_only=True, tag="pose"):
    """A pose frame for those who read JSON."""

    seq: int
    dancer: int
    t_capture_s: float
    t_present_s: float
    beat: float | None
    tempo_bpm: float
    energy: float
    root_m: list[float]
    local_quat_wxyz: list[list[float]]
    contacts: list[bool]
    cut: bool
    revision: int = 0
    next_beat: NextBeat | None = None
    contact_places_m: list[list[float]] | None = None


class Ping(msgspec.Struct, frozen=True, kw_only=True, tag="ping"):
    """A client asks what time it is here."""

    t0: float


class Subscribe(msgspec.Struct, frozen=True, kw_only=True, tag="subscribe"):
    """A client says what it wants; None: as it was."""

    fps: Literal[30, 60, 90, 120] | None = None
    look_ahead_s: float | None = None
    encoding: Encoding | None = None
    joints: Literal[22, 52] | None = None
    blocks: tuple[BlockName, ...] | None = None


class Set(msgspec.Struct, frozen=True, kw_only=True, tag="set"):
    """A client turns a control of the show."""

    name: str
    value: Value


class Tap(msgspec.Struct, frozen=True, kw_only=True, tag="tap"):
    """Somebody tapped a beat at that time on the server's clock; None: now."""

    at_s: float | None = None


class SendInput(msgspec.Struct, frozen=True, kw_only=True, tag="input"):
    """A client wants to send live sound; binary messages with the sound follow. Or it wants to no more."""

    kind: Literal["microphone", "tab", "off"]
    label: str = ""


class Song(msgspec.Struct, frozen=True, kw_only=True, tag="song"):
    """A client announces the sound of a song; binary messages with the samples follow."""

    title: str
    sample_rate_hz: int
    samples: int


FromServer = Hello | Subscribed | Pong | Transport | State | Input | Notice | PoseText | ToDesk
FromClient = Ping | Subscribe | Set | Tap | Song | SendInput | FromDesk

_to_json = msgspec.json.Encoder()
_from_server: msgspec.json.Decoder[FromServer] = msgspec.json.Decoder(FromServer)
_from_client: msgspec.json.Decoder[FromClient] = msgspec.json.Decoder(FromClient)


def encode_text(message: FromServer | FromClient) -> str:
    """The JSON text of a message."""
    return _to_json.encode(message).decode()


def decode_from_client(text: str) -> FromClient:
    """What a client said. Raises WireError, and nothing else, when it is none of the known messages."""
    try:
        return _from_client.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as why:
        raise WireError(f"asked with a message that this server does not know: {why}") from None


def decode_from_server(text: str) -> FromServer:
    """What a server said. Raises WireError when it is not a message known here (`skeleton` is read apart)."""
    try:
        return _from_server.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as why:
        raise WireError(f"the server said what this client does not know: {why}") from None


def skeleton_text() -> tuple[str, str]:
    """The skeleton message and its hash: the shipped file with `type` before and `hash` after its fields."""
    file = shared_path("protocol", "skeleton.json").read_bytes()
    digest = hashlib.sha256(file).hexdigest()
    fields = msgspec.json.decode(file, type=dict[str, msgspec.Raw])
    message: dict[str, object] = {"type": "skeleton", **fields, "hash": digest}
    return _to_json.encode(message).decode(), digest


def pose_text(frame: Frame, joints: int | None = None) -> PoseText:
    """The JSON form of a frame, rounded to 0.01 mm and 1e-5."""
    pose, places_m = frame.pose, frame.contact_places_m
    return PoseText(
        seq=frame.seq % SEQ_PERIOD,
        dancer=frame.dancer,
        t_capture_s=round(frame.t_capture_s, 6),
        t_present_s=round(pose.time_s, 6),
        beat=None if frame.beat is None else round(frame.beat, 6),
        tempo_bpm=round(frame.tempo_bpm, 3),
        energy=round(frame.energy, 4),
        root_m=np.round(pose.root_m.astype(np.float64), 5).tolist(),
        local_quat_wxyz=np.round(pose.local_quat_wxyz[:joints].astype(np.float64), 5).tolist(),
        contacts=pose.contacts.tolist(),
        cut=frame.cut,
        revision=min(frame.revision, MOST_REVISIONS),
        next_beat=frame.next_beat,
        contact_places_m=None if places_m is None else np.round(places_m.astype(np.float64), 5).tolist(),
    )

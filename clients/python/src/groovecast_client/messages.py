"""What a server says in words: its JSON texts as values; what it may add one day is passed over."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from groovecast_client.frame import WireError
from groovecast_client.skeleton import Skeleton, read_skeleton

Fields = Mapping[str, object]


@dataclass(frozen=True)
class Subscribed:
    """What this client gets from now on."""

    fps: float
    look_ahead_s: float
    encoding: str
    joints: int
    blocks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hello:
    """The server introduces itself."""

    version: str
    session: str  # a new word each time that the server starts
    now_s: float  # the server's time as it said so
    gets: Subscribed


@dataclass(frozen=True)
class Pong:
    """The answer to a ping: its t0, and the server's time at its arrival and at the answer."""

    t0: float
    t1: float
    t2: float


@dataclass(frozen=True)
class Transport:
    """Where the music is: position p is heard at server time `at_s + (p - position_s)` while playing."""

    playing: bool
    title: str
    track: str | None
    position_s: float
    at_s: float
    duration_s: float  # 0: no end


@dataclass(frozen=True, eq=False)
class State:
    """How the show is doing, about four times a second."""

    tempo_bpm: float  # 0 if unknown
    confidence: float
    energy: float
    silent: bool
    beats_per_bar: int
    scene: str  # "silence", "speech or noise", "music", "breakdown" or "drop"; "" if the server does not tell
    dropped_here: int  # frames that the server could not send to this client
    fields: Fields  # all that it said


@dataclass(frozen=True)
class Notice:
    """Plain words for the person; a refusal has a name for programs."""

    text: str
    code: str | None = None


Text = Hello | Skeleton | Subscribed | Pong | Transport | State | Notice


def read_text(text: str) -> Text | None:
    """The message of a text, None for a type that this client does not know. Raises WireError, and nothing else."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as why:
        raise WireError(f"a text is a JSON object, found something else: {why}") from None
    if not isinstance(fields, dict):
        raise WireError(f"a text is a JSON object, found {type(fields).__name__}")
    kind = fields.get("type")
    if kind == "hello":
        now_s = _number(fields, "now_s")
        return Hello(_words(fields, "version"), _words(fields, "session"), now_s, _subscribed(fields))
    if kind == "subscribed":
        return _subscribed(fields)
    if kind == "skeleton":
        return read_skeleton(fields)
    if kind == "pong":
        return Pong(_number(fields, "t0"), _number(fields, "t1"), _number(fields, "t2"))
    if kind == "transport":
        return Transport(
            _truth(fields, "playing"),
            _words(fields, "title"),
            None if fields.get("track") is None else _words(fields, "track"),
            *(_number(fields, name) for name in ("position_s", "at_s", "duration_s")),
        )
    if kind == "state":
        return _state(fields)
    if kind == "notice":
        return Notice(_words(fields, "text"), None if fields.get("code") is None else _words(fields, "code"))
    return None


def _state(fields: Fields) -> State:
    section = fields.get("section")
    return State(
        tempo_bpm=_number(fields, "tempo_bpm"),
        confidence=_number(fields, "confidence"),
        energy=_number(fields, "energy"),
        silent=_truth(fields, "silent"),
        beats_per_bar=int(_number(fields, "beats_per_bar", 4)),
        scene=_words(section, "scene") if isinstance(section, dict) else "",
        dropped_here=int(_number(fields, "dropped_here")),
        fields=fields,
    )


def _subscribed(fields: Fields) -> Subscribed:
    blocks = fields.get("blocks")
    return Subscribed(
        _number(fields, "fps"),
        _number(fields, "look_ahead_s"),
        _words(fields, "encoding"),
        int(_number(fields, "joints")),
        tuple(map(str, blocks)) if isinstance(blocks, list) else (),
    )


def _number(fields: Fields, name: str, otherwise: float = 0.0) -> float:
    value = fields.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise WireError(f"{fields.get('type')}.{name} is a number, found {type(value).__name__}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise WireError(f"{fields.get('type')}.{name} is finite, found a number that is not")
    return number


def _words(fields: Fields, name: str) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str):
        raise WireError(f"{fields.get('type')}.{name} is words, found {type(value).__name__}")
    return value


def _truth(fields: Fields, name: str) -> bool:
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise WireError(f"{fields.get('type')}.{name} is true or false, found {type(value).__name__}")
    return value

"""Who stands on the stage: where each of the crew is, which dance it shows, and how many beats after the first."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from groovecast.wire.desk_messages import Crew, DancerOnStage
from realtime.desk.board import Board
from realtime.desk.controls import AS_FIRST, MOST_DANCERS

# Who shares a dance, because there are more dancers than this machine can plan dances for, is mirrored; the next
# round of them dances it so much later.
_SHARED_BEATS = 2.0
_ON_THE_WAY = 1e-6  # a number of dancers that is nearer to a whole one than this is that one

Place = tuple[float, float]  # x and z, metres: to the figures' left, and towards the audience


@dataclass(frozen=True)
class Part:
    """What one of the crew shows: a dance, as it is or mirrored, so many beats late."""

    voice: int = 0
    mirrored: bool = False
    beats_late: float = 0.0


@dataclass(frozen=True)
class Member:
    """One of the crew at a moment; its place and heading are those among the others, before the stage's controls."""

    dancer: int
    part: Part = Part()
    x_m: float = 0.0
    z_m: float = 0.0
    heading_rad: float = 0.0


def count_at(board: Board, at_s: float) -> int:
    """How many dance then; on the way from few to many they come one by one."""
    return max(1, min(MOST_DANCERS, math.ceil(board.number("dancers", at_s) - _ON_THE_WAY)))


def members_at(board: Board, at_s: float, own: int = MOST_DANCERS) -> tuple[Member, ...]:
    """Everybody then, when so many dances of their own can be planned."""
    count = count_at(board, at_s)
    if count == 1:
        return (Member(0),)
    canon, unison = board.wanted("canon_beats", at_s), board.switch("unison", at_s)
    members = []
    for dancer, (x_m, z_m) in enumerate(places_at(board, at_s)[:count]):
        part = Part(beats_late=dancer * canon) if unison else _part(dancer, own, dancer * canon)
        heading_rad = 0.0
        if dancer:
            name = own_name(dancer)
            later = board.wanted(f"{name}_canon_beats", at_s)
            part = Part(part.voice, part.mirrored, part.beats_late + later)
            x_m += board.number(f"{name}_x_m", at_s)
            z_m += board.number(f"{name}_z_m", at_s)
            heading_rad = math.radians(board.number(f"{name}_heading_deg", at_s))
        members.append(Member(dancer, part, x_m, z_m, heading_rad))
    return tuple(members)


def own_name(dancer: int) -> str:
    """What the controls of a dancer, counted from 0, begin with; the first has none of its own."""
    return f"dancer{dancer + 1}"


def _part(dancer: int, own: int, beats_late: float) -> Part:
    """A dance of its own, or, where there are not as many, one of the others' in another guise."""
    turn, voice = divmod(dancer, own)
    return Part(voice, turn % 2 == 1, beats_late + _SHARED_BEATS * (turn // 2))


# -- where they stand ---------------------------------------------------------------------------------------


def places_at(board: Board, at_s: float) -> list[Place]:
    """Where each stands in the formation then, on the way from one to another and while others come or go."""
    spacing_m, shares = board.number("spacing_m", at_s), board.shares("formation", at_s)
    dancers = min(max(board.number("dancers", at_s), 1.0), float(MOST_DANCERS))
    fewer, more = math.floor(dancers + _ON_THE_WAY), math.ceil(dancers - _ON_THE_WAY)
    on_the_way = min(max(dancers - fewer, 0.0), 1.0)
    places = []
    for dancer in range(more):
        x_m = z_m = 0.0
        for formation, share in shares.items():
            place = _FORMATIONS[formation]
            after = place(dancer, more)
            before = place(dancer, fewer) if dancer < fewer else after
            x_m += share * spacing_m * (before[0] + on_the_way * (after[0] - before[0]))
            z_m += share * spacing_m * (before[1] + on_the_way * (after[1] - before[1]))
        places.append((x_m, z_m))
    return places


def _line(dancer: int, count: int) -> Place:
    """Side by side: the first in the middle, the others by turns to its left and right."""
    side = 1 if dancer % 2 else -1
    if count % 2:
        return side * ((dancer + 1) // 2) + 0.0, 0.0
    return side * (dancer // 2 + 0.5), 0.0


def _wedge(dancer: int, count: int) -> Place:
    """The first in front, the others behind it by turns to its left and right."""
    row = (dancer + 1) // 2
    return (row if dancer % 2 else -row) * 0.75, -float(row)


def _circle(dancer: int, count: int) -> Place:
    """Round the middle, the first in front; neighbours are one spacing apart."""
    if count == 1:
        return 0.0, 0.0
    radius, angle = 0.5 / math.sin(math.pi / count), 2 * math.pi * dancer / count
    return radius * math.sin(angle), radius * math.cos(angle)


def _grid(dancer: int, count: int) -> Place:
    """In rows, as wide as deep, the first in the front row."""
    wide = math.ceil(math.sqrt(count))
    rows, row = math.ceil(count / wide), dancer // wide
    in_row = min(wide, count - row * wide)
    return _line(dancer - row * wide, in_row)[0], (rows - 1) / 2 - row


_FORMATIONS: dict[str, Callable[[int, int], Place]] = {
    "line": _line,
    "wedge": _wedge,
    "circle": _circle,
    "grid": _grid,
}


# -- what clients are told ----------------------------------------------------------------------------------


def crew_at(board: Board, at_s: float, own: int = MOST_DANCERS) -> Crew:
    """Everybody as clients are told of them: placed, turned and sized by the stage's controls too."""
    members = members_at(board, at_s, own)
    turn = math.radians(board.number("heading_deg", at_s))
    cos, sin = math.cos(turn), math.sin(turn)
    right_m, front_m = board.number("place_x_m", at_s), board.number("place_z_m", at_s)
    size, hidden = round(board.number("size", at_s), 4), board.switch("blackout", at_s)
    unison = len(members) == 1 or board.switch("unison", at_s)
    dancers = []
    for member in members:
        own_style = member.dancer > 0 and not unison
        style = (
            board.choice(f"{own_name(member.part.voice)}_style", at_s)
            if own_style and member.part.voice
            else ""
        )
        seed = board.number(f"{own_name(member.part.voice)}_seed" if member.part.voice else "seed", at_s)
        dancers.append(
            DancerOnStage(
                dancer=member.dancer,
                name=f"dancer {member.dancer + 1}",
                size=size,
                place_m=(
                    round(right_m + cos * member.x_m + sin * member.z_m, 4),
                    0.0,
                    round(front_m - sin * member.x_m + cos * member.z_m, 4),
                ),
                heading_deg=round(math.degrees(turn + member.heading_rad), 2),
                style=board.choice("style", at_s) if style in ("", AS_FIRST) else style,
                seed=round(seed),
                canon_beats=round(member.part.beats_late, 3),
                hidden=hidden,
            )
        )
    return Crew(dancers=tuple(dancers))

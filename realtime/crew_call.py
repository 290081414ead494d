"""Who is on the stage, told to every client whenever it changes; and once in words, what of it cannot be had."""

from collections.abc import Callable

from groovecast.wire.desk_messages import Crew, Value
from realtime.canon import LONGEST_S
from realtime.crew import crew_at, members_at
from realtime.crew_budget import CrewBudget
from realtime.desk.desk import Desk

_MOST_PER_S = 30.0  # while somebody is on the way


class CrewCall:
    """Everything belongs to the frame loop."""

    def __init__(self, desk: Desk, budget: Callable[[], CrewBudget], tell: Callable[[Crew], None]) -> None:
        self._desk, self._budget, self._tell = desk, budget, tell
        self._values: dict[str, Value] = {}
        self._on_the_way = True
        self._looked_s = -1.0
        self._told: Crew | None = None
        self._said = ""  # what was complained about last and still is so

    def tick(self, now_s: float, tempo_bpm: float) -> None:
        """Look whether anything is another than was told."""
        board = self._desk.board
        if not (self._on_the_way or board.glides or board.values != self._values):
            return
        if 0 <= now_s - self._looked_s < 1 / _MOST_PER_S:
            return
        self._values, self._on_the_way, self._looked_s = dict(board.values), bool(board.glides), now_s
        crew = crew_at(board, now_s, self._budget().own)
        if crew != self._told:
            self._told = crew
            self._tell(crew)
        about, complaint = self._complaint(now_s, tempo_bpm)
        if about and about != self._said:
            self._desk.say(complaint)
        self._said = about

    def _complaint(self, now_s: float, tempo_bpm: float) -> tuple[str, str]:
        """What it is about, and in words."""
        board, budget = self._desk.board, self._budget()
        members = members_at(board, now_s, budget.own)
        if len(members) > budget.own and not board.switch("unison", now_s):
            return "dances", budget.in_words(round(board.wanted("dancers", now_s)))
        latest_s = max(member.part.beats_late for member in members) * 60 / max(tempo_bpm, 1.0)
        if latest_s > LONGEST_S:
            return "canon", (
                f"asked for a canon in which the last dances {latest_s:.0f} s late, {LONGEST_S:.0f} s are kept: "
                "those who would be later dance so much late; choose fewer beats"
            )
        return "", ""

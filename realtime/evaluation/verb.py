"""What `groovecast evaluate` does with a wish: judge, draw, and tell."""

from typing import Any

from rich.console import Console

from groovecast.takes.take_cache import read_take_cache
from realtime.evaluation.anybodys import judged_takes
from realtime.evaluation.danced import keep
from realtime.evaluation.evaluate import evaluated
from realtime.evaluation.genres import danced_in_every_genre
from realtime.evaluation.pictures import ready_to_draw, write_pictures
from realtime.evaluation.table import aims_of, lines_of, table_of
from realtime.evaluation.wishes import EvaluationWishes
from realtime.settings import DanceWishes
from realtime.shows import Company

_told = Console(stderr=True, highlight=False)
_shown = Console(highlight=False, width=200)


def evaluate(wishes: EvaluationWishes) -> dict[str, Any]:
    """The report; shown as a table unless it is wanted as JSON."""

    def told(line: str) -> None:
        _told.print(line, soft_wrap=True, markup=False)

    if wishes.pictures is not None:
        ready_to_draw()
    if wishes.motion is not None and wishes.music is not None:
        takes = None if wishes.takes is None else read_take_cache(wishes.takes)
        report, dances = judged_takes(wishes.motion, wishes.music, takes, told)
        shown = list(dances)
    else:
        company = Company.gathered(
            DanceWishes(
                model=wishes.model,
                engine=wishes.engine,
                precision=wishes.precision,
                style=wishes.style,
                seed=wishes.seed,
            )
        )
        told(company.engine.announcement)
        try:
            report, dances = evaluated(wishes, company, told)
            shown = list(dances)
            song = dances[0].song
            if wishes.pictures is not None and song is not None:
                told(f"dancing {song.name} in every genre, for the pictures")
                shown += danced_in_every_genre(song, company.engine, company.settings, dances[0].begin_s)
        finally:
            company.engine.close()
    if wishes.keep is not None:
        for danced in dances:
            keep(danced, wishes.keep)
    if wishes.pictures is not None:
        for danced in shown:
            for path in write_pictures(danced, wishes.pictures):
                told(f"{path}")
    if not wishes.json:
        _shown.print(table_of(report))
        for line in lines_of(report):
            _shown.print(line, soft_wrap=True)
        if "verdicts" in report:
            _shown.print(aims_of(report))
    return report

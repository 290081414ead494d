"""One row of the report: everything that is measured of some dances, each figure with its interval."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from jaxtyping import Float, Int64

from groovecast.measures import feet, smoothness
from groovecast.measures.bootstrap import Interval, bootstrapped
from groovecast.measures.diversity import diversity
from groovecast.measures.frechet import frechet_distance, normalised
from groovecast.measures.kinetic import kinetic_features, kinetic_features_corrected
from groovecast.measures.manual import manual_features, manual_features_corrected
from realtime.evaluation.danced import GROUND_M, PLANNED_FPS, SHOWN_FPS, Danced
from realtime.evaluation.on_the_beat import LEAST_BEATS, AccentFigures, on_the_beat
from realtime.evaluation.reference import CLIP_S

WARM_S = 10.0  # standing up, and ears that do not know the beat yet
_HOP_S = 2.5
_FEW_DRAWS = 100  # of a figure that is slow to compute
# Of the yes-or-no features: one that the ground truth shows in 0.1 % of the frames does not outweigh all others.
_LEAST_SPREAD = 0.01

Groups = Int64[np.ndarray, " clips"]


@dataclass(frozen=True)
class Clips:
    """What is measured of each 5 s clip, and which dance each is of."""

    kinetic: Float[np.ndarray, "clips 66"]
    kinetic_corrected: Float[np.ndarray, "clips 66"]
    manual: Float[np.ndarray, "clips 32"]
    manual_corrected: Float[np.ndarray, "clips 32"]
    pfc: Float[np.ndarray, " clips"]
    fsr: Float[np.ndarray, " clips"]
    fsr_corrected: Float[np.ndarray, " clips"]
    jerk_m_s3: Float[np.ndarray, " clips"]
    dance: Groups

    @property
    def dances(self) -> list[Groups]:
        """The clips of each dance."""
        return [np.flatnonzero(self.dance == one) for one in np.unique(self.dance)]


def cut_clips(dances: Sequence[Danced]) -> tuple[list[Danced], Groups]:
    """Clips of 5 s, one begun each 2.5 s, and which dance each is of."""
    clips, of = [], []
    for number, danced in enumerate(dances):
        for begin_s in np.arange(0, danced.duration_s - CLIP_S + 1e-6, _HOP_S):
            clips.append(danced.from_s(float(begin_s), float(begin_s) + CLIP_S))
            of.append(number)
    return clips, np.array(of, np.int64)


def clips_of(clips: Sequence[Danced], of: Groups) -> Clips:
    """Everything that is measured clip by clip."""
    shown = [clip.place_m.astype(np.float64) for clip in clips]
    planned = [place[::2] for place in shown]
    return Clips(
        np.stack([kinetic_features(place) for place in shown]),
        np.stack([kinetic_features_corrected(place, SHOWN_FPS) for place in shown]),
        np.stack([manual_features(place) for place in shown]),
        np.stack([manual_features_corrected(place, SHOWN_FPS) for place in shown]),
        np.array([feet.physical_foot_contact(place) for place in planned]),
        np.array([feet.foot_skate_ratio(place, GROUND_M) for place in planned]),
        np.array([feet.foot_skate_ratio_corrected(place, GROUND_M) for place in planned]),
        np.array([smoothness.jerk_p95(place, PLANNED_FPS) for place in planned]),
        of,
    )


@dataclass(frozen=True)
class Row:
    """Some dances and what is measured of their clips."""

    dances: list[Danced]
    clips: Clips

    @staticmethod
    def of(dances: Sequence[Danced], from_s: float) -> "Row":
        """The dances from a moment on."""
        begun = [one.from_s(from_s) for one in dances]
        return Row(begun, clips_of(*cut_clips(begun)))


class Figures(msgspec.Struct, frozen=True):
    """A row. `intervals` holds the 95 % interval of every figure that has one; null: it cannot be told."""

    fidk: float | None
    fidg: float | None
    divk: float | None
    divg: float | None
    bas: float | None
    bas_lift: float | None
    pfc: float
    fsr: float
    jerk_ratio: float | None
    accent_lag_ms: AccentFigures | None
    fidk_corrected: float | None
    fidg_corrected: float | None
    fidk_held_out: float | None
    divk_corrected: float | None
    divg_corrected: float | None
    bas_by_chance: float | None
    bas_lift_over_wrong_songs: float | None
    songs_that_beat_wrong_songs: float | None
    fsr_corrected: float
    jerk_p95_m_s3: float
    seam_jerk_ratio: float | None
    longest_stillness_s: float
    clips: int
    intervals: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Truth:
    """What rows are held against: clips of training takes, and of takes that nobody trained on."""

    reference: Clips
    held_out: Clips


def row_of(dances: Sequence[Danced], clips: Clips, truth: Truth | None) -> Figures:
    """Everything of some dances; what is of beats from those whose beats are known."""
    row = _Making(clips, truth)
    row.measure_clips()
    stillness_s = max(
        smoothness.longest_stillness_s(one.planned_place_m.astype(np.float64), PLANNED_FPS) for one in dances
    )
    return with_beats_of(row.figures(_seam_jerk(dances), stillness_s), dances)


def with_beats_of(row: Figures, dances: Sequence[Danced]) -> Figures:
    """The row with what is of beats measured anew: of the same dances to other beats, say."""
    known = [one for one in dances if len(one.beats_s) >= LEAST_BEATS]
    if not known:
        return row
    found, lag = on_the_beat(known)
    values = {name: round(one.value, 4) for name, one in found.items() if name in row.__struct_fields__}
    others = {name: bounds for name, bounds in row.intervals.items() if name not in found}
    intervals = others | {name: (round(one.low, 4), round(one.high, 4)) for name, one in found.items()}
    return msgspec.structs.replace(row, **values, accent_lag_ms=lag, intervals=intervals)


def carried(clips: Clips, truth: Truth | None) -> dict[str, float | tuple[float, float] | None]:
    """Only how the feet carry the body and how smooth it is."""
    known = None if truth is None else float(truth.held_out.jerk_m_s3.mean())
    jerk_m_s3 = float(clips.jerk_m_s3.mean())
    fsr = bootstrapped(len(clips.dances), _gathered(_mean_of(clips.fsr), clips.dances))
    return {
        "fsr": round(fsr.value, 4),
        "fsr_interval": (round(fsr.low, 4), round(fsr.high, 4)),
        "fsr_corrected": round(float(np.nanmean(clips.fsr_corrected)), 4),
        "pfc": round(float(clips.pfc.mean()), 4),
        "jerk_p95_m_s3": round(jerk_m_s3, 4),
        "jerk_ratio": None if known is None else round(jerk_m_s3 / known, 4),
    }


class _Making:
    """A row in the making."""

    def __init__(self, clips: Clips, truth: Truth | None) -> None:
        self._clips, self._truth = clips, truth
        self._found: dict[str, Interval] = {}

    def measure_clips(self) -> None:
        clips, truth = self._clips, self._truth
        for name, values in (
            ("pfc", clips.pfc), ("fsr", clips.fsr), ("fsr_corrected", clips.fsr_corrected),
            ("jerk_p95_m_s3", clips.jerk_m_s3),
        ):  # fmt: skip
            self._found[name] = self._over_dances(_mean_of(values))
        if truth is None:
            return
        known = float(np.mean(truth.held_out.jerk_m_s3))
        self._found["jerk_ratio"] = self._over_dances(
            lambda drawn: float(clips.jerk_m_s3[drawn].mean()) / known
        )
        reference, held_out = truth.reference, truth.held_out
        self._distances("k", reference.kinetic, clips.kinetic, 0.0)
        self._distances("g", reference.manual, clips.manual, 0.0)
        self._distances("k_corrected", reference.kinetic_corrected, clips.kinetic_corrected, 0.0)
        self._distances("g_corrected", reference.manual_corrected, clips.manual_corrected, _LEAST_SPREAD)
        if held_out is not clips:
            against, ours = normalised(held_out.kinetic, clips.kinetic)
            self._found["fidk_held_out"] = self._over_dances(
                lambda drawn: frechet_distance(ours[drawn], against), _FEW_DRAWS
            )

    def _distances(
        self,
        kind: str,
        reference: Float[np.ndarray, "clips numbers"],
        ours: Float[np.ndarray, "clips numbers"],
        least_spread: float,
    ) -> None:
        truth, lot = normalised(reference, ours, least_spread=least_spread)
        self._found[f"fid{kind}"] = self._over_dances(
            lambda drawn: frechet_distance(lot[drawn], truth), _FEW_DRAWS
        )
        self._found[f"div{kind}"] = self._over_dances(lambda drawn: diversity(lot[drawn]), _FEW_DRAWS)

    def _over_dances(self, figure: Callable[[Groups], float], draws: int = 400) -> Interval:
        """A figure of clips, its interval over the dances that they are of."""
        dances = self._clips.dances
        return bootstrapped(len(dances), _gathered(figure, dances), draws)

    def figures(self, seam_jerk_ratio: float | None, stillness_s: float) -> Figures:
        found = {name: interval for name, interval in self._found.items() if np.isfinite(interval.value)}

        def value(name: str) -> float | None:
            return round(found[name].value, 4) if name in found else None

        def certain(name: str) -> float:
            return round(self._found[name].value, 4)

        return Figures(
            fidk=value("fidk"), fidg=value("fidg"), divk=value("divk"), divg=value("divg"),
            bas=None, bas_lift=None, pfc=certain("pfc"), fsr=certain("fsr"),
            jerk_ratio=value("jerk_ratio"), accent_lag_ms=None,
            fidk_corrected=value("fidk_corrected"), fidg_corrected=value("fidg_corrected"),
            fidk_held_out=value("fidk_held_out"), divk_corrected=value("divk_corrected"),
            divg_corrected=value("divg_corrected"), bas_by_chance=None, bas_lift_over_wrong_songs=None,
            songs_that_beat_wrong_songs=None,
            fsr_corrected=certain("fsr_corrected"), jerk_p95_m_s3=certain("jerk_p95_m_s3"),
            seam_jerk_ratio=seam_jerk_ratio, longest_stillness_s=round(stillness_s, 2),
            clips=len(self._clips.dance),
            intervals={name: (round(one.low, 4), round(one.high, 4)) for name, one in found.items()},
        )  # fmt: skip


def _gathered(figure: Callable[[Groups], float], dances: Sequence[Groups]) -> Callable[[Groups], float]:
    """A figure of clips as one of dances."""
    return lambda drawn: figure(np.concatenate([dances[one] for one in drawn]))


def _mean_of(values: Float[np.ndarray, " clips"]) -> Callable[[Groups], float]:
    """The mean of one value a clip; a clip without one does not count."""
    return lambda drawn: float(np.nanmean(values[drawn])) if np.isfinite(values[drawn]).any() else np.nan


def _seam_jerk(dances: Sequence[Danced]) -> float | None:
    """How many times the jerk where a new plan begins (p95) is that elsewhere; None where nothing was planned."""
    at_seams, elsewhere = [], []
    for one in dances:
        values = smoothness.jerk(one.planned_place_m.astype(np.float64), PLANNED_FPS)
        near = np.zeros(len(values), bool)
        for frame in np.round(one.seams_s * PLANNED_FPS).astype(int):
            near[max(frame - 3, 0) : max(frame, 0)] = True  # the differences that hold a frame of either plan
        at_seams.append(values[near].ravel())
        elsewhere.append(values[~near].ravel())
    if not sum(map(len, at_seams)):
        return None
    seams, others = np.concatenate(at_seams), np.concatenate(elsewhere)
    return round(float(np.percentile(seams, 95) / np.percentile(others, 95)), 3)

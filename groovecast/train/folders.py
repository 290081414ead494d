"""Anybody's folder of dances with their music: each take paired with its song, the song heard with our own ears."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from groovecast.audio.decode import Audio, load_audio
from groovecast.model.conditions import MusicFrames
from groovecast.motion.pose import Motion
from groovecast.train.grids import grids_of, judged
from groovecast.train.heard import music_within, pulse_of_music
from groovecast.train.ledger import Outcome
from groovecast.train.motion_files import READERS, motion_of_file
from groovecast.train.roster import STYLES, Casting
from groovecast.train.takes import Member, Take, member_of

SONG_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif")
# AIST++ and Motorica write genre and song into a name: gBR_sBM_cAll_d04_mBR0_ch01.
_AIST_SONG, _AIST_GENRE = re.compile(r"m[A-Z]{2}\d+"), re.compile(r"g[A-Z]{2}")
_STYLE_OF_GENRE = {
    "gBR": "break", "gPO": "street", "gLO": "street", "gMH": "street", "gLH": "street", "gHO": "street",
    "gWA": "street", "gKR": "street", "gJS": "modern", "gJB": "modern", "gJZ": "modern", "gCH": "modern",
    "gTP": "modern", "gCA": "street",
}  # fmt: skip
_DANCED_STYLE, _SILENT_STYLE = "street", "move"  # of what no name tells: danced to a song, or not
# AIST++'s own songs for testing, as EDGE and others use them.
_AIST_TEST = ("mLH4", "mKR2", "mBR0", "mLO2", "mJB5", "mWA0", "mJS3", "mMH3", "mHO5", "mPO1")
_TEST_EVERY = 10  # of other songs, so that none is danced on both sides
Hearing = Callable[[Audio], MusicFrames]


@dataclass(frozen=True)
class Pair:
    """A motion file and the song that it was danced to, if there is one."""

    motion: Path
    song: Path | None
    doubt: str | None = None  # why no song was chosen though some have its name

    @property
    def group(self) -> str:
        """What must not be torn apart between training and testing: all that is danced to one song."""
        return self.song.as_posix() if self.song else self.motion.stem


def pairs_in(source: Path, music: Path | None = None) -> list[Pair]:
    """Every motion file below a folder, each with its song from `music` (or the same folder).

    A song is named as its motion, or as the m-part of AIST++'s names, or by the same number; of several the one in
    the motion's folder, or in the folder that is called alike, is meant. Raises FileNotFoundError when there is no
    motion, and ValueError when `music` was given and nothing there is any motion's.
    """
    motions = sorted(path for path in source.rglob("*") if path.suffix.lower() in READERS and path.is_file())
    if not motions:
        known = ", ".join((".npz", *READERS))
        raise FileNotFoundError(f"asked for motion in {source}, no {known} is there: see docs/data.md")
    songs: dict[str, list[Path]] = {}
    for path in sorted((music or source).rglob("*")):
        if path.suffix.lower() in SONG_SUFFIXES:
            songs.setdefault(_key(path.stem), []).append(path)
    pairs = [_pair_of(path, songs, source, music or source) for path in motions]
    if music is not None and not any(pair.song or pair.doubt for pair in pairs):
        what = f"found {sum(map(len, songs.values()))} songs and none of {motions[0].name}"
        raise ValueError(f"asked for the music of takes in {music}, {what}: name songs as docs/data.md says")
    return pairs


def read_folder(
    source: Path, music: Path | None, hear: Hearing, told: Callable[[Outcome], None]
) -> Iterator[Take]:
    """Every take in a folder, with what our ears made of its song; `told` hears what became of each file."""
    pairs = pairs_in(source, music)
    splits = splits_of(pairs)
    heard: dict[Path, MusicFrames] = {}
    for pair in sorted(
        pairs, key=lambda pair: pair.group
    ):  # so that a song is heard once, and forgotten after
        casting = Casting(_style_of(pair, source), splits[pair.group])
        identity = f"{source.name}/{pair.motion.relative_to(source).with_suffix('').as_posix()}"
        try:
            if pair.doubt:
                raise ValueError(pair.doubt)
            motion = motion_of_file(pair.motion)
            if pair.song is not None and pair.song not in heard:
                heard = {pair.song: hear(load_audio(pair.song))}
        except ValueError as why:
            told(Outcome(identity, casting.style, casting.split, 0.0, 0.0, str(why)))
            continue
        song = heard[pair.song] if pair.song else None
        member = member_of(identity, casting, motion, motion.duration_s)
        yield from _takes_of(member, song, told)


def _takes_of(member: Member, song: MusicFrames | None, told: Callable[[Outcome], None]) -> Iterator[Take]:
    if member.outcome.reason:
        told(member.outcome)
        return
    motion = member.motion
    if song is None:
        (grid,) = grids_of([motion], member.casting.style)
        pulse, beats = grid.pulse, f"no music; {grid.told}"
    else:
        pulse = pulse_of_music(song)
        beats = (
            judged(motion, pulse).told if pulse else "unknown: the ears were rarely sure, or heard a waltz"
        )
    told(replace(member.outcome, beats=beats))
    for run in member.runs:
        yield Take(
            f"{member.id}@{run.start}",
            member.casting,
            Motion(motion.fps, motion.root_m[run], motion.local_quat_wxyz[run]),
            pulse.within(run.start, run.stop) if pulse else None,
            music_within(song, run.start, run.stop) if song else None,
        )


def splits_of(pairs: list[Pair]) -> dict[str, str]:
    """Which songs are learned from ("train"), and which are held out with all that is danced to them ("test")."""
    groups = sorted({pair.group for pair in pairs})
    of_aist = {group for group in groups if Path(group).stem in _AIST_TEST}
    every_tenth = set(groups[_TEST_EVERY - 1 :: _TEST_EVERY])
    # of few songs the last, for without any held out nobody can tell learning from remembering
    held_out = of_aist or every_tenth or set(groups[1:][-1:])
    return {group: "test" if group in held_out else "train" for group in groups}


def _style_of(pair: Pair, source: Path) -> str:
    """By AIST++'s genre in the name, or a folder on the way from `source` that is called as a style is."""
    for word in pair.motion.stem.split("_"):
        if _AIST_GENRE.fullmatch(word):
            return _STYLE_OF_GENRE.get(word, _DANCED_STYLE)
    folders = pair.motion.relative_to(source).parts[:-1]
    named = [part.lower() for part in folders if part.lower() in STYLES]
    return named[-1] if named else _DANCED_STYLE if pair.song else _SILENT_STYLE


def _pair_of(motion: Path, songs: dict[str, list[Path]], source: Path, music: Path) -> Pair:
    """The motion with the song of its name; with none, and the reason, where two others have it."""
    named = [word for word in motion.stem.split("_") if _AIST_SONG.fullmatch(word)]
    name = next((name for name in (motion.stem, *named) if _key(name) in songs), None)
    if name is None:
        return Pair(motion, None)
    called = songs[_key(name)]
    alike = music / motion.relative_to(source).parent
    near = [song for song in called if song.parent in (motion.parent, alike)] or called
    meant = [song for song in near if song.stem == name] or near
    if len({song.with_suffix("") for song in meant}) > 1:
        one, other = (song.relative_to(music).as_posix() for song in (meant[0], meant[-1]))
        what = f"both {one} and {other} are called so"
        return Pair(motion, None, f"asked for the song of {motion.name}, {what}: put its own beside it")
    return Pair(motion, meant[0])


def _key(stem: str) -> str:
    """Names that mean one song are one key: 001 is 1, as FineDance's files are numbered."""
    return str(int(stem)) if stem.isdecimal() else stem.lower()

"""One song danced in every genre that a dancer knows, to look at beside each other."""

from dataclasses import replace

from realtime.dance_settings import DanceSettings
from realtime.evaluation.danced import Danced
from realtime.evaluation.songs import JudgedSong
from realtime.evaluation.troupe import Part, danced_together
from realtime.generator import Generator

# Styles that are learned from and are no dance.
_NO_GENRE = ("martial", "idle", "move")
_LONG_S = 30.0


def genres_of(styles: tuple[str, ...]) -> tuple[str, ...]:
    """Those of a model's styles that are dances."""
    return tuple(style for style in styles if style not in _NO_GENRE)


def danced_in_every_genre(
    song: JudgedSong, generator: Generator, settings: DanceSettings, begin_s: float = 0.0
) -> list[Danced]:
    """Half a minute of the song in each genre, the style fixed; each is named after song and genre.

    `begin_s` is where in the whole song this one begins.
    """
    genres = genres_of(generator.config.styles)
    parts = [Part(generator, replace(settings, style=genre)) for genre in genres]
    short = song.cut(0.0, min(_LONG_S, song.audio.duration_s))
    return [
        replace(danced, name=f"{song.name}_{genre}", begin_s=begin_s)
        for genre, danced in zip(genres, danced_together(short, parts), strict=True)
    ]

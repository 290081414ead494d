"""From what a person asked for to open outlets: all of them, or none and the reason."""

from collections.abc import Iterator
from pathlib import Path

from realtime.outlets.sink import Sink
from realtime.settings import ShowWishes


def sinks_of(show: ShowWishes, dancers: int = 1, *, in_real_time: bool = True) -> list[Sink]:
    """Every outlet that was asked for besides the page; a fault closes those already open.

    `dancers` begin. In real time a slow disk costs the take frames, else it costs time.
    """
    if show.avatar and not show.vmc:
        raise ValueError(
            "asked for --avatar without --vmc: add its receiver, nobody else is told of the avatar"
        )
    sinks: list[Sink] = []
    try:
        # one by one: those before a wrong one are closed
        for sink in _opened(show, dancers, in_real_time):
            sinks.append(sink)
    except Exception:
        for sink in sinks:
            sink.close()
        raise
    return sinks


def _opened(show: ShowWishes, dancers: int, in_real_time: bool) -> Iterator[Sink]:
    """One after the other. What nobody asked for is not even loaded: a show starts the sooner."""
    if show.vmc:
        from groovecast.takes.avatar import read_avatar
        from realtime.outlets.vmc import VmcWish
        from realtime.outlets.vmc_crew import VmcCrew

        bodies = [read_avatar(file) for file in show.avatar]
        for target in show.vmc:
            yield VmcCrew(VmcWish.from_text(target), bodies)
    if show.osc:
        from realtime.outlets.osc import OscSink, OscWish

        for target in show.osc:
            yield OscSink(OscWish.from_text(target))
    if show.livelink:
        from realtime.outlets.live_link import LiveLinkSink, LiveLinkWish

        for target in show.livelink:
            yield LiveLinkSink(LiveLinkWish.from_text(target))
    if show.vrchat:
        from realtime.outlets.vrchat import VrChatSink, VrChatWish

        for target in show.vrchat:
            yield VrChatSink(VrChatWish.from_text(target))
    if show.record:
        from realtime.outlets.crew_takes import CrewTakes

        takes: set[Path] = set()
        for path in show.record:
            if path.resolve() in takes:
                raise ValueError(f"asked to record {path} twice: give each --record another name")
            takes.add(path.resolve())
            yield CrewTakes(path, dancers, in_real_time=in_real_time)

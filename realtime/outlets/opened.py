"""From what a person asked for to open outlets: all of them, or none and the reason."""

from pathlib import Path

from groovecast.takes.avatar import read_avatar
from realtime.outlets.aside import AsideRecorder
from realtime.outlets.live_link import LiveLinkSink, LiveLinkWish
from realtime.outlets.osc import OscSink, OscWish
from realtime.outlets.recorder import TakeRecorder
from realtime.outlets.sink import Sink
from realtime.outlets.vmc import VmcSink, VmcWish
from realtime.outlets.vrchat import VrChatSink, VrChatWish
from realtime.settings import ShowWishes


def sinks_of(show: ShowWishes, *, in_real_time: bool = True) -> list[Sink]:
    """Every outlet that was asked for besides the page; a fault closes those already open.

    In real time a slow disk costs the take frames, else it costs time.
    """
    if show.avatar is not None and not show.vmc:
        raise ValueError(
            "asked for --avatar without --vmc: add its receiver, nobody else is told of the avatar"
        )
    body = None if show.avatar is None else read_avatar(show.avatar)
    sinks, takes = list[Sink](), set[Path]()
    try:
        for target in show.vmc:
            sinks.append(VmcSink(VmcWish.from_text(target), body))
        # one by one: those before a wrong one are closed
        for target in show.osc:
            sinks.append(OscSink(OscWish.from_text(target)))
        for target in show.livelink:
            sinks.append(LiveLinkSink(LiveLinkWish.from_text(target)))
        for target in show.vrchat:
            sinks.append(VrChatSink(VrChatWish.from_text(target)))
        for path in show.record:
            if path.resolve() in takes:
                raise ValueError(f"asked to record {path} twice: give each --record another name")
            takes.add(path.resolve())
            recorder = TakeRecorder(path)
            sinks.append(AsideRecorder(recorder) if in_real_time else recorder)
    except Exception:
        for sink in sinks:
            sink.close()
        raise
    return sinks

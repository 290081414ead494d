"""From what a person asked for to open outlets: all of them, or none and the reason."""

from realtime.outlets.aside import AsideRecorder
from realtime.outlets.recorder import TakeRecorder
from realtime.outlets.sink import Sink
from realtime.outlets.udp import target_from_text
from realtime.outlets.vmc import VMC_PORT, VmcSink
from realtime.settings import ShowWishes


def sinks_of(show: ShowWishes, *, in_real_time: bool = True) -> list[Sink]:
    """Every outlet that was asked for besides the page; a fault closes those already open.

    In real time a slow disk costs the take frames, else it costs time.
    """
    sinks: list[Sink] = []
    try:
        for target in show.vmc:
            sinks.append(VmcSink(*target_from_text(target, VMC_PORT)))
        for path in show.record:
            recorder = TakeRecorder(path)
            sinks.append(AsideRecorder(recorder) if in_real_time else recorder)
    except Exception:
        for sink in sinks:
            sink.close()
        raise
    return sinks

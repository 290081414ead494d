"""The music beside the figure, as VMC's pass-through messages: a beat, a bar or a new scene, once each when it comes.

`/VMC/Thru/groovecast/beat` "downbeat" or "beat", and its number in the bar (0 is the downbeat);
`/VMC/Thru/groovecast/bar` "bar", and its number; `/VMC/Thru/groovecast/section` what it is, and its number in the show.
"""

from groovecast.wire.beat_count import BeatCount
from groovecast.wire.moment import Moment
from groovecast.wire.osc import IMMEDIATE, osc_message, osc_text

_PATH = "/VMC/Thru/groovecast/"


class VmcCues:
    """Watches the moments of one receiver."""

    def __init__(self) -> None:
        self._beats = BeatCount()
        self._scene = ""
        self._scenes = 0

    def passed(self, moment: Moment) -> list[bytes]:
        """What has come since the moment before, one message each; none where the count of beats begins."""
        messages = []
        beat = self._beats.passed(moment)
        if beat is not None:
            messages.append(_cue("beat", "beat" if beat.place else "downbeat", beat.place))
            if beat.begins_bar:
                messages.append(_cue("bar", "bar", beat.bar))
        if moment.scene != self._scene:
            self._scene = moment.scene
            if moment.scene:
                messages.append(_cue("section", moment.scene, self._scenes))
                self._scenes += 1
        return messages


def cue_datagrams(messages: list[bytes], *, bundled: bool) -> list[bytes]:
    """One bundle of them, or a datagram each."""
    if not messages:
        return []
    return [IMMEDIATE + b"".join(messages)] if bundled else [message[4:] for message in messages]


def _cue(name: str, text: str, number: float) -> bytes:
    return osc_message(_PATH + name, osc_text(text), (float(number),))

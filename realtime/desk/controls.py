"""The list of all that can be turned; page, OSC, MIDI and keyboard are made from it."""

from collections.abc import Sequence

import msgspec

from realtime.conductor import AUTO
from realtime.dance_settings import DanceSettings
from realtime.desk.control import Control

MOST_DANCERS = 16
NOW, BEAT, BAR, FOUR_BARS = "now", "beat", "bar", "four bars"
QUANTISE = (NOW, BEAT, BAR, FOUR_BARS)
PINS = ("none", "legs", "arms", "upper body", "left hand", "right hand")
DANCE, STANDING, T_POSE = "dance", "standing", "t-pose"
POSTURES = (DANCE, STANDING, T_POSE)
FORMATIONS = ("line", "wedge", "circle", "grid")
AS_FIRST = "as the first"
POSE_NOW = "now"


def _number(name: str, group: str, says: str, least: float, most: float, start: float) -> Control:
    return Control(name=name, kind="number", group=group, says=says, least=least, most=most, start=start)


def _gliding(control: Control, glide_s: float) -> Control:
    return msgspec.structs.replace(control, glide_s=glide_s)


def dance_controls(styles: Sequence[str], start: DanceSettings) -> list[Control]:
    """How the dance is made."""
    words = (AUTO, *styles)
    return [
        Control(name="style", kind="choice", group="dance", says="What is danced", choices=words,
                start=start.style, glide_s=1.0),
        Control(name="style_b", kind="choice", group="dance", says="The second style, to blend with", choices=words,
                start="street" if "street" in words else AUTO, glide_s=1.0),
        _gliding(_number("style_blend", "dance", "How much of the second style there is", 0, 1, 0), 0.2),
        _gliding(_number("intensity", "dance", "How hard to dance; 1 is as the music asks", 0, 2, start.intensity),
                 0.2),
        _gliding(_number("groove", "dance", "How deep to sink into every beat", 0, 2, start.groove), 0.2),
        _gliding(_number("smoothness", "dance", "How much of the quick movement is smoothed away", 0, 1, 0),
                 0.2),
        Control(name="look_ahead_ms", kind="number", group="dance", unit="ms", least=140, most=600, start=200,
                says="How long before it is shown a movement is decided: less reacts sooner, more anticipates"),
        Control(name="reactive", kind="switch", group="dance", says="Decide anew twice as often"),
        Control(name="mirror", kind="switch", group="dance", says="Left is right", glide_s=0.4),
        Control(name="seed", kind="number", group="dance", says="Another number, another dance", least=0, most=9999,
                step=1, start=min(start.seed, 9999)),
        Control(name="reroll", kind="button", group="dance", says="Another dance", in_cues=False),
        _gliding(_number("hands", "dance", "How much the fingers curl and move", 0, 2, 1), 0.2),
        Control(name="foot_lock", kind="switch", group="dance", says="Feet that stand do not slide",
                start=start.foot_lock),
    ]  # fmt: skip


def stage_controls() -> list[Control]:
    """Where the figure stands."""
    return [
        Control(name="place_x_m", kind="number", group="stage", unit="m", least=-5, most=5, start=0.0, glide_s=0.5,
                says="Where the figure stands, towards its left"),
        Control(name="place_z_m", kind="number", group="stage", unit="m", least=-5, most=5, start=0.0, glide_s=0.5,
                says="Where the figure stands, towards the audience"),
        Control(name="heading_deg", kind="number", group="stage", unit="°", least=-180, most=180, start=0.0,
                glide_s=0.5, says="Where the figure faces; 0 is the audience"),
        Control(name="size", kind="number", group="stage", least=0.25, most=4, start=1.0, glide_s=0.3,
                says="How large the figure is"),
    ]  # fmt: skip


def show_controls(offset_ms: float = 0.0) -> list[Control]:
    """What a performer needs in a hurry."""
    return [
        Control(name="freeze", kind="switch", group="show", says="Hold still", in_cues=False),
        Control(name="blackout", kind="switch", group="show", says="Hide the figure", in_cues=False),
        Control(name="panic", kind="button", group="show", in_cues=False,
                says="Fade to standing; once more: T-pose"),
        Control(name="resume", kind="button", group="show", says="Dance again", in_cues=False),
        Control(name="posture", kind="choice", group="show", choices=POSTURES, start=POSTURES[0], glide_s=0.8,
                in_cues=False, says="What the figure does: panic and resume turn it"),
        Control(name="idle_on_silence", kind="switch", group="show", start=True,
                says="Stand at ease when the music stops or the signal is lost"),
        Control(name="idle_after_s", kind="number", group="show", unit="s", least=0, most=30, start=0.0,
                says="How long silence is danced through before that"),
        Control(name="offset_ms", kind="number", group="show", unit="ms", least=-1000, most=1000, start=offset_ms,
                glide_s=0.5, in_cues=False, says="Show everything so much later; negative is earlier"),
    ]  # fmt: skip


def beat_controls(sources: Sequence[str]) -> list[Control]:
    """Where the beat is."""
    buttons = {
        "tap": "Tap the beat",
        "nudge_earlier": "The beat comes 10 ms earlier",
        "nudge_later": "The beat comes 10 ms later",
        "double": "Count twice as fast",
        "half": "Count half as fast",
        "resync": "The beat that is now is one",
    }
    return [
        *(Control(name=name, kind="button", group="beat", says=says, in_cues=False) for name, says in buttons.items()),
        Control(name="beat_source", kind="choice", group="beat", says="Who says where the beat is",
                choices=tuple(sources), start=AUTO, in_cues=False),
        _number("beat_trust", "beat", "How far the dance believes the beat", 0, 1, 1.0),
    ]  # fmt: skip


def keyframe_controls() -> list[Control]:
    """A pose at a chosen beat, and parts of the body that are held."""
    return [
        Control(name="keyframe", kind="button", group="keyframe", in_cues=False,
                says="Arrive in the pose on the next beat, bar or four bars"),
        Control(name="keyframe_pose", kind="choice", group="keyframe", choices=(POSE_NOW,), start=POSE_NOW,
                says="Which pose; now is the one that is danced when the button is pressed"),
        Control(name="keyframe_hold_beats", kind="number", group="keyframe", least=0, most=16, start=1.0,
                says="How many beats it is held"),
        Control(name="pin", kind="choice", group="keyframe", choices=PINS, start=PINS[0],
                says="What of the body is held as it is now"),
        Control(name="hand_x_m", kind="number", group="keyframe", unit="m", least=-1, most=1, start=0.0, glide_s=0.3,
                says="Where a held hand is, towards the figure's left"),
        Control(name="hand_y_m", kind="number", group="keyframe", unit="m", least=0, most=2.2, start=1.2,
                glide_s=0.3, says="How high a held hand is"),
        Control(name="hand_z_m", kind="number", group="keyframe", unit="m", least=-1, most=1, start=0.4, glide_s=0.3,
                says="Where a held hand is, to the figure's front"),
    ]  # fmt: skip


def cue_controls() -> list[Control]:
    """The set list's own."""
    return [
        Control(name="quantise", kind="choice", group="cues", choices=QUANTISE, start=BAR, in_cues=False,
                says="When a cue or keyframe comes: now, or on the next beat, bar or four bars"),
        Control(name="fade_s", kind="number", group="cues", unit="s", least=0, most=16, start=0.0, in_cues=False,
                says="How long a cue takes to be there"),
        Control(name="cue", kind="choice", group="cues", choices=(), start="", in_cues=False,
                says="Go to this cue of the set list"),
        Control(name="cue_next", kind="button", group="cues", says="Go to the next cue", in_cues=False),
        Control(name="cue_previous", kind="button", group="cues", says="Go to the cue before", in_cues=False),
    ]  # fmt: skip


def crew_controls(styles: Sequence[str], dancers: int) -> list[Control]:
    """How many dance, and what each has of its own; `dancers` at the start."""
    controls = [
        Control(name="dancers", kind="number", group="crew", least=1, most=MOST_DANCERS, step=1, start=dancers,
                glide_s=1.0, says="How many dance"),
        Control(name="formation", kind="choice", group="crew", choices=FORMATIONS, start=FORMATIONS[0], glide_s=1.5,
                says="How they stand"),
        Control(name="spacing_m", kind="number", group="crew", unit="m", least=0.5, most=4, start=1.5, glide_s=0.8,
                says="How far they stand from each other"),
        Control(name="canon_beats", kind="number", group="crew", unit="beats", least=0, most=16, start=0.0, step=0.25,
                glide_s=0.5, says="Each dances so many beats after the one before"),
        Control(name="unison", kind="switch", group="crew", start=True, says="All dance the same"),
    ]  # fmt: skip
    words = (AS_FIRST, AUTO, *styles)
    for number in range(2, MOST_DANCERS + 1):
        who, name = f"dancer {number}", f"dancer{number}"
        controls += [
            Control(name=f"{name}_style", kind="choice", group="crew", choices=words, start=AS_FIRST, glide_s=1.0,
                    says=f"What {who} dances"),
            Control(name=f"{name}_seed", kind="number", group="crew", least=0, most=9999, step=1, start=number,
                    says=f"Which dance {who} has when they do not dance the same"),
            Control(name=f"{name}_x_m", kind="number", group="crew", unit="m", least=-5, most=5, start=0.0,
                    glide_s=0.5, says=f"{who}'s way from its place, to its left"),
            Control(name=f"{name}_z_m", kind="number", group="crew", unit="m", least=-5, most=5, start=0.0,
                    glide_s=0.5, says=f"{who}'s way from its place, towards the audience"),
            Control(name=f"{name}_heading_deg", kind="number", group="crew", unit="°", least=-180, most=180,
                    start=0.0, glide_s=0.5, says=f"How far {who} is turned from the others"),
            Control(name=f"{name}_canon_beats", kind="number", group="crew", unit="beats", least=0, most=16,
                    step=0.25, start=0.0, glide_s=0.5, says=f"How many beats later still {who} dances"),
        ]  # fmt: skip
    return controls


def sound_controls() -> list[Control]:
    """What is heard."""
    return [
        Control(name="playing", kind="switch", group="sound", start=True, in_cues=False,
                says="The song plays or pauses"),
        Control(name="position_s", kind="number", group="sound", unit="s", least=0, most=86_400, start=0.0,
                in_cues=False, says="Where in the song"),
    ]  # fmt: skip


def outlet_control(number: int, outlet: str, offset_ms: float) -> Control:
    """The offset of one outlet, counted from 1."""
    return Control(
        name=f"out{number}_offset_ms",
        kind="number",
        group="show",
        unit="ms",
        least=-1000,
        most=1000,
        start=offset_ms,
        glide_s=0.5,
        in_cues=False,
        says=f"{outlet}: so much later than the others",
    )

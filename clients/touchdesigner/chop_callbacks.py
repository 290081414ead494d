"""The callbacks of a Script CHOP that shows a dancer: joints as channels or samples, music, or the link's health.

Its parameter Content says which: `joints` (hips:tx hips:ty ... a channel each), `instances` (tx ty tz rx ry rz, a
sample for each joint, for a Geometry COMP's instancing), `music`, or `status`.
"""

import numpy as np
from groovecast_channels import CHANNELS, MUSIC, Angles, music_of
from groovecast_clock import now_s
from groovecast_link import LINK, STATUS

CONTENTS = ("joints", "instances", "music", "status")
SPACES = ("world", "local")
_angles = {}  # of each Script CHOP, by its path


def onSetupParameters(scriptOp):
    """TouchDesigner: Setup Parameters was pressed."""
    page = scriptOp.appendCustomPage("Groovecast")
    for name, words in (("Content", CONTENTS), ("Space", SPACES)):
        menu = page.appendMenu(name)[0]
        menu.menuNames = menu.menuLabels = words
        menu.val = words[0]
    page.appendToggle("Fingers")
    page.appendInt("Dancer")


def onPulse(par):
    """TouchDesigner: a pulse parameter was pressed; there is none."""


def onCook(scriptOp):
    """TouchDesigner: fill the channels."""
    par = scriptOp.par
    content = par.Content.eval()
    if content == "status":
        return _fill(scriptOp, STATUS, [[value] for value in LINK.status()])
    shown = LINK.show(now_s(), int(par.Dancer.eval()))
    if content == "music":
        return _fill(scriptOp, MUSIC, [[value] for value in music_of(shown)])
    if shown is None or LINK.skeleton is None:
        return _fill(scriptOp, ("waiting",), [[1.0]])
    matrix = LINK.skeleton.transforms(shown.stance, par.Space.eval() == "world", bool(par.Fingers.eval()))
    angles = _angles.setdefault(scriptOp.path, Angles()).of(matrix[:, :3, :3])
    values = np.concatenate((matrix[:, :3, 3], angles), axis=1)
    if content == "instances":
        return _fill(scriptOp, CHANNELS, values.T)
    names = [f"{joint}:{channel}" for joint in LINK.skeleton.names[: len(values)] for channel in CHANNELS]
    return _fill(scriptOp, names, values.reshape(-1, 1))


def _fill(scriptOp, names, values):
    """Set the channels; they are made anew only when there are others, for that is slow."""
    if [channel.name for channel in scriptOp.chans()] != list(names) or scriptOp.numSamples != len(values[0]):
        scriptOp.clear()
        scriptOp.numSamples = len(values[0])
        for name in names:
            scriptOp.appendChan(name)
    for channel, samples in zip(scriptOp.chans(), values):  # noqa: B905 - Python 3.9
        channel.vals = [float(sample) for sample in samples]  # a list, as is documented

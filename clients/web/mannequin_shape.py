"""What the mannequin looks like: one smooth solid, and where its shell, suit and lines of light lie.

The figure is given as a distance: negative inside, zero on the skin, metres. Soft unions melt the parts
into each other. The right half mirrors the left, so all is written for x >= 0.
"""

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SKELETON_FILE = Path(__file__).resolve().parents[2] / "protocol" / "skeleton.json"
FINGERS = ("Thumb", "Index", "Middle", "Ring", "Little")
# Radius of each finger at its first joint and at its tip.
FINGER_RADII_M = {
    "Thumb": (0.0125, 0.0085),
    "Index": (0.0098, 0.0068),
    "Middle": (0.0100, 0.0070),
    "Ring": (0.0097, 0.0067),
    "Little": (0.0086, 0.0060),
}
# Body and hands are cut out of the same solid on grids of different fineness; they meet here, at the wrist.
WRIST_X_M = 0.655

# Rows of the texture: what the boundary between shell and suit looks like.
ROW_SEAM, ROW_GLOW, ROW_VISOR = 0.125, 0.375, 0.625
# Metres of boundary distance that the texture's width spans.
TEXTURE_SPAN_M = 0.06


class Bones:
    """The skeleton in the rest pose: joints, their parents, their places, and where each bone ends."""

    def __init__(self) -> None:
        file = json.loads(SKELETON_FILE.read_text())
        self.names: list[str] = [joint["name"] for joint in file["joints"]]
        self.unity_names: list[str] = [joint["unity"] for joint in file["joints"]]
        self.parents: list[int] = [
            -1 if joint["parent"] is None else self.names.index(joint["parent"]) for joint in file["joints"]
        ]
        self.offsets_m: Floats = np.array([joint["offset_m"] for joint in file["joints"]], float)
        self.places_m: Floats = np.zeros_like(self.offsets_m)
        for joint, parent in enumerate(self.parents):
            self.places_m[joint] = self.offsets_m[joint] + (self.places_m[parent] if parent >= 0 else 0.0)
        self.end_of = {
            end["parent"]: self.places_m[self.names.index(end["parent"])] + np.array(end["offset_m"], float)
            for end in file["ends"]
        }

    def place(self, name: str) -> Floats:
        """Where a joint stands in the rest pose."""
        return np.asarray(self.places_m[self.names.index(name)])


def ball(p: Floats, centre: tuple[float, ...], radii: tuple[float, float, float]) -> Floats:
    """Distance to an ellipsoid: exact on its skin, close near it."""
    q = p - np.array(centre)
    r = np.array(radii)
    k0 = np.linalg.norm(q / r, axis=-1)
    k1 = np.linalg.norm(q / (r * r), axis=-1)
    return np.asarray(k0 * (k0 - 1.0) / np.maximum(k1, 1e-9))


def limb(
    p: Floats,
    a: tuple[float, ...] | Floats,
    b: tuple[float, ...] | Floats,
    radius_a: float,
    radius_b: float,
    flat: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> Floats:
    """Distance to a rounded cone from a to b; `flat` stretches its cross-section along each axis."""
    stretch = np.array(flat)
    start, axis = np.asarray(a) / stretch, (np.asarray(b) - np.asarray(a)) / stretch
    q = p / stretch - start
    t = np.clip(q @ axis / (axis @ axis), 0.0, 1.0)
    radius = radius_a + (radius_b - radius_a) * t
    return np.asarray((np.linalg.norm(q - t[..., None] * axis, axis=-1) - radius) * min(flat))


def melt(a: Floats, b: Floats, width_m: float) -> Floats:
    """Union of two solids, rounded over where they meet."""
    h = np.maximum(width_m - np.abs(a - b), 0.0) / width_m
    return np.minimum(a, b) - h * h * width_m * 0.25


def carve(a: Floats, b: Floats, width_m: float) -> Floats:
    """What two solids share, its edge rounded."""
    return -melt(-a, -b, width_m)


def _torso(p: Floats) -> Floats:
    d = ball(p, (0, 0.955, -0.005), (0.140, 0.098, 0.098))
    d = melt(d, ball(p, (0.072, 0.915, -0.042), (0.075, 0.085, 0.074)), 0.05)
    d = melt(d, limb(p, (0, 1.00, 0.0), (0, 1.16, 0.004), 0.104, 0.108, (1.0, 1.0, 0.80)), 0.07)
    d = melt(d, ball(p, (0, 1.275, -0.006), (0.142, 0.165, 0.100)), 0.06)
    d = melt(d, ball(p, (0.074, 1.335, 0.048), (0.078, 0.062, 0.050)), 0.035)
    d = melt(d, ball(p, (0.088, 1.33, -0.050), (0.072, 0.10, 0.050)), 0.05)
    d = melt(d, limb(p, (0.0, 1.425, -0.014), (0.155, 1.424, -0.008), 0.050, 0.050), 0.06)
    d = melt(d, limb(p, (0.012, 1.515, -0.012), (0.12, 1.447, -0.014), 0.040, 0.030), 0.05)
    return melt(d, limb(p, (0, 1.43, -0.012), (0, 1.59, 0.012), 0.052, 0.047), 0.045)


def _arm(p: Floats) -> Floats:
    y = 1.42
    d = ball(p, (0.182, y + 0.002, -0.002), (0.066, 0.062, 0.060))
    d = melt(d, limb(p, (0.19, y, 0), (0.44, y, 0), 0.050, 0.036), 0.03)
    d = melt(d, ball(p, (0.305, y - 0.006, 0.004), (0.105, 0.046, 0.045)), 0.03)
    d = melt(d, limb(p, (0.44, y, 0), (0.69, y, 0), 0.036, 0.0235, (1.0, 0.95, 1.0)), 0.03)
    return melt(d, ball(p, (0.525, y, 0.003), (0.095, 0.041, 0.043)), 0.03)


def _leg(p: Floats) -> Floats:
    d = limb(p, (0.093, 0.86, -0.002), (0.09, 0.50, 0.004), 0.082, 0.049)
    d = melt(d, ball(p, (0.094, 0.725, 0.014), (0.078, 0.175, 0.080)), 0.04)
    d = melt(d, ball(p, (0.09, 0.495, 0.010), (0.049, 0.058, 0.050)), 0.03)
    d = melt(d, limb(p, (0.09, 0.47, 0.0), (0.09, 0.10, -0.008), 0.046, 0.032), 0.03)
    return melt(d, ball(p, (0.091, 0.345, -0.020), (0.050, 0.135, 0.052)), 0.04)


def _foot(p: Floats) -> Floats:
    d = ball(p, (0.09, 0.040, -0.040), (0.035, 0.044, 0.042))
    d = melt(d, limb(p, (0.09, 0.085, -0.008), (0.091, 0.036, 0.085), 0.037, 0.032), 0.035)
    d = melt(d, limb(p, (0.09, 0.024, -0.03), (0.093, 0.020, 0.14), 0.030, 0.030, (1.35, 1.0, 1.0)), 0.03)
    d = melt(d, ball(p, (0.092, 0.020, 0.148), (0.043, 0.026, 0.052)), 0.025)
    return carve(d, 0.001 - p[..., 1], 0.012)


def _hand(p: Floats, bones: Bones) -> Floats:
    wrist, y = bones.place("leftHand"), 1.42
    d = limb(
        p,
        wrist - np.array([0.03, 0, 0]),
        wrist + np.array([0.012, 0, 0.002]),
        0.0250,
        0.0225,
        (1.0, 0.82, 1.0),
    )
    palm = limb(p, (0.722, y - 0.002, 0.008), (0.757, y - 0.003, -0.006), 0.0290, 0.0310, (1.0, 0.52, 1.12))
    d = melt(d, palm, 0.022)
    d = melt(d, ball(p, (0.724, y - 0.012, 0.022), (0.030, 0.013, 0.018)), 0.016)  # ball of the thumb
    d = melt(d, ball(p, (0.728, y - 0.010, -0.022), (0.034, 0.012, 0.014)), 0.016)  # heel of the hand
    fingers = np.full(d.shape, 1.0)
    for finger in FINGERS:
        middle = "Proximal" if finger == "Thumb" else "Intermediate"
        first = "Metacarpal" if finger == "Thumb" else "Proximal"
        names = [f"left{finger}{part}" for part in (first, middle, "Distal")]
        points = [bones.place(name) for name in names]
        tip = bones.end_of[names[-1]]
        points.append(points[-1] + (tip - points[-1]) * 0.72)
        thick, thin = FINGER_RADII_M[finger]
        if finger != "Thumb":  # its bone inside the palm
            root = wrist + (points[0] - wrist) * 0.55
            d = melt(d, limb(p, root, points[0], thick * 1.05, thick * 1.10), 0.010)
        one = np.full(d.shape, 1.0)
        for index in range(3):
            here, there = (thick + (thin - thick) * step / 3 for step in (index, index + 1))
            one = melt(one, limb(p, points[index], points[index + 1], here, there), 0.004)
        fingers = np.minimum(fingers, one)
        d = melt(d, one, 0.018 if finger == "Thumb" else 0.007)
    return np.asarray(np.minimum(d, fingers))


def _head(p: Floats) -> Floats:
    skull = ball(p, (0, 1.662, -0.002), (0.0745, 0.090, 0.095))
    jaw = limb(p, (0, 1.610, 0.018), (0, 1.582, 0.046), 0.058, 0.030, (0.94, 1.0, 1.0))
    d = melt(skull, jaw, 0.055)
    # The hint of a face: a plane that leans back above the brow line and meets its mirror in a soft ridge.
    q = np.stack([p[..., 0], p[..., 1] - 1.63, p[..., 2] - 0.0865], axis=-1)
    plane = q @ np.array([0.30, 0.06, 0.952])
    return carve(d, plane, 0.022)


def skin_distance(points: Floats, bones: Bones) -> Floats:
    """Distance of each point to the mannequin's skin, negative inside."""
    p = points.copy()
    p[..., 0] = np.abs(p[..., 0])
    d = melt(_torso(p), _leg(p), 0.045)
    d = melt(d, _arm(p), 0.045)
    d = melt(d, _head(p), 0.022)
    d = melt(d, _foot(p), 0.022)
    near = p[..., 0] > 0.60
    if near.any():
        d[near] = melt(d[near], _hand(p[near], bones), 0.012)
    return d


def _both(a: Floats, b: Floats, width_m: float) -> Floats:
    """Positive where both are, the corner between their edges rounded."""
    return melt(a, b, width_m)


def surface_paint(points: Floats) -> Floats:
    """Texture coordinates: u grows from suit to shell across their boundary, v is the kind of boundary."""
    x, y, z = np.abs(points[..., 0]), points[..., 1], points[..., 2]
    crease = y - (0.846 + 0.30 * x - 0.10 * z)
    hip = np.where(x > 0.08, 0.037 - np.hypot(y - 0.925, z + 0.004), -1.0)
    chest = _both(y - 1.170 - 0.30 * x + 0.10 * z, 1.500 - 0.55 * x - y, 0.02)
    chest = _both(chest, 0.136 - x + 0.30 * (y - 1.42), 0.03)
    thigh = _both(y - 0.35 * x - 0.548, -0.036 - 0.95 * crease, 0.015)
    knee = 0.043 - np.hypot(np.hypot(x - 0.09, y - 0.494), np.minimum(z - 0.05, 0.0) * 0.75)
    shin = _both(y + 0.18 * z - 0.135, 0.428 - y - 0.18 * z, 0.01)
    foot = _both(0.074 - 0.55 * np.maximum(z - 0.02, 0.0) - y, 0.1145 - z, 0.02)
    foot = np.maximum(foot, z - 0.1385)
    upper_arm = _both(x - 0.188, 0.405 - x, 0.01)
    forearm = _both(x - 0.478, 0.648 - x, 0.01)
    hand = _both(x - 0.690, 0.794 - x, 0.01)
    shell = np.maximum.reduce([hip, chest, thigh, knee, shin, foot])
    shell = np.maximum(shell, np.where(y > 1.25, np.maximum(upper_arm, forearm), -1.0))
    shell = np.where(x > 0.66, hand, shell)
    row = np.full(x.shape, ROW_SEAM)
    round_knee = (np.hypot(x - 0.09, y - 0.494) < 0.054) & (z > -0.02)
    round_hip = (np.hypot(y - 0.925, z + 0.004) < 0.050) & (x > 0.08)
    glow = ((x > 0.44) & (x < 0.56)) | round_knee | round_hip
    row = np.where(glow, ROW_GLOW, row)
    head = y > 1.545
    skull = np.minimum(y - 1.568 - 0.30 * np.maximum(z, -0.03), 1.0)
    row = np.where(head, ROW_SEAM, row)
    shell = np.where(head, skull, shell)
    # The visor: a rounded band over the eyes, glass inside, a thin line of light around it.
    aside = 0.080 * np.arctan2(x, np.maximum(z, 1e-3))
    visor = (
        1.0
        - ((aside / 0.066) ** 4 + (np.abs(y - 1.646 - 0.10 * aside) / (0.027 - 0.10 * aside)) ** 4) ** 0.25
    )
    face = (y > 1.604) & (z > 0.0)
    row = np.where(face, ROW_VISOR, row)
    shell = np.where(face, -visor * 0.03, shell)
    u = 0.5 + np.clip(shell / TEXTURE_SPAN_M, -0.49, 0.49)
    return np.stack([u, row], axis=-1)

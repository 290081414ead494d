"""Writes the mannequin: a VRM avatar with all 52 bones, made from protocol/skeleton.json and a formula.

    python clients/web/make_mannequin.py [FOLDER]

writes mannequin.vrm (VRM 1.0) and mannequin0.vrm (VRM 0, for programs that know no other), and needs NumPy only.
A solid given by a distance is meshed on a grid, its vertices are drawn onto the exact skin,
weighted to the bones around them, shaded by how open they lie, and written as one binary glTF.
"""

import struct
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from mannequin_file import Mesh, vrm
from mannequin_shape import (
    ROW_GLOW,
    ROW_SEAM,
    ROW_VISOR,
    TEXTURE_SPAN_M,
    WRIST_X_M,
    Bones,
    Floats,
    skin_distance,
    surface_paint,
)

Ints = npt.NDArray[np.int64]

BODY_CELL_M, HEAD_AND_FEET_CELL_M, HAND_CELL_M = 0.0120, 0.0102, 0.0043
OVERLAP_M = 0.004
GRADIENT_STEP_M = 2e-4
# How far a vertex must be closer to one bone than to the next to follow the one alone.
WEIGHT_SOFTNESS_M = {"body": 0.016, "hand": 0.0030}
WEIGHT_SMOOTHINGS = {"body": 12, "hand": 3}
TEXTURE_WIDTH, TEXTURE_ROWS, ROW_HEIGHT = 128, 4, 16
OUT = Path(__file__).resolve().parent / "dist"

# sRGB: pearl shell, graphite suit, black glass, dark seams, one light.
SHELL, SUIT, GLASS, SEAM, LIGHT = (233, 229, 222), (50, 53, 64), (16, 19, 29), (18, 19, 24), (92, 225, 255)
LINE_M, GLOW_LINE_M = 0.0011, 0.0017


@dataclass
class Surface:
    """A triangle mesh: places and unit normals of its vertices, and three vertices a triangle."""

    points_m: Floats
    normals: Floats
    triangles: Ints


def _axis(low: float, high: float, fine: list[tuple[float, float, float]], cell_m: float) -> Floats:
    """Grid lines from low to high, closer together inside the given (from, to, cell) stretches."""
    lines = [low]
    while lines[-1] < high:
        cells = [cell for start, end, cell in fine if start <= lines[-1] <= end]
        lines.append(lines[-1] + min([cell_m, *cells]))
    return np.array(lines)


def net(x: Floats, y: Floats, z: Floats, bones: Bones) -> tuple[Floats, Ints]:
    """The skin on a grid: one vertex in each cell that it crosses (surface nets, Gibson 1998), and quads."""
    shape = (len(x), len(y), len(z))
    grid = np.stack(np.meshgrid(x, y, z, indexing="ij"), axis=-1)
    d = np.concatenate([skin_distance(part, bones).reshape(1, *shape[1:]) for part in grid])
    total = np.zeros((shape[0] - 1, shape[1] - 1, shape[2] - 1, 3))
    count = np.zeros(total.shape[:3])
    for axis in range(3):
        lo = [slice(None)] * 3
        hi = [slice(None)] * 3
        lo[axis], hi[axis] = slice(0, -1), slice(1, None)
        a, b = d[tuple(lo)], d[tuple(hi)]
        crossed = (a < 0) != (b < 0)
        t = np.where(crossed, a / np.where(crossed, a - b, 1.0), 0.0)[..., None]
        cut = (grid[tuple(lo)] * (1 - t) + grid[tuple(hi)] * t) * crossed[..., None]
        others = [k for k in range(3) if k != axis]
        for first in (0, 1):
            for second in (0, 1):
                part = [slice(None)] * 3
                part[others[0]] = slice(first, shape[others[0]] - 1 + first)
                part[others[1]] = slice(second, shape[others[1]] - 1 + second)
                total += cut[tuple(part)]
                count += crossed[tuple(part)]
    cells = count > 0
    number = np.full(count.shape, -1)
    number[cells] = np.arange(int(cells.sum()))
    quads = []
    for axis in range(3):
        i, j = [(1, 2), (2, 0), (0, 1)][axis]
        inner = [slice(1, -1)] * 3
        inner[axis] = slice(0, -1)
        upper = list(inner)
        upper[axis] = slice(1, None)
        a, b = d[tuple(inner)], d[tuple(upper)]
        where = np.argwhere((a < 0) != (b < 0))
        outward = (a < 0)[tuple(where.T)]
        base = where + 1
        base[:, axis] -= 1
        corners = []
        for step_i, step_j in ((1, 1), (0, 1), (0, 0), (1, 0)):
            cell = base.copy()
            cell[:, i] -= step_i
            cell[:, j] -= step_j
            corners.append(number[tuple(cell.T)])
        quad = np.stack(corners, axis=1)
        quads.append(np.where(outward[:, None], quad, quad[:, ::-1]))
    return (total[cells] / count[cells][:, None]), np.concatenate(quads)


def gradient(points: Floats, bones: Bones) -> Floats:
    """The direction in which the distance grows."""
    steps = np.eye(3) * GRADIENT_STEP_M
    ahead = [skin_distance(points + s, bones) - skin_distance(points - s, bones) for s in steps]
    g = np.stack(ahead, axis=-1)
    return np.asarray(g / np.maximum(np.linalg.norm(g, axis=-1, keepdims=True), 1e-12))


def surface(x: Floats, y: Floats, z: Floats, bones: Bones) -> Surface:
    """The skin within a grid, its vertices evenly spread and exactly on it."""
    points, quads = net(x, y, z, bones)
    edges = np.concatenate([quads[:, [k, (k + 1) % 4]] for k in range(4)])
    degree = np.bincount(edges.ravel(), minlength=len(points))[:, None]
    for relax in (0.5, 0.5, 0.0):
        around = np.zeros_like(points)
        np.add.at(around, edges[:, 0], points[edges[:, 1]])
        np.add.at(around, edges[:, 1], points[edges[:, 0]])
        moved = points + relax * (around / np.maximum(degree, 1) - points)
        for _ in range(2):
            moved -= skin_distance(moved, bones)[:, None] * gradient(moved, bones)
        points = moved
    diagonal = [np.linalg.norm(points[quads[:, k]] - points[quads[:, k + 2]], axis=1) for k in (0, 1)]
    short = (diagonal[0] <= diagonal[1])[:, None]
    triangles = np.concatenate(
        [
            np.where(short, quads[:, [0, 1, 2]], quads[:, [0, 1, 3]]),
            np.where(short, quads[:, [0, 2, 3]], quads[:, [1, 2, 3]]),
        ]
    )
    return Surface(points, gradient(points, bones), triangles)


def keep(whole: Surface, wanted: npt.NDArray[np.bool_]) -> Surface:
    """The triangles that have a wanted vertex, and only their vertices."""
    triangles = whole.triangles[wanted[whole.triangles].any(axis=1)]
    used, index = np.unique(triangles, return_inverse=True)
    return Surface(whole.points_m[used], whole.normals[used], index.reshape(triangles.shape))


def openness(skin: Surface, bones: Bones) -> Floats:
    """How much light reaches each vertex, 0..1: what the distance misses a little way out is shadow."""
    shade = np.zeros(len(skin.points_m))
    for reach_m, share in ((0.008, 0.25), (0.02, 0.35), (0.045, 0.40)):
        seen = skin_distance(skin.points_m + skin.normals * reach_m, bones)
        shade += share * np.clip(1.0 - seen / reach_m, 0.0, 1.0)
    return np.clip(1.0 - 0.95 * shade, 0.0, 1.0) ** 1.2


def bone_distance(points: Floats, bones: Bones) -> Floats:
    """Distance of each point to each bone, a bone reaching from its joint to its child."""
    children: dict[str, list[str]] = {name: [] for name in bones.names}
    for name, parent in zip(bones.names, bones.parents, strict=True):
        if parent >= 0:
            children[bones.names[parent]].append(name)
    onward = {"hips": ["spine"], "upperChest": ["neck"], "leftHand": [], "rightHand": []}
    distance = np.empty((len(points), len(bones.names)))
    for joint, name in enumerate(bones.names):
        start = bones.places_m[joint]
        ends = [bones.place(child) for child in onward.get(name, children[name])]
        if name.endswith("Hand"):
            side = name[: -len("Hand")]
            ends = [bones.place(f"{side}{f}Proximal") for f in ("Index", "Middle", "Ring", "Little")]
        if name == "hips":  # the pelvis reaches down between the legs
            start, ends = start + np.array([0, -0.07, 0]), [bones.place("spine")]
        if name in bones.end_of:
            ends.append(bones.end_of[name])
        best = np.full(len(points), np.inf)
        for end in ends:
            axis = end - start
            t = np.clip((points - start) @ axis / (axis @ axis), 0.0, 1.0)
            best = np.minimum(best, np.linalg.norm(points - start - t[:, None] * axis, axis=1))
        distance[:, joint] = best
    return distance


def skin_weights(skin: Surface, part: str, bones: Bones) -> Floats:
    """How much each vertex follows each bone: by distance, among neighbours, smoothed along the skin."""
    points = skin.points_m
    distance = bone_distance(points, bones)
    side = np.array(
        [1.0 if n.startswith("left") else -1.0 if n.startswith("right") else 0.0 for n in bones.names]
    )
    distance[(points[:, :1] * side[None, :]) < -1e-3] = 9.0
    index = {name: k for k, name in enumerate(bones.names)}
    x = np.abs(points[:, 0])
    for s in ("left", "right"):
        # The chest is wide where the thin bones of the shoulder are near: give it its own flesh back.
        distance[:, index[f"{s}UpperArm"]] += np.clip((0.165 - x) * 0.9, 0.0, 1.0) * 2.0
        distance[:, index[f"{s}Shoulder"]] += 0.022 + np.clip(1.40 - points[:, 1], 0.0, 1.0) * 0.8
        # The thigh's flesh begins at the crease of the hip.
        crease = points[:, 1] - 0.905 - 0.28 * (x - 0.09) + 0.10 * points[:, 2]
        distance[:, index[f"{s}UpperLeg"]] += np.clip(crease, 0.0, 1.0) * 1.6
        distance[:, index[f"{s}Toes"]] += np.clip(0.125 - points[:, 2], 0.0, 1.0)
    thick = 0.09 - np.clip(x - 0.12, 0.0, 0.09)
    thick *= np.clip((1.53 - points[:, 1]) / 0.11, 0.0, 1.0)  # not where the neck rises
    for name in ("spine", "chest", "upperChest"):
        distance[:, index[name]] -= thick
    distance[:, index["hips"]] -= 0.085
    distance[:, index["head"]] -= np.where(points[:, 1] > 1.55, 0.03, 0.0)
    linked = np.eye(len(bones.names), dtype=bool)
    for joint, parent in enumerate(bones.parents):
        if parent >= 0:
            linked[joint, parent] = linked[parent, joint] = True
    nearest = distance.argmin(axis=1)
    gap = distance - distance.min(axis=1, keepdims=True)
    weights = np.exp(-gap / WEIGHT_SOFTNESS_M[part]) * linked[nearest]
    weights = np.asarray(weights / weights.sum(axis=1, keepdims=True))
    edges = np.concatenate([skin.triangles[:, [k, (k + 1) % 3]] for k in range(3)])
    degree = np.bincount(edges.ravel(), minlength=len(points))[:, None]
    for _ in range(WEIGHT_SMOOTHINGS[part]):
        around = np.zeros_like(weights)
        np.add.at(around, edges[:, 0], weights[edges[:, 1]])
        np.add.at(around, edges[:, 1], weights[edges[:, 0]])
        weights = 0.5 * weights + 0.5 * around / np.maximum(degree, 1)
    return np.asarray(weights)


def four_bones(weights: Floats) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """The four strongest bones of each vertex, and weights of 255 in all."""
    order = np.argsort(-weights, axis=1, kind="stable")[:, :4]
    share = np.take_along_axis(weights, order, axis=1)
    whole = np.rint(share / share.sum(axis=1, keepdims=True) * 255).astype(np.int64)
    whole[:, 0] += 255 - whole.sum(axis=1)
    return np.where(whole > 0, order, 0).astype(np.uint8), whole.astype(np.uint8)


def png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """An RGB picture as PNG."""
    height, width = pixels.shape[:2]

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    # Stored, not squeezed: these bytes are the same whatever zlib wrote them.
    stored = b"\x78\x01\x01" + struct.pack("<HH", len(rows), len(rows) ^ 0xFFFF) + rows
    stored += struct.pack(">I", zlib.adler32(rows))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", stored) + chunk(b"IEND", b"")


def paint() -> list[bytes]:
    """The three textures: colour, roughness and metal, light."""
    at_m = ((np.arange(TEXTURE_WIDTH) + 0.5) / TEXTURE_WIDTH - 0.5) * TEXTURE_SPAN_M
    colour, rough, light = (np.zeros((TEXTURE_ROWS * ROW_HEIGHT, TEXTURE_WIDTH, 3)) for _ in range(3))
    for row_v, inside, line, line_m in (
        (ROW_SEAM, SUIT, SEAM, LINE_M),
        (ROW_GLOW, SUIT, LIGHT, GLOW_LINE_M),
        (ROW_VISOR, GLASS, LIGHT, GLOW_LINE_M),
        (0.875, SUIT, SEAM, LINE_M),
    ):
        top = int(row_v * TEXTURE_ROWS) * ROW_HEIGHT
        rows = slice(top, top + ROW_HEIGHT)
        shell = np.clip(at_m / 0.0006 + 0.5, 0, 1)[:, None]
        stroke = np.clip((line_m - np.abs(at_m)) / 0.0005 + 0.5, 0, 1)[:, None]
        base = np.array(SHELL) * shell + np.array(inside) * (1 - shell)
        colour[rows] = base * (1 - stroke) + np.array(line) * stroke
        shiny = 0.2 if inside is GLASS else 0.62
        rough[rows, :, 1] = 255 * (0.34 * shell + shiny * (1 - shell))[:, 0]
        rough[rows, :, 2] = 255 * (0.05 * shell + 0.10 * (1 - shell))[:, 0]
        if line is LIGHT:
            light[rows] = np.array(LIGHT) * stroke
    return [png(np.rint(picture).astype(np.uint8)) for picture in (colour, rough, light)]


def skins(bones: Bones) -> list[tuple[str, Surface]]:
    """Body, left hand and right hand: one skin, cut at the wrists where the grids meet."""
    x = _axis(0.0, 0.75, [(0.0, 0.12, HEAD_AND_FEET_CELL_M)], BODY_CELL_M)
    y = _axis(
        -0.02, 1.78, [(-0.02, 0.11, HEAD_AND_FEET_CELL_M), (1.36, 1.8, HEAD_AND_FEET_CELL_M)], BODY_CELL_M
    )
    z = _axis(-0.16, 0.25, [(-0.06, 0.06, HEAD_AND_FEET_CELL_M)], BODY_CELL_M)
    body = surface(np.concatenate([-x[:0:-1], x]), y, z, bones)
    body = keep(body, np.abs(body.points_m[:, 0]) < WRIST_X_M)
    hand = surface(
        np.arange(WRIST_X_M - 0.02, 0.925, HAND_CELL_M),
        np.arange(1.375, 1.46, HAND_CELL_M),
        np.arange(-0.075, 0.125, HAND_CELL_M),
        bones,
    )
    hand = keep(hand, hand.points_m[:, 0] > WRIST_X_M - OVERLAP_M)
    mirror = np.array([-1.0, 1.0, 1.0])
    other = Surface(hand.points_m * mirror, hand.normals * mirror, hand.triangles[:, ::-1])
    return [("body", body), ("hand", hand), ("hand", other)]


def mannequin() -> tuple[bytes, bytes]:
    """The avatar as a file of VRM 1.0, and of VRM 0."""
    bones = Bones()
    parts = skins(bones)
    starts = np.cumsum([0, *(len(skin.points_m) for _, skin in parts)])
    joints, weights = four_bones(np.concatenate([skin_weights(skin, part, bones) for part, skin in parts]))
    points = np.concatenate([skin.points_m for _, skin in parts])
    open_to_light = np.concatenate([openness(skin, bones) for _, skin in parts])
    grey = np.rint(255 * open_to_light[:, None].repeat(3, axis=1))
    mesh = Mesh(
        points_m=np.round(points, 5).astype("<f4"),
        normals=np.round(np.concatenate([skin.normals for _, skin in parts]), 4).astype("<f4"),
        paint_uv=np.rint(surface_paint(points) * 65535).astype("<u2"),
        colours=np.concatenate([grey, np.full((len(grey), 1), 255)], axis=1).astype(np.uint8),
        joints=joints,
        weights=weights,
        triangles=np.concatenate(
            [skin.triangles + start for (_, skin), start in zip(parts, starts[:-1], strict=True)]
        ),
    )
    return vrm(bones, mesh, paint()), vrm(bones, mesh, paint(), version=0)


if __name__ == "__main__":
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    out.mkdir(parents=True, exist_ok=True)
    for name, content in zip(("mannequin.vrm", "mannequin0.vrm"), mannequin(), strict=True):
        (out / name).write_bytes(content)
        print(f"{name}: {len(content) / 1e6:.2f} MB", file=sys.stderr)

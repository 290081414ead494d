"""Draws the plugin's icon, a dancing figure of a few capsules: python clients/unreal/make_icon.py"""

import struct
import zlib
from pathlib import Path

import numpy as np

ICON = Path(__file__).resolve().parent / "Groovecast" / "Resources" / "Icon128.png"
SIDE, FINER = 128, 4  # drawn four times as fine, then averaged: soft edges
NIGHT, GLOW, FIGURE = (24, 20, 40), (122, 60, 220), (250, 244, 232)
# from, to and thickness, in parts of the side, y downwards
LIMBS = (
    ((0.50, 0.20), (0.50, 0.20), 0.085),  # head
    ((0.49, 0.35), (0.46, 0.56), 0.060),  # trunk
    ((0.49, 0.35), (0.66, 0.30), 0.040), ((0.66, 0.30), (0.75, 0.14), 0.036),  # left arm, up
    ((0.49, 0.35), (0.33, 0.42), 0.040), ((0.33, 0.42), (0.20, 0.33), 0.036),  # right arm, out
    ((0.46, 0.56), (0.61, 0.67), 0.048), ((0.61, 0.67), (0.60, 0.87), 0.042),  # left leg, bent
    ((0.46, 0.56), (0.38, 0.72), 0.048), ((0.38, 0.72), (0.27, 0.86), 0.042),  # right leg
)  # fmt: skip


def drawing() -> np.ndarray:
    """The picture, 128 x 128 x red, green, blue, opacity."""
    side = SIDE * FINER
    y, x = (np.mgrid[:side, :side] + 0.5) / side
    glow = np.exp(-(((x - 0.5) ** 2 + (y - 0.55) ** 2) / 0.09))[..., None]
    picture = np.array(NIGHT) + glow * (np.array(GLOW) - NIGHT)
    for (x0, y0), (x1, y1), thick in LIMBS:
        dx, dy = x1 - x0, y1 - y0
        along = np.clip(((x - x0) * dx + (y - y0) * dy) / max(dx * dx + dy * dy, 1e-9), 0, 1)
        picture[np.hypot(x - x0 - along * dx, y - y0 - along * dy) < thick] = FIGURE
    beside, above = (np.maximum(np.abs(axis - 0.5) - 0.36, 0) for axis in (x, y))
    opacity = np.where(np.hypot(beside, above) < 0.14, 255, 0)
    full = np.concatenate([picture, opacity[..., None]], axis=2)
    return full.reshape(SIDE, FINER, SIDE, FINER, 4).mean((1, 3)).round().astype(np.uint8)


def png(picture: np.ndarray) -> bytes:
    """The picture as a PNG file."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    rows = b"".join(b"\0" + row.tobytes() for row in picture)
    head = struct.pack(">IIBBBBB", picture.shape[1], picture.shape[0], 8, 6, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", head),
            chunk(b"IDAT", zlib.compress(rows, 9)),
            chunk(b"IEND", b""),
        )
    )


def main() -> None:
    """Write the icon."""
    ICON.write_bytes(png(drawing()))
    print(f"{ICON} written")


if __name__ == "__main__":
    main()

"""The end of a graph: from a plan's 141 numbers to where the root is and how each joint is turned.

The same as `groovecast.motion.representation.motion_from_numbers`, without angles: some providers have no arc tangent
for cards, and one operator that a card does not take costs a whole graph its CUDA graph.
"""

import torch
from torch import Tensor, nn

from groovecast.motion.representation import BODY_JOINTS, HEIGHT, JOINTS, TILT, VELOCITY

_SMALLEST = 1e-12


class PoseHead(nn.Module):
    """(b, frames, 141) -> root (b, frames, 3) in metres and local rotations w x y z (b, frames, 22, 4).

    It begins at the origin facing +Z. A heading change of exactly half a turn in one frame is taken for none.
    """

    def __init__(self, frames: int, fps: float) -> None:
        super().__init__()
        self.frames, self.fps = frames, fps
        self.register_buffer("so_far", torch.tril(torch.ones(frames, frames)))

    def forward(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Root and rotations of such numbers."""
        sine, cosine = numbers[..., 0:1], numbers[..., 1:2]
        length = torch.sqrt(sine * sine + cosine * cosine)
        half = self._multiplied_up(_unit(torch.cat((cosine + length + _SMALLEST, sine), dim=-1)))
        step = numbers[..., VELOCITY] / self.fps
        x, z = step[..., 0:1], step[..., 1:2]
        u, v = _numbers(self._later(half, 1))  # cosine and sine of half the heading of the frame before
        sine, cosine = 2 * u * v, u * u - v * v
        level = torch.cat((cosine * x + sine * z, cosine * z - sine * x), dim=-1)
        place = self.get_buffer("so_far") @ level
        root = torch.cat((place[..., 0:1], numbers[..., HEIGHT : HEIGHT + 1], place[..., 1:2]), dim=-1)
        six = numbers[..., TILT.start : JOINTS.stop].reshape(
            numbers.shape[0], numbers.shape[1], BODY_JOINTS, 6
        )
        quat = quat_from_six(six)
        return root, torch.cat((_turned_about_y(half, quat[:, :, 0]).unsqueeze(2), quat[:, :, 1:]), dim=2)

    def _multiplied_up(self, turns: Tensor) -> Tensor:
        """Each turn (b, frames, 2), as cosine and sine, after all before it; in doubling strides."""
        by = 1
        while by < self.frames:
            (a, b), (c, d) = _numbers(turns), _numbers(self._later(turns, by))
            turns = torch.cat((a * c - b * d, a * d + b * c), dim=-1)
            by *= 2
        return _unit(turns)

    def _later(self, turns: Tensor, by: int) -> Tensor:
        """The turns of `by` frames ago; none before the first."""
        first = torch.zeros(self.frames, 2)
        first[:by, 0] = 1
        moved = torch.diag(torch.ones(self.frames - by), -by)
        return moved.to(turns) @ turns + first.to(turns)


def quat_from_six(six: Tensor) -> Tensor:
    """(..., 6) -> (..., 4): orthonormalised (Zhou et al. 2019, eq. 15), then Shepperd's largest square, w >= 0."""
    first = _unit(six[..., :3])
    second = six[..., 3:]
    second = _unit(second - (first * second).sum(dim=-1, keepdim=True) * first)
    ax, ay, az = _numbers(first)
    bx, by, bz = _numbers(second)
    cx, cy, cz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    wx, wy, wz = bz - cy, cx - az, ay - bx
    xy, xz, yz = bx + ay, cx + az, cy + bz
    squares = (1 + ax + by + cz, 1 + ax - by - cz, 1 - ax + by - cz, 1 - ax - by + cz)
    candidates = (
        torch.cat((squares[0], wx, wy, wz), dim=-1),
        torch.cat((wx, squares[1], xy, xz), dim=-1),
        torch.cat((wy, xy, squares[2], yz), dim=-1),
        torch.cat((wz, xz, yz, squares[3]), dim=-1),
    )
    best, quat = squares[0], candidates[0]
    for square, candidate in zip(squares[1:], candidates[1:], strict=True):
        quat = torch.where(square > best, candidate, quat)
        best = torch.where(square > best, square, best)
    quat = _unit(quat)
    return torch.where(quat[..., :1] < 0, -quat, quat)


def _numbers(vector: Tensor) -> list[Tensor]:
    return [vector[..., one : one + 1] for one in range(vector.shape[-1])]


def _unit(vector: Tensor) -> Tensor:
    return vector / torch.sqrt((vector * vector).sum(dim=-1, keepdim=True)).clamp(min=_SMALLEST)


def _turned_about_y(half: Tensor, quat: Tensor) -> Tensor:
    """A turn about +Y, given as cosine and sine of half its angle (..., 2), after a rotation (..., 4)."""
    c, s = _numbers(half)
    w, x, y, z = _numbers(quat)
    return torch.cat((c * w - s * y, c * x + s * z, c * y + s * w, c * z - s * x), dim=-1)

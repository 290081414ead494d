"""The end of a graph: from a plan's 141 numbers to where the root is and how each joint is turned.

The same as `groovecast.motion.representation.motion_from_numbers`, in operators that every runtime knows: no arc
tangent of two arguments, no running sum, no gathering by index.
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
        self.fps = fps
        self.register_buffer("so_far", torch.tril(torch.ones(frames, frames)))
        self.register_buffer("before", torch.tril(torch.ones(frames, frames), -1))

    def forward(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Root and rotations of such numbers."""
        sine, cosine = numbers[..., 0:1], numbers[..., 1:2]
        length = torch.sqrt(sine * sine + cosine * cosine)
        turned = 2 * torch.atan(sine / (length + cosine).clamp(min=_SMALLEST))
        yaw, yaw_before = self.get_buffer("so_far") @ turned, self.get_buffer("before") @ turned
        step = numbers[..., VELOCITY] / self.fps
        x, z = step[..., 0:1], step[..., 1:2]
        sine, cosine = torch.sin(yaw_before), torch.cos(yaw_before)
        level = torch.cat((cosine * x + sine * z, cosine * z - sine * x), dim=-1)
        place = self.get_buffer("so_far") @ level
        root = torch.cat((place[..., 0:1], numbers[..., HEIGHT : HEIGHT + 1], place[..., 1:2]), dim=-1)
        six = numbers[..., TILT.start : JOINTS.stop].reshape(
            numbers.shape[0], numbers.shape[1], BODY_JOINTS, 6
        )
        quat = quat_from_six(six)
        return root, torch.cat((_turned_about_y(yaw, quat[:, :, 0]).unsqueeze(2), quat[:, :, 1:]), dim=2)


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


def _turned_about_y(yaw: Tensor, quat: Tensor) -> Tensor:
    """The product of a turn by `yaw` (..., 1) about +Y and a rotation (..., 4)."""
    c, s = torch.cos(yaw / 2), torch.sin(yaw / 2)
    w, x, y, z = _numbers(quat)
    return torch.cat((c * w - s * y, c * x + s * z, c * y + s * w, c * z - s * x), dim=-1)

"""What is done to a dance on its way to the outlets: mirrored, placed, frozen, hidden, brought to rest."""

from groovecast.motion.pose import Pose
from realtime.crew import Member
from realtime.desk.board import Board


def staged_pose(pose: Pose, member: Member, board: Board, at_s: float) -> Pose:
    """The pose as it is seen at a time on the machine's clock."""
    return pose

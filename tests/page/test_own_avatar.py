"""Where we tell receivers that the bones of an avatar are, three-vrm has them too, which reads the file by itself."""

from dataclasses import replace

import numpy as np
import pytest
from fake_server import FakeServer, dancing_pose
from fakes.avatars import rest_places, vrm_file
from watched import OpenPage

from groovecast.motion.body import Tailor
from groovecast.motion.kinematics import world_from_local
from groovecast.motion.skeleton import groovecast_skeleton
from groovecast.takes.avatar import parse_avatar

SKELETON = groovecast_skeleton()


@pytest.mark.parametrize("version", [0, 1])
def test_an_avatar_in_any_axes_is_posed_as_receivers_are_told(
    version: int, server: FakeServer, open_page: OpenPage
) -> None:
    still = dancing_pose(1.3)
    server.pose_at = lambda time_s: replace(still, time_s=time_s)
    file = vrm_file(version, rest_places(1.6, legs=1.15))
    watched = open_page(server.address, (160, 120))
    watched.page.set_input_files("#avatar-file", {"name": "mine.vrm", "mimeType": "", "buffer": file})
    watched.wait_for_words("made up is dancing")
    watched.wait_for_poses(3)
    shown = np.array(watched.page.evaluate(f"{list(SKELETON.names)}.map((bone) => groovecast.place(bone))"))

    body = parse_avatar(file)
    hips_m, quat = Tailor(body).fitted(still.root_m, still.local_quat_wxyz)
    told, _ = world_from_local(hips_m, quat, body.rest_offset_m, SKELETON.parents)
    # the page keeps the hips' height in proportion, receivers' soles are kept on the floor
    np.testing.assert_allclose(shown - shown[0], told - told[0], atol=0.001)
    np.testing.assert_allclose(shown[0, [0, 2]], told[0, [0, 2]], atol=0.001)

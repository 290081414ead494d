"""The page, its files and the music from the server, and nothing else from the disk."""

import numpy as np
import pytest
from server_stage import On, Stage


def test_the_page_and_its_files_come_with_their_types(on: On) -> None:
    async def play(stage: Stage) -> None:
        for path, kind, start in (
            ("/", "text/html; charset=utf-8", b"<title>"),
            ("/?token=x", "text/html; charset=utf-8", b"<title>"),
            ("/assets/main.js", "text/javascript; charset=utf-8", b"let it"),
            ("/assets%2Fmain.js", "text/javascript; charset=utf-8", b"let it"),
            ("/mannequin.vrm", "model/gltf-binary", b"\0\1\2"),
        ):
            status, headers, body = await stage.get(path)
            assert status == 200 and headers["content-type"] == kind and body.startswith(start)
            assert int(headers["content-length"]) == len(body)
        assert len(body) == 256 * 1024

    on(play)


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/../../secret.txt", "/..%2fsecret.txt",
     "/..%5csecret.txt", "//etc/passwd", "/%2fetc/passwd", "/way-out", "/secret.txt%00.html",
     "/assets", "/none.js", "/C:/x", "/" + "a" * 4000, "/track/../secret.txt",
     "/track/none.wav", "/track/..%2f..%2fsecret.wav", "*", "/%ff"],
)  # fmt: skip
def test_nothing_outside_the_folder_can_be_reached(on: On, path: str) -> None:
    async def play(stage: Stage) -> None:
        status, _, body = await stage.get(path)
        assert status == 404 and b"nobody may read" not in body and b"root:" not in body

    on(play)


def test_a_track_comes_whole_in_parts_and_is_never_cached(on: On) -> None:
    async def play(stage: Stage) -> None:
        wav = np.random.default_rng(0).bytes(3_000_000)
        assert stage.server.serve_track("song-1", wav) == "/track/song-1.wav"
        host = "Host: localhost"
        status, headers, body = await stage.get("/track/song-1.wav")
        assert (status, headers["content-type"], headers["cache-control"]) == (200, "audio/wav", "no-store")
        assert body == wav
        for wanted, part in (
            ("0-99", wav[:100]),
            ("2999990-", wav[-10:]),
            ("-7", wav[-7:]),
            ("5-9999999", wav[5:]),
        ):
            status, headers, body = await stage.get("/track/song-1.wav", host, f"Range: bytes={wanted}")
            assert status == 206 and body == part and headers["content-range"].endswith("/3000000")
        assert (await stage.get("/track/song-1.wav", host, "Range: bytes=3000000-"))[0] == 416
        stage.server.serve_track("song-2", b"new")
        assert (await stage.get("/track/song-1.wav"))[0] == 404

    on(play)


def test_other_verbs_than_get_are_refused(on: On) -> None:
    async def play(stage: Stage) -> None:
        assert (await stage.get("/", verb="POST"))[0] == 405
        status, headers, body = await stage.get("/", verb="HEAD")
        assert status == 200 and headers["content-length"] == "20" and body == b""

    on(play)

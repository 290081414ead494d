"""The server lets nobody in who should not come in."""

from pathlib import Path

import pytest
from server_stage import BIN, On, Stage, said
from websockets.exceptions import InvalidStatus

from realtime.server import PoseServer, ServerSettings


@pytest.mark.parametrize(
    ("origin", "welcome"),
    [("http://127.0.0.1:{port}", True), ("http://localhost:5173", True), ("http://[::1]:9", True),
     ("https://evil.example", False), ("null", False), ("http://127.0.0.1.evil.example", False),
     ("http://[", False), ("http://localhost@evil.example", False)],
)  # fmt: skip
def test_only_pages_of_this_machine_may_open_the_stream(on: On, origin: str, welcome: bool) -> None:
    async def play(stage: Stage) -> None:
        asked = origin.format(port=stage.server.port)
        if welcome:
            async with stage.watch(BIN, origin=asked) as client:
                await said(client, "hello")
        else:
            with pytest.raises(InvalidStatus) as refused:
                async with stage.watch(BIN, origin=asked):
                    pass
            assert refused.value.response.status_code == 403

    on(play)


def test_a_foreign_name_that_leads_here_is_refused(on: On) -> None:
    async def play(stage: Stage) -> None:
        assert (await stage.get("/", "Host: evil.example"))[0] == 403
        assert (await stage.get("/", "Host: localhost", "Host: evil.example"))[0] == 403
        assert (await stage.get("/", "Accept: */*"))[0] == 403
        assert (await stage.get("/", "Host: [::1]:8765"))[0] == 200

    on(play)


def test_a_token_is_asked_for_at_the_stream_and_the_music(on: On) -> None:
    async def play(stage: Stage) -> None:
        stage.server.serve_track("a", b"wav")
        host = f"Host: studio.lan:{stage.server.port}"
        assert stage.server.url == f"http://127.0.0.1:{stage.server.port}/?token=s%C3%A9same"
        assert (await stage.get("/", host))[0] == 200
        assert (await stage.get("/track/a.wav", host))[0] == 401
        assert (await stage.get("/track/a.wav?token=s%C3%A9same", host))[0] == 200
        assert (await stage.get("/track/a.wav?token=sesame", host))[0] == 401
        async with stage.watch(BIN, path="/ws?token=s%C3%A9same") as client:
            await said(client, "hello")
        for path, headers in (("/ws", {}), ("/ws?token=", {}), ("/ws", {"Authorization": "Bearer no"})):
            with pytest.raises(InvalidStatus) as refused:
                async with stage.watch(BIN, path=path, additional_headers=headers):
                    pass
            assert refused.value.response.status_code == 401

    on(play, host="0.0.0.0", token="sésame")


def test_a_bearer_opens_the_stream_and_a_page_of_the_same_name_may_use_it(on: On) -> None:
    async def play(stage: Stage) -> None:
        bearer = {"Authorization": "Bearer word", "Origin": f"http://127.0.0.1:{stage.server.port}"}
        async with stage.watch(BIN, additional_headers=bearer) as client:
            await said(client, "hello")
        same = (f"Host: studio.lan:{stage.server.port}", f"Origin: http://studio.lan:{stage.server.port}")
        assert (await stage.get("/", *same))[0] == 200
        assert (await stage.get("/", same[0], "Origin: http://other.lan"))[0] == 403

    on(play, host="0.0.0.0", token="word")


def test_another_address_without_a_token_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"asked to serve on 0\.0\.0\.0: .* --token WORD"):
        ServerSettings(host="0.0.0.0")
    for host in ("localhost", "127.0.0.2", "::1"):
        ServerSettings(host=host)
    with pytest.raises(ValueError, match="--port N"):
        ServerSettings(port=70000)


def test_a_port_in_use_is_one_line_with_the_mend(on: On, page_dir: Path) -> None:
    async def play(stage: Stage) -> None:
        asked = ServerSettings(port=stage.server.port)
        with pytest.raises(
            OSError, match=r"another program listens there: choose another port with --port N$"
        ):
            async with PoseServer(asked, page_dir, stage.desk, stage.clock):
                pass
        nowhere = ServerSettings(host="192.0.2.1", port=0, token="x")
        with pytest.raises(OSError, match="this machine has no such address"):
            async with PoseServer(nowhere, page_dir, stage.desk, stage.clock):
                pass

    on(play)

"""What the server's tests begin with: a folder with a page, and a server that runs for one test."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path

import pytest
from server_stage import Clock, Notebook, On, Stage

from realtime.server import PoseServer, ServerSettings


@pytest.fixture
def page_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>dance</title>")
    (folder / "assets" / "main.js").write_text("let it = 'move'")
    (folder / "mannequin.vrm").write_bytes(bytes(range(256)) * 1024)
    (tmp_path / "secret.txt").write_text("nobody may read this")
    with suppress(OSError):  # Windows lets few people make links
        (folder / "way-out").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
def on(page_dir: Path) -> On:
    """Run a test's coroutine on a stage: `on(play)`, or with settings: `on(play, token="x")`."""

    def run(play: Callable[[Stage], Coroutine[None, None, None]], **settings: object) -> None:
        async def main() -> None:
            clock, desk = Clock(), Notebook()
            asked = ServerSettings(**{"port": 0, **settings})  # type: ignore[arg-type]
            async with asyncio.timeout(20), PoseServer(asked, page_dir, desk, clock) as server:
                await play(Stage(server, clock, desk))

        asyncio.run(main())

    return run

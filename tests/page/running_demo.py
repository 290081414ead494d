"""The demo as a person starts it, in a process of its own, for browsers to look at."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from tempfile import TemporaryDirectory


@contextmanager
def running_demo(env: Mapping[str, str] = os.environ) -> Iterator[str]:
    """Where it is seen."""
    own = TemporaryDirectory()  # what the person keeps of other shows is neither seen nor changed
    demo = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "realtime.cli",
            "demo",
            "--fresh",
            "--no-browser",
            "--port",
            "0",
            "--seconds",
            "120",
        ],
        stderr=subprocess.PIPE,
        text=True,
        env={**env, "XDG_CONFIG_HOME": own.name},
    )
    assert demo.stderr is not None
    try:
        # the engine, then the address
        found = re.search(r"http://\S+", demo.stderr.readline() + demo.stderr.readline())
        assert found is not None
        yield found[0]
    finally:
        demo.terminate()
        demo.wait(10)
        demo.stderr.close()
        own.cleanup()

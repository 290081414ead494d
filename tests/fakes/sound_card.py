"""A sound card without a sound card: a PulseAudio server of our own, whose null sink can be listened to."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path

import pytest

_SINK = "ci"
_CARD = ("module-null-sink", f"sink_name={_SINK}", "rate=48000", "channels=2")
_HINT = "hint {{ show on description {name} }}"
_PCM = 'pcm.{name} {{ type pulse server "unix:{socket}" device {device} ' + _HINT + " }}"


@dataclass
class SoundCard:
    """Run programs with `env`; what is played is heard at `input_name`. It can be pulled out and plugged in."""

    env: dict[str, str]
    input_name: str
    output_name: str
    _command: list[str]
    _service: subprocess.Popen[bytes] | None = None

    def command(self, path: Path) -> list[str]:
        """What plays a WAV file into the card, to be run with `env`."""
        return ["paplay", "-d", _SINK, str(path)]

    def play(self, path: Path) -> subprocess.Popen[bytes]:
        """Begin to play a WAV file into the card."""
        return subprocess.Popen(self.command(path), env=self.env, stderr=subprocess.DEVNULL)

    def unplug(self) -> None:
        """The card goes; the sound service stays."""
        subprocess.run(["pactl", "unload-module", "module-null-sink"], env=self.env, check=True)

    def plug(self) -> None:
        """The card returns."""
        subprocess.run(["pactl", "load-module", *_CARD], env=self.env, check=True, stdout=subprocess.DEVNULL)

    def start_service(self) -> None:
        """The sound service begins, with the card. Raises NoCard when it does not."""
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._service = subprocess.Popen(self._command, env=self.env, **quiet)
        _wait_until_it_answers(self._service, self.env)

    def end_service(self) -> None:
        """The sound service is killed."""
        if self._service is not None:
            self._service.kill()
            self._service.wait(timeout=10)
            self._service = None


@pytest.fixture(scope="session")
def sound_card() -> Iterator[SoundCard]:
    """A running virtual card; skips where there cannot be one."""
    try:
        with virtual_card() as card:
            yield card
    except NoCard as why:
        pytest.skip(str(why))


class NoCard(RuntimeError):
    """This machine lacks what a virtual card needs."""


@contextmanager
def virtual_card() -> Iterator[SoundCard]:
    """A running virtual card. Raises NoCard where PulseAudio, its ALSA plugin or PortAudio is missing."""
    missing = [name for name in ("pulseaudio", "paplay", "pactl") if shutil.which(name) is None]
    missing += [] if find_library("portaudio") else ["libportaudio2"]
    missing += [] if any(Path("/usr/lib").rglob("libasound_module_pcm_pulse.so")) else ["libasound2-plugins"]
    if missing:
        raise NoCard(f"no virtual sound card: {', '.join(missing)} missing")
    # A short path of its own: a Unix socket's name holds 107 letters at most.
    with tempfile.TemporaryDirectory(prefix="gc-pulse-") as folder:
        yield from _serve(Path(folder))


def _serve(folder: Path) -> Iterator[SoundCard]:
    folder.chmod(0o700)
    socket, alsa = folder / "ci.sock", folder / "asound.conf"
    lines = ["</usr/share/alsa/alsa.conf>"]
    lines += [_PCM.format(name=f"{_SINK}_in", socket=socket, device=f"{_SINK}.monitor")]
    lines += [_PCM.format(name=f"{_SINK}_out", socket=socket, device=_SINK)]
    alsa.write_text("\n".join(lines) + "\n")
    env = {
        **os.environ,
        "XDG_RUNTIME_DIR": str(folder),
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "PULSE_SERVER": f"unix:{socket}",
        "ALSA_CONFIG_PATH": str(alsa),
    }
    command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"]
    command += [f"--log-target=file:{folder / 'pulse.log'}"]
    command += ["-L", f"module-native-protocol-unix socket={socket} auth-anonymous=1"]
    command += ["-L", " ".join(_CARD), "-L", "module-always-sink"]
    card = SoundCard(env, f"{_SINK}_in", f"{_SINK}_out", command)
    try:
        card.start_service()
        yield card
    finally:
        card.end_service()


def _wait_until_it_answers(server: subprocess.Popen[bytes], env: dict[str, str]) -> None:
    for _ in range(50):
        if server.poll() is not None:
            raise NoCard(f"no virtual sound card: pulseaudio ended with status {server.returncode}")
        asked = subprocess.run(["pactl", "info"], env=env, capture_output=True, check=False)
        if asked.returncode == 0:
            return
        subprocess.run(["sleep", "0.1"], check=True)
    raise NoCard("no virtual sound card: pulseaudio does not answer")

"""What works on this machine, what does not, and the mend."""

import platform
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from groovecast.model.manifest import checked_file, read_manifest
from groovecast.share import shared_path
from realtime.doctors.check import Check
from realtime.doctors.graphics import of_graphics
from realtime.doctors.machine import ThisMachine
from realtime.doctors.shipped_engine import shipped_engine
from realtime.engines.engine import EngineError
from realtime.settings import BUNDLED_MODEL


class Checks(msgspec.Struct, frozen=True):
    """What `doctor --json` prints."""

    checks: list[Check]


@dataclass(frozen=True)
class _Auto:
    """What a show asks of an engine unless a person asks for another."""

    engine: str = "auto"
    precision: str = "auto"


def examine(port: int) -> Checks:
    """Look at everything a show needs. Nothing is changed; what an engine builds at its first start is kept."""
    auto = _auto()  # first, as a show would find the machine
    return Checks(
        [
            _python(),
            *of_graphics(ThisMachine(), _rtx_engine),
            auto,
            _model(),
            _licence(),
            _page(),
            _port(port),
            _sound(),
        ]
    )


def _python() -> Check:
    found = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    ok = sys.version_info >= (3, 11)
    return Check("python", ok, found, "" if ok else "install Python 3.11 or newer")


def _rtx_engine() -> str:
    try:
        return shipped_engine(shared_path("models", BUNDLED_MODEL))
    except FileNotFoundError as why:  # the line about the model has the mend
        return str(why)


def _auto() -> Check:
    """Which engine a show would dance on, found by starting it."""
    from realtime.engine import opened

    said: list[str] = []

    def start() -> str:
        generator = opened(shared_path("models", BUNDLED_MODEL), _Auto(), say=said.append)
        generator.close()
        return "; ".join((generator.announcement, *said))

    return _tried("auto", start)


def _model() -> Check:
    def look() -> str:
        folder = shared_path("models", BUNDLED_MODEL)
        manifest = read_manifest(folder)
        for name in manifest.files:
            checked_file(folder, manifest.files, name)
        precisions = ", ".join(one.precision for one in manifest.artefacts)
        return (
            f"{manifest.name}, {manifest.parameters / 1e6:.1f} M parameters, {precisions}, hashes right, "
            f"trained on {manifest.trained_on}"
        )

    return _tried("model", look)


def _licence() -> Check:
    def look() -> str:
        manifest = read_manifest(shared_path("models", BUNDLED_MODEL))
        return f"model {manifest.licence}. {manifest.credit}"

    return _tried("licence", look)


def _page() -> Check:
    return _tried(
        "page",
        lambda: f"{len(list(shared_path('web', 'index.html').parent.iterdir()))} files",
    )


def _port(port: int) -> Check:
    with socket.socket() as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as why:  # taken, or no port at all
            reason = getattr(why, "strerror", None) or str(why)
            return Check(
                "port", False, f"port {port} cannot be used ({reason})", "choose another with --port N"
            )
    return Check("port", True, f"port {port} is free")


def _sound() -> Check:
    from realtime.devices import devices

    def listed() -> str:
        found = devices()
        names = ", ".join(device.name for device in found[:4])
        return f"{len(found)} devices to hear: {names}" if found else "PortAudio, but no device to hear"

    check = _tried("sound", listed)
    if check.ok:
        return check
    return Check("sound", False, check.found, f"{check.mend} (only `live` needs it; demo and play do not)")


def _tried(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except (OSError, ValueError, ImportError, EngineError) as why:
        found, _, mend = str(why).rpartition(": ")
        return Check(name, False, found or str(why), mend)

"""What works on this machine, what does not, and the mend."""

import platform
import socket
import sys
from collections.abc import Callable
from importlib import metadata

import msgspec

from groovecast.share import shared_path
from realtime.settings import BUNDLED_MODEL


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    name: str
    ok: bool
    found: str
    mend: str = ""


class Checks(msgspec.Struct, frozen=True):
    """What `doctor --json` prints."""

    checks: list[Check]


def examine(port: int) -> Checks:
    """Look at everything a show needs; nothing is changed."""
    return Checks([check(port) for check in (_python, _runtime, _model, _page, _port, _sound)])


def _python(_port: int) -> Check:
    found = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    ok = sys.version_info >= (3, 11)
    return Check("python", ok, found, "" if ok else "install Python 3.11 or newer")


def _runtime(_port: int) -> Check:
    both = [name for name in ("onnxruntime", "onnxruntime-gpu") if _installed(name)]
    if len(both) == 2:
        mend = "pip uninstall onnxruntime onnxruntime-gpu, then install one: they overwrite each other"
        return Check("engine", False, "onnxruntime and onnxruntime-gpu together", mend)
    if not both:
        return Check("engine", False, "no ONNX Runtime", 'pip install "groovecast[cpu]"')
    return Check("engine", True, f"{both[0]} {metadata.version(both[0])}")


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _model(_port: int) -> Check:
    from realtime.engine import CpuEngine

    def load() -> str:
        manifest = CpuEngine(shared_path("models", BUNDLED_MODEL)).manifest
        return (
            f"{manifest.name}, {manifest.parameters / 1e6:.1f} M parameters, hashes right, "
            f"trained on {manifest.trained_on}"
        )

    return _tried("model", load)


def _page(_port: int) -> Check:
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


def _sound(_port: int) -> Check:
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
    except (OSError, ValueError, ImportError) as why:
        found, _, mend = str(why).rpartition(": ")
        return Check(name, False, found or str(why), mend)

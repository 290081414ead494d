"""The processor's name, for people who compare figures."""

import platform
from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")  # Linux: platform.processor() is empty there


def processor_name(cpu_info: Path = _CPU_INFO) -> str:
    """As its maker calls it, or at least its architecture."""
    if cpu_info.is_file():
        for line in cpu_info.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, said = line.partition(":")
            if name.strip() == "model name" and said.strip():
                return said.strip()
    return platform.processor() or platform.machine() or "a processor without a name"

"""The NVIDIA cards of this machine, as its driver names them; none without a driver."""

from dataclasses import dataclass

from realtime.engines.cuda_driver import CudaDriver, CudaError, driver_release


@dataclass(frozen=True)
class Card:
    """One card."""

    name: str
    capability: tuple[int, int]  # 8.6: Ampere, 8.9: Ada, 12.0: Blackwell
    driver: str  # 580.65.06 (CUDA 13.0), or CUDA 13.0 where the driver does not tell its own version
    memory_mib: int
    cuda: tuple[int, int] = (0, 0)  # the newest that the driver takes


def cards(cuda_library: str | None = None, nvml_library: str | None = None) -> list[Card]:
    """All cards in the driver's order, [] without a card or driver. Never raises.

    The libraries are the driver's own ones, unless tests name others.
    """
    try:
        driver = CudaDriver(cuda_library)
        release = driver_release(nvml_library)
        major, minor = driver.cuda_version
        said = f"{release} (CUDA {major}.{minor})" if release else f"CUDA {major}.{minor}"
        return [
            Card(
                driver.name(one),
                driver.capability(one),
                said,
                driver.memory_bytes(one) >> 20,
                driver.cuda_version,
            )
            for one in range(driver.count)
        ]
    except CudaError:
        return []

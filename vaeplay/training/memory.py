"""How much memory training takes: the peak on every device of this machine, and samples over time.

A device's meters, all in bytes: `now` and `peak` are what tensors occupy (for the process, its resident memory),
`reserved` is what PyTorch's allocator keeps for them, and `process` is what this process holds according to the driver
(NVML), including the CUDA context. A meter that a device lacks is None.
"""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypedDict

import psutil
import torch

MOST_SAMPLES = 200
FIRST_INTERVAL = 0.05  # seconds between samples; doubled, with every second sample dropped, whenever there are too many

Meter = Callable[[], int | None]


class Memory(TypedDict):
    """The memory use of one device: bytes, and `samples` of [seconds since the start, bytes]."""

    device: str
    peak_bytes: int
    reserved_bytes: int | None
    process_bytes: int | None
    samples: list[list[float]]


def nothing() -> None:
    """The reading of a meter that a device lacks."""


@dataclass(frozen=True)
class Gauge:
    """The meters of one device, by the device's name."""

    device: str
    now: Callable[[], int]
    peak: Meter = nothing
    reserved: Meter = nothing
    process: Meter = nothing


def gauges(device: torch.device) -> list[Gauge]:
    """One for every GPU, used or not, and one for this process if `device`, which trains, is the CPU."""
    meters = cuda_gauges()
    if device.type == "mps":
        meters.append(Gauge("mps", torch.mps.current_allocated_memory, reserved=torch.mps.driver_allocated_memory))
    return meters if device.type != "cpu" else [process_gauge(), *meters]


def cuda_gauges() -> list[Gauge]:
    """One for each GPU that CUDA_VISIBLE_DEVICES allows. Unused ones read 0."""
    return [
        Gauge(
            f"cuda:{index} {torch.cuda.get_device_name(index)}",
            now=partial(torch.cuda.memory_allocated, index),
            peak=partial(torch.cuda.max_memory_allocated, index),
            reserved=partial(torch.cuda.max_memory_reserved, index),
            process=nvml_meter(str(torch.cuda.get_device_properties(index).uuid)),
        )
        for index in range(torch.cuda.device_count())
    ]


def nvml_meter(uuid: str) -> Meter:
    """What this process holds of the GPU with this UUID, according to the driver; PyTorch leaves out the CUDA context.

    The driver uses process IDs from outside containers: inside one, it may not find this process.
    """
    import pynvml  # its library is only on machines with an NVIDIA driver

    try:
        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{uuid.removeprefix('GPU-')}")
    except pynvml.NVMLError:
        return nothing

    def held() -> int | None:
        try:
            processes = pynvml.nvmlDeviceGetComputeRunningProcesses(handle)
        except pynvml.NVMLError:
            return None
        return next((process.usedGpuMemory for process in processes if process.pid == os.getpid()), None)

    return held


def process_gauge() -> Gauge:
    """One for this process's resident memory, of which the system keeps the peak."""
    process = psutil.Process()
    return Gauge("process", now=lambda: process.memory_info().rss, peak=peak_of_process)


def peak_of_process() -> int | None:
    """The most memory that this process has had, in bytes; Windows keeps it elsewhere."""
    try:
        import resource
    except ImportError:
        return getattr(psutil.Process().memory_info(), "peak_wset", None)
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage counts bytes on macOS and KiB on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


class Recorder:
    """Samples of gauges, at most `MOST_SAMPLES` of each, evenly spread over the whole time."""

    def __init__(self, gauges: list[Gauge]) -> None:
        self.gauges = gauges
        self.interval = FIRST_INTERVAL
        self.started = time.monotonic()
        self.times: list[float] = []
        self.samples: list[list[int]] = [[] for _ in gauges]
        self.reserved: list[int | None] = [None] * len(gauges)
        self.process: list[int | None] = [None] * len(gauges)

    def sample(self) -> None:
        """Read every gauge once."""
        self.times.append(round(time.monotonic() - self.started, 3))
        for index, gauge in enumerate(self.gauges):
            self.samples[index].append(gauge.now())
            self.reserved[index] = most(self.reserved[index], gauge.reserved())
            self.process[index] = most(self.process[index], gauge.process())
        if len(self.times) > MOST_SAMPLES:
            self.interval *= 2
            self.times = self.times[::2]
            self.samples = [values[::2] for values in self.samples]

    def entries(self) -> list[Memory]:
        """One for each device. A peak is the device's own where it keeps one, else the highest sample."""
        return [
            {
                "device": gauge.device,
                "peak_bytes": most(gauge.peak(), max(values, default=0)) or 0,
                "reserved_bytes": reserved,
                "process_bytes": process,
                "samples": [[moment, value] for moment, value in zip(self.times, values, strict=True)],
            }
            for gauge, values, reserved, process in zip(
                self.gauges, self.samples, self.reserved, self.process, strict=True
            )
        ]


def most(first: int | None, second: int | None) -> int | None:
    """The larger of the readings that are not None."""
    return max((value for value in (first, second) if value is not None), default=None)


@contextlib.contextmanager
def recording(device: torch.device) -> Iterator[Recorder]:
    """Sample memory in a separate thread while the body runs; read `entries` afterwards."""
    recorder, done = Recorder(gauges(device)), threading.Event()

    def run() -> None:
        while not done.wait(recorder.interval):
            recorder.sample()

    recorder.sample()
    thread = threading.Thread(target=run, name="memory", daemon=True)
    thread.start()
    try:
        yield recorder
    finally:
        done.set()
        thread.join()
        recorder.sample()

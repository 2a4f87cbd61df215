"""Memory of every device, on machines that are not this one, and over time on this one."""

import mmap
import os
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace

import pynvml
import pytest
import torch

from vaeplay.training import memory
from vaeplay.training.memory import Gauge, Recorder

MB = 10**6
CUDA, CPU = torch.device("cuda"), torch.device("cpu")


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[int]]:
    """A machine with two GPUs, whose driver lists the second one first. What they hold is there to be changed."""
    state = {"now": [0, 0], "peak": [0, 0], "reserved": [0, 0], "process": [0, 0]}

    def meter(name: str) -> Callable[[int], int]:
        return lambda index: state[name][index]

    def running(index: int) -> list[SimpleNamespace]:
        stranger = SimpleNamespace(pid=1, usedGpuMemory=77_000 * MB)
        return [stranger, SimpleNamespace(pid=os.getpid(), usedGpuMemory=state["process"][index])]

    uuids = ["1111", "2222"]
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: ["Big GPU", "Small GPU"][index])
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: SimpleNamespace(uuid=uuids[index]))
    monkeypatch.setattr(torch.cuda, "memory_allocated", meter("now"))
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", meter("peak"))
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", meter("reserved"))
    monkeypatch.setattr(pynvml, "nvmlInit", lambda: None)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByUUID", lambda uuid: {"GPU-2222": 1, "GPU-1111": 0}[uuid])
    monkeypatch.setattr(pynvml, "nvmlDeviceGetComputeRunningProcesses", running)
    return state


def test_each_of_two_gpus_has_its_own_figures_by_its_own_name(held: dict[str, list[int]]) -> None:
    recorder = Recorder(memory.gauges(CUDA))
    recorder.sample()
    held.update(now=[3 * MB, 40 * MB], peak=[5 * MB, 60 * MB], reserved=[8 * MB, 80 * MB], process=[500 * MB, 600 * MB])
    recorder.sample()
    held.update(now=[1 * MB, 0], process=[400 * MB, 0])
    recorder.sample()
    first, second = recorder.entries()
    assert first["device"] == "cuda:0 Big GPU"
    assert second["device"] == "cuda:1 Small GPU"
    figures = ("peak_bytes", "reserved_bytes", "process_bytes")
    assert [first[key] for key in figures] == [5 * MB, 8 * MB, 500 * MB]  # type: ignore[literal-required]
    assert [second[key] for key in figures] == [60 * MB, 80 * MB, 600 * MB]  # type: ignore[literal-required]
    assert [value for _, value in first["samples"]] == [0, 3 * MB, MB]
    assert [value for _, value in second["samples"]] == [0, 40 * MB, 0]


def test_a_gpu_that_nothing_used_is_there_with_zeros_and_the_cpu_comes_first_where_it_trains(
    held: dict[str, list[int]],
) -> None:
    recorder = Recorder(memory.gauges(CPU))
    recorder.sample()
    process, first, second = recorder.entries()
    assert process["device"] == "process"
    assert process["peak_bytes"] > 10 * MB
    assert (process["reserved_bytes"], process["process_bytes"]) == (None, None)
    assert first["peak_bytes"] == second["peak_bytes"] == 0


@pytest.mark.parametrize("broken", ["nvmlInit", "nvmlDeviceGetHandleByUUID", "nvmlDeviceGetComputeRunningProcesses"])
def test_a_driver_that_does_not_tell_leaves_the_other_figures(
    held: dict[str, list[int]], monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fail(*_: object) -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)

    monkeypatch.setattr(pynvml, broken, fail)
    recorder = Recorder(memory.gauges(CUDA))
    held["peak"] = [MB, 2 * MB]
    recorder.sample()
    assert [entry["peak_bytes"] for entry in recorder.entries()] == [MB, 2 * MB]
    assert [entry["process_bytes"] for entry in recorder.entries()] == [None, None]


def test_a_process_that_the_driver_knows_by_another_number_has_no_figure(
    held: dict[str, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pynvml, "nvmlDeviceGetComputeRunningProcesses", lambda _: [SimpleNamespace(pid=1)])
    assert memory.gauges(CUDA)[0].process() is None


def test_on_mps_the_peak_is_the_highest_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    values = iter([1 * MB, 9 * MB, 4 * MB])
    monkeypatch.setattr(torch.mps, "current_allocated_memory", lambda: next(values))
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 20 * MB)
    recorder = Recorder(memory.gauges(torch.device("mps")))
    for _ in range(3):
        recorder.sample()
    (entry,) = recorder.entries()
    assert (entry["device"], entry["peak_bytes"], entry["reserved_bytes"]) == ("mps", 9 * MB, 20 * MB)


def test_samples_stay_few_and_evenly_spread_however_long_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder([Gauge("clock", now=lambda: round(now))])
    now = recorder.started
    monkeypatch.setattr(time, "monotonic", lambda: now)
    for _ in range(1_500):
        recorder.sample()
        now += recorder.interval
    moments = [moment for moment, _ in recorder.entries()[0]["samples"]]
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert memory.MOST_SAMPLES / 2 <= len(moments) <= memory.MOST_SAMPLES
    assert moments[0] == 0
    assert moments[-1] == pytest.approx(now - recorder.started, rel=0.02)
    assert max(gaps) < 1.01 * min(gaps)


def test_what_was_held_for_a_moment_is_in_the_samples_and_in_the_peak() -> None:
    # New memory: a bytearray may get what the process has freed, but still holds.
    with memory.recording(CPU) as recorder, mmap.mmap(-1, 200 * MB) as data:
        for place in range(0, len(data), mmap.PAGESIZE):
            data[place] = 1  # memory counts once it is written to
        time.sleep(0.3)
    entry = recorder.entries()[0]
    values = [value for _, value in entry["samples"]]
    assert max(values) - values[0] > 150 * MB
    assert entry["peak_bytes"] >= max(values)
    assert recorder.entries()[0] == entry  # the thread has ended


def test_the_thread_ends_with_an_error_too() -> None:
    with pytest.raises(ZeroDivisionError), memory.recording(CPU):
        _ = 1 / 0
    assert "memory" not in [thread.name for thread in threading.enumerate()]

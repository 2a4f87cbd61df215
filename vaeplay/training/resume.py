"""A killed training resumes where it was, and ends with the same bytes as an uninterrupted one.

A resume file holds everything that the rest of a training depends on: weights, averages and best weights, optimiser,
learning-rate schedule, every source of random numbers, and the epochs so far. It is a safetensors file, whose tensor
`state` is JSON that describes the others, followed by the SHA-256 of it all. Its name holds the cell and a key of
everything that determines the result, so that no training resumes from another's, and it is stored where DVC deletes
nothing.
"""

import hashlib
import json
import random
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from safetensors.torch import load as from_bytes
from safetensors.torch import save as to_bytes

from vaeplay import files

CPU = torch.device("cpu")
SHARE = 0.01  # of the time that saving may take; if it would take more, it is done less often
DIGEST = 32  # bytes of a SHA-256


@dataclass(frozen=True)
class Snapshot:
    """A training after some epochs: its state as JSON, which refers to `tensors` by number."""

    epochs: int
    seconds: float
    state: Any
    tensors: list[torch.Tensor]


class Progress:
    """How far a training has come. Without a path, it is only held in memory.

    `history` has one entry per epoch, which the training appends. `every` is the minimum number of seconds between
    writes. `device` is the one that trains: other devices' random states are not saved.
    """

    def __init__(self, path: Path | None = None, every: float = 0.0, device: torch.device = CPU) -> None:
        self.path = path
        self.every = every
        self.device = device
        self.history: list[dict[str, float]] = []
        self.parts: dict[str, Any] = {}
        self.earlier = 0.0  # seconds of the runs before this one
        self.started = self.written = time.perf_counter()
        self.cost = 0.0  # seconds that the last write took
        self.snapshot: Snapshot | None = None

    @property
    def seconds(self) -> float:
        """Seconds of training so far, those of killed runs included up to where they were saved."""
        return self.earlier + time.perf_counter() - self.started

    def restore(self, **parts: Any) -> None:
        """Register everything that changes in a training, and restore it from the resume file, if there is one.

        Each part is a `torch.Generator` or has `state_dict` and `load_state_dict`.
        """
        self.parts = parts
        saved = None if self.path is None else _read(self.path)
        if saved is not None:
            self.snapshot, self.history = saved
            self.earlier = self.snapshot.seconds
            self.back()
            _say(f"{self.name}: continues after epoch {len(self.history)}")
        self.remember()

    @property
    def name(self) -> str:
        """The cell's name."""
        return self.path.name.partition("-")[0] if self.path else "a training"

    def after_epoch(self) -> None:
        """Remember the state of the training, and save it if that is due."""
        self.remember()
        if self.path is None or time.perf_counter() - self.written < max(self.every, self.cost / SHARE):
            return
        try:
            self.write()
        except OSError as error:  # training itself is not affected
            self.written = time.perf_counter()
            _say(f"{self.name}: not saved after epoch {len(self.history)}: {error.strerror or error}; training goes on")

    def remember(self) -> None:
        """Copy the state of every part, in memory."""
        tensors: list[torch.Tensor] = []
        state = {name: _state(part) for name, part in self.parts.items()}
        packed = _packed({"parts": state, "chance": _chance(self.device)}, tensors)
        self.snapshot = Snapshot(len(self.history), self.seconds, packed, tensors)

    def back(self) -> None:
        """Restore every part and the history to what was remembered last."""
        assert self.snapshot is not None
        state = _unpacked(self.snapshot.state, self.snapshot.tensors)
        for name, part in self.parts.items():
            if isinstance(part, torch.Generator):
                part.set_state(state["parts"][name])
            else:
                part.load_state_dict(state["parts"][name])
        _set_chance(state["chance"], self.device)
        del self.history[self.snapshot.epochs :]

    def write(self) -> None:
        """Write what was remembered last, atomically.

        Raises:
            OSError: the file cannot be written; an older one stays.
        """
        if self.path is None or self.snapshot is None:
            return
        begun, kept = time.perf_counter(), self.snapshot
        about = {"history": self.history[: kept.epochs], "seconds": kept.seconds, "state": kept.state}
        named = {str(number): tensor.cpu().contiguous() for number, tensor in enumerate(kept.tensors)}
        named["state"] = torch.frombuffer(bytearray(json.dumps(about).encode()), dtype=torch.uint8)
        content = to_bytes(named)
        with files.writing(self.path) as file:
            file.write(content)
            file.write(hashlib.sha256(content).digest())
        self.written = time.perf_counter()
        self.cost = self.written - begun

    def leave(self) -> str:
        """Write what was remembered last, if anything was trained, and say where training will continue."""
        if self.snapshot is None or not self.snapshot.epochs:
            return f"{self.name}: nothing new to save; `dvc repro` runs it again"
        epoch = self.snapshot.epochs
        try:
            self.write()
        except OSError as error:
            return f"{self.name}: not saved after epoch {epoch}: {error.strerror or error}"
        return f"{self.name}: saved; `dvc repro` continues after epoch {epoch}"

    def clear(self) -> None:
        """Remove the resume file: the training's results are written."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def begin(folder: Path, name: str, key: str, every: float, device: torch.device = CPU) -> Progress:
    """The progress of the cell `name` under `key` on `device`; its file is in `folder`, where other keys' go."""
    path = folder / f"{name}-{key}.safetensors"
    for other in folder.glob(f"{name}-*"):
        if not other.name.startswith(f"{name}-{key}."):
            other.unlink(missing_ok=True)
    return Progress(path, every, device)


def key_of(paths: Iterable[Path], device: torch.device) -> str:
    """A digest of everything that determines a training: the files that it reads, PyTorch's version, and the hardware.

    Raises:
        OSError: a file cannot be read.
    """
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    chip = torch.cuda.get_device_name(device) if device.type == "cuda" else torch.backends.cpu.get_cpu_capability()
    digest.update(f"{torch.__version__} {device.type} {chip}".encode())
    return digest.hexdigest()[:24]


def _read(path: Path) -> tuple[Snapshot, list[dict[str, float]]] | None:
    """The content of a resume file; None if there is none, or if it is damaged, and then set aside."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if len(content) < DIGEST or hashlib.sha256(content[:-DIGEST]).digest() != content[-DIGEST:]:
        aside = path.with_suffix(".damaged")
        path.replace(aside)
        _say(f"{path}: damaged, and set aside as {aside.name}; the training starts over")
        return None
    tensors = from_bytes(content[:-DIGEST])
    about = json.loads(tensors.pop("state").numpy().tobytes())
    ordered = [tensors[str(number)] for number in range(len(tensors))]
    return Snapshot(len(about["history"]), about["seconds"], about["state"], ordered), about["history"]


def _state(part: Any) -> Any:
    return part.get_state() if isinstance(part, torch.Generator) else part.state_dict()


def _chance(device: torch.device) -> dict[str, Any]:
    """The random state of every library, and of the device that trains.

    Not of other GPUs: there may be fewer, or none, where training continues.
    """
    algorithm, keys, *rest = cast(tuple[Any, ...], np.random.get_state())
    chance = {"torch": torch.get_rng_state(), "numpy": (algorithm, keys.tolist(), *rest), "python": random.getstate()}
    if device.type == "cuda":
        chance["cuda"] = torch.cuda.get_rng_state(device)
    if device.type == "mps":
        chance["mps"] = torch.mps.get_rng_state()
    return chance


def _set_chance(chance: dict[str, Any], device: torch.device) -> None:
    torch.set_rng_state(chance["torch"])
    np.random.set_state(chance["numpy"])
    random.setstate(chance["python"])
    if "cuda" in chance:
        torch.cuda.set_rng_state(chance["cuda"], device)
    if "mps" in chance:
        torch.mps.set_rng_state(chance["mps"])


def _packed(value: Any, tensors: list[torch.Tensor]) -> Any:
    """A state as JSON, exactly: tensors are copied to `tensors` and replaced by their number and strides."""
    if isinstance(value, torch.Tensor):
        tensors.append(value.detach().clone())
        return {"tensor": len(tensors) - 1, "stride": list(tensors[-1].stride())}
    if isinstance(value, dict):  # whose keys may be numbers
        return {"dict": [[key, _packed(item, tensors)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [_packed(item, tensors) for item in value]}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a training's state holds a {type(value).__name__}, which no resume file can")


def _unpacked(value: Any, tensors: list[torch.Tensor]) -> Any:
    """The original state, with new tensors of the same strides."""
    if not isinstance(value, dict):
        return value
    if "tensor" in value:
        source = tensors[value["tensor"]]
        return source.new_empty_strided(source.shape, value["stride"]).copy_(source)
    if "dict" in value:
        return {key: _unpacked(item, tensors) for key, item in value["dict"]}
    ((kind, items),) = value.items()
    return {"list": list, "tuple": tuple}[kind](_unpacked(item, tensors) for item in items)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)

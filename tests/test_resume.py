"""A training that is killed and started again is, to the bit, one that was not."""

import math
import os
import random
import signal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vaeplay import models
from vaeplay.models.base import Autoencoder
from vaeplay.settings.cells import Cell
from vaeplay.training import checkpoint, resume
from vaeplay.training.resume import Progress

from . import making
from .making import Killed, killed_in, same, train

EPOCHS = 5
ALL_AT_ONCE = {
    "optimiser": "RMSprop",
    "lr_schedule": "OneCycleLR",
    "clip_norm": 5.0,
    "patience": 3,
    "keep": "best",
    "average": 0.9,
}
WAYS: dict[str, Any] = {
    "plain": {},
    "cosine": {"lr_schedule": "CosineAnnealingLR", "optimiser": "NAdam"},
    "all at once": ALL_AT_ONCE,
}


@pytest.fixture(autouse=True)
def every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write after every epoch, however long that takes."""
    monkeypatch.setattr(resume, "SHARE", math.inf)


def killed_and_started_again(cell: Cell, path: Path, epochs: tuple[int, ...]) -> tuple[Autoencoder, Any]:
    """Train, killed in so many epochs of each run."""
    for epoch in epochs:
        with pytest.MonkeyPatch.context() as patch:
            killed_in(epoch, patch)
            with pytest.raises(Killed):
                train(cell, Progress(path))
        torch.rand(3), np.random.rand(3), random.random()
    return train(cell, Progress(path))


@pytest.mark.parametrize("name", models.names())
def test_every_model_ends_in_the_same_bits(name: str, tmp_path: Path) -> None:
    cell = making.cell(name, train={"epochs": 3, "batch_size": 32}, code_prior={"epochs": 1})
    whole, history = train(cell)
    resumed, again = killed_and_started_again(cell, tmp_path / "cell-key.safetensors", (3,))
    assert same(whole, resumed)
    assert history == again


@cache
def in_one_go(way: str) -> tuple[Cell, Autoencoder, list[dict[str, float]]]:
    cell = making.cell("ConvVAE", train={"epochs": EPOCHS, "batch_size": 32} | WAYS[way], schedule={"name": "linear"})
    return cell, *train(cell)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("epochs", [(1,), (2,), (4,), (5,), (2, 1, 2), (3, 2)])
def test_every_way_to_train_ends_in_the_same_bits(way: str, epochs: tuple[int, ...], tmp_path: Path) -> None:
    cell, whole, history = in_one_go(way)
    resumed, again = killed_and_started_again(cell, tmp_path / "cell-key.safetensors", epochs)
    assert same(whole, resumed)
    assert history == again


def test_a_training_that_had_stopped_early_does_not_go_on(tmp_path: Path) -> None:
    cell = making.cell("AE", train={"epochs": 60, "patience": 1, "lr": 0.3, "optimiser": "SGD", "clip_norm": 100.0})
    whole, history = train(cell)
    assert 1 < len(history) < 60
    path = tmp_path / "cell-key.safetensors"
    first, _ = train(cell, Progress(path))
    again, length = train(cell, Progress(path))
    assert same(whole, first)
    assert same(whole, again)
    assert length == history


def test_optimisers_keep_the_memory_layout_of_the_weights(tmp_path: Path) -> None:
    """Convolutions' weights are not laid out in the order of their dimensions, and fused steps go by layout."""
    cell = making.cell("ConvAE", train={"epochs": 2, "batch_size": 32}, channels=8, depth=2)
    model = checkpoint.build(cell, making.SHAPE)
    optimiser = torch.optim.Adam(model.parameters(), fused=True)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimiser.step()
    before = [state["exp_avg"].stride() for state in optimiser.state.values()]
    assert any(not state["exp_avg"].is_contiguous() for state in optimiser.state.values())
    path = tmp_path / "cell-key.safetensors"
    Progress(path).restore(optimiser=optimiser)
    progress = Progress(path)
    progress.restore(optimiser=optimiser)
    progress.write()
    other = torch.optim.Adam(model.parameters(), fused=True)
    Progress(path).restore(optimiser=other)
    assert [state["exp_avg"].stride() for state in other.state.values()] == before


def written(tmp_path: Path) -> Path:
    path = tmp_path / "cell-key.safetensors"
    train(making.cell("VAE", train={"epochs": 2}), Progress(path))
    return path


@given(place=st.floats(0, 1, exclude_max=True), cut=st.booleans())
def test_a_damaged_file_is_set_aside_with_one_line_and_the_training_starts_over(
    tmp_path_factory: pytest.TempPathFactory, place: float, cut: bool
) -> None:
    path = tmp_path_factory.mktemp("resume") / "cell-key.safetensors"
    progress = Progress(path)
    progress.restore(generator=torch.Generator())
    progress.history.append({"epoch": 1})
    progress.after_epoch()
    content = bytearray(path.read_bytes())
    at = int(place * len(content))
    if cut:
        del content[at:]
    else:
        content[at] ^= 1
    path.write_bytes(content)
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resume, "_say", said.append)
        again = Progress(path)
        again.restore(generator=torch.Generator())
    assert again.history == []
    assert len(said) == 1 and "set aside as cell-key.damaged" in said[0]
    assert path.with_suffix(".damaged").exists() and not path.exists()


def test_a_resumed_training_says_so_and_counts_the_seconds_of_both_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path)
    first = resume._read(path)
    assert first is not None and first[0].seconds > 0
    progress = Progress(path)
    train(making.cell("VAE", train={"epochs": 4}), progress)
    assert capsys.readouterr().err == "cell: continues after epoch 2\n"
    assert progress.seconds > first[0].seconds


def test_another_key_never_resumes_and_its_file_goes(tmp_path: Path) -> None:
    for name in ("VAE_latent2-old.safetensors", "VAE_latent2-old.damaged", "VAE_latent22-old.safetensors"):
        (tmp_path / name).write_bytes(b"")
    progress = resume.begin(tmp_path, "VAE_latent2", "new", 0)
    assert [path.name for path in tmp_path.iterdir()] == ["VAE_latent22-old.safetensors"]
    progress.restore()
    assert progress.history == []


def test_the_key_follows_the_contents_of_the_files(tmp_path: Path) -> None:
    paths = [tmp_path / "settings.json", tmp_path / "data"]
    paths[0].write_text("{}")
    paths[1].write_text("abc")
    cpu = torch.device("cpu")
    key = resume.key_of(paths, cpu)
    assert resume.key_of(paths, cpu) == key
    paths[1].write_text("abd")
    assert resume.key_of(paths, cpu) != key


def test_saving_waits_until_it_is_cheap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cell-key.safetensors"
    now = 0.0
    monkeypatch.setattr("time.perf_counter", lambda: now)
    monkeypatch.setattr(resume, "SHARE", 0.01)
    progress = Progress(path, every=5)
    progress.restore()
    progress.after_epoch()
    assert not path.exists()
    now = 5.0
    progress.after_epoch()
    assert path.exists()
    path.unlink()
    progress.cost = 0.1  # seconds: a hundredth of 10
    now = 14.9
    progress.after_epoch()
    assert not path.exists()
    now = 15.1
    progress.after_epoch()
    assert path.exists()


def test_a_full_disk_does_not_end_a_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, _ = train(making.cell("VAE", train={"epochs": 2}))

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    model, _ = train(making.cell("VAE", train={"epochs": 2}), Progress(tmp_path / "cell-key.safetensors"))
    assert same(whole, model)
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "cell: not saved after epoch 1: No space left on device; training goes on"
    assert not list(tmp_path.iterdir())


def test_leaving_saves_the_last_whole_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "cell-key.safetensors"
    cell = making.cell("VAE", train={"epochs": 4})
    whole, history = train(cell)
    progress = Progress(path, every=1000)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        killed_in(3, patch)
        train(cell, progress)
    assert not path.exists()
    assert progress.leave() == "cell: saved; `dvc repro` continues after epoch 2"
    resumed, again = train(cell, Progress(path))
    assert same(whole, resumed)
    assert history == again


def test_leaving_before_anything_is_trained_leaves_an_older_file_as_it_is(tmp_path: Path) -> None:
    path = written(tmp_path)
    before = path.read_bytes()
    assert Progress(path).leave() == "cell: nothing new to save; `dvc repro` runs it again"
    assert path.read_bytes() == before
    path.unlink()
    fresh = Progress(path)
    fresh.restore()
    assert fresh.leave() == "cell: nothing new to save; `dvc repro` runs it again"
    assert not path.exists()


def gpus(count: int, patch: pytest.MonkeyPatch) -> list[torch.Generator]:
    """Make PyTorch take as many generators of its own for those of GPUs that are in use."""
    generators = [torch.Generator().manual_seed(number) for number in range(count)]
    patch.setattr(torch.cuda, "is_initialized", lambda: True)
    patch.setattr(torch.cuda, "default_generators", generators)
    for name, fake in {
        "_lazy_init": lambda: None,
        "_lazy_call": lambda call, **_: call(),
        "device_count": lambda: count,
        "is_initialized": lambda: True,
    }.items():
        patch.setattr(torch.cuda.random, name, fake)
    return generators


@pytest.mark.parametrize("device", ["cpu", "cuda:1"])
def test_a_training_goes_on_where_fewer_gpus_are_seen(tmp_path: Path, device: str) -> None:
    path, where = tmp_path / "cell-key.safetensors", torch.device(device)
    with pytest.MonkeyPatch.context() as patch:
        trains = gpus(4, patch)[1]
        progress = Progress(path, device=where)
        progress.restore()
        expected = torch.rand(3, generator=trains)
        progress.write()
    with pytest.MonkeyPatch.context() as patch:
        seen = gpus(2, patch)
        untouched = seen[0].get_state()
        torch.rand(5, generator=seen[1])
        Progress(path, device=where).restore()
        assert torch.equal(seen[0].get_state(), untouched)
        assert (device == "cpu") != torch.equal(torch.rand(3, generator=seen[1]), expected)


def test_what_no_file_can_hold_is_refused() -> None:
    class Odd:
        def state_dict(self) -> dict[str, Any]:
            return {"handler": signal.SIG_DFL.__class__}

    with pytest.raises(TypeError, match="no resume file can"):
        Progress().restore(odd=Odd())

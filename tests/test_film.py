"""The film of a training: it shows what the model did, changes nothing, and survives kills."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load

from vaeplay.data.prepared import as_float
from vaeplay.models.base import Autoencoder
from vaeplay.rows import evenly
from vaeplay.training import checkpoint, loop
from vaeplay.training.film import SHOWN, Film, epochs_of
from vaeplay.training.resume import Progress

from . import making

TEST = making.images(40, seed=2)
EPOCHS = 5


def train(name: str, film: Film | None, progress: Progress | None = None, **changes: Any) -> Autoencoder:
    cell = making.cell(name, train={"epochs": EPOCHS, "batch_size": 16}, code_prior={"epochs": 1}, **changes)
    model = checkpoint.build(cell, making.SHAPE)
    loop.train(model, making.images(48), making.images(20, seed=1), cell, progress, film)
    return model


@pytest.mark.parametrize("name", ["AE", "VAE", "VQVAE"])
def test_recording_changes_no_bit_and_ends_in_the_codes_of_the_model(name: str, tmp_path: Path) -> None:
    film = Film(TEST, EPOCHS, tmp_path / "cell-key")
    model = train(name, film)
    assert making.same(model, train(name, None))
    taken = load(film.content())
    assert taken["epochs"].tolist() == [0, 1, 2, 3, 4, 5]
    x = as_float(TEST)
    with torch.no_grad():
        codes = model.encode(x)
        expected = codes.half() if model.codebook() is None else model.nearest_entries(codes).to(torch.int16)
        shown = model.reconstruct(x[torch.from_numpy(evenly(len(x), SHOWN))])
    assert torch.equal(taken["codes"][-1], expected)
    assert (taken["reconstructions"][-1].float() - 255 * shown).abs().max() <= 1
    assert not torch.equal(taken["codes"][0], taken["codes"][-1])
    film.clear()
    assert not list(tmp_path.iterdir())


def test_a_killed_training_resumes_with_the_same_film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Film(TEST, EPOCHS, tmp_path / "whole-key")
    train("VAE", whole)
    path, after = tmp_path / "cell-key.safetensors", Progress.after_epoch

    def killed(progress: Progress) -> None:
        after(progress)
        if len(progress.history) == 3:
            raise making.Killed

    with monkeypatch.context() as patch, pytest.raises(making.Killed):
        patch.setattr(Progress, "after_epoch", killed)
        train("VAE", Film(TEST, EPOCHS, tmp_path / "cell-key"), Progress(path))
    size = path.stat().st_size
    resumed = Film(TEST, EPOCHS, tmp_path / "cell-key")
    train("VAE", resumed, Progress(path))
    assert resumed.content() == whole.content()
    assert size < 3 * sum(p.numel() * 4 for p in making.model("VAE").parameters()) + 50_000  # frames are not in it


@pytest.mark.parametrize("epochs", [1, 2, 7, 1000])
def test_frames_begin_before_the_first_step_and_end_with_the_last(epochs: int) -> None:
    wanted = epochs_of(epochs)
    assert wanted[0] == 0 and wanted[-1] == epochs and list(wanted) == sorted(set(wanted))
    assert len(wanted) <= 22

"""A captured step is the step: whatever changes from one to the next reaches it, and what it gives is kept."""

from pathlib import Path
from typing import Any

import pytest
import torch

from vaeplay import models
from vaeplay.models.base import Autoencoder
from vaeplay.models.parts import quantisers, schedules
from vaeplay.models.parts.likelihoods import BY_NAME as LIKELIHOODS
from vaeplay.models.parts.losses import Loss
from vaeplay.models.vae import VAE
from vaeplay.noise import Noise
from vaeplay.settings.cells import Cell
from vaeplay.training import capture, devices
from vaeplay.training.resume import Progress

from . import making
from .fake_graph import FakeGraph, NoGraph
from .making import Killed, killed_in, same

TRAIN = {"epochs": 3, "batch_size": 32}
IMAGES = 130  # four batches alike, and one of two
REPLAYS = 3 * 4 - capture.WARM_UP

WAYS: dict[str, dict[str, Any]] = {
    "average": {"train": {"average": 0.9}},
    "clipped": {"train": {"clip_norm": 0.01}},
    "cosine": {"train": {"lr_schedule": "CosineAnnealingLR"}},
    "one cycle": {"train": {"lr_schedule": "OneCycleLR"}},
    "AdamW": {"train": {"optimiser": "AdamW"}},
    "SGD": {"train": {"optimiser": "SGD", "lr": 1e-5, "lr_schedule": "CosineAnnealingLR"}},
    "bfloat16": {"train": {"precision": "bfloat16"}},
    **{name: {"schedule": {"name": name, "share": 0.6, "cycles": 2}} for name in schedules.BY_NAME},
    **{name: {"likelihood": {"name": name}} for name in LIKELIHOODS},
}


CELLS = {
    **{name: making.cell(name, train=TRAIN) for name in models.names()},
    **{
        f"VQVAE, {name}": making.cell("VQVAE", train=TRAIN, quantiser={"name": name, "codes": 8})
        for name in quantisers.BY_NAME
    },
    **{name: making.cell("BetaVAE", **{**way, "train": TRAIN | way.get("train", {})}) for name, way in WAYS.items()},
}
ON_A_GPU_ALONE = {  # PyTorch lets these optimisers' steps be captured nowhere else
    name: making.cell("VAE", train=TRAIN | {"optimiser": name, "lr_schedule": "OneCycleLR", "lr": 1e-4})
    for name in ("NAdam", "RAdam", "RMSprop")
}


def train(cell: Cell, progress: Progress | None = None) -> tuple[Autoencoder, list[dict[str, float]]]:
    return making.train(cell, progress, IMAGES)


def both(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Autoencoder, list[dict[str, float]]]]:
    """What a cell comes to where steps are replayed, and where they cannot be captured."""
    found = []
    for graph in (FakeGraph, NoGraph):
        monkeypatch.setitem(capture.GRAPHS, "cpu", graph)
        FakeGraph.replays = 0
        found.append(train(cell))
        assert FakeGraph.replays == (REPLAYS if graph is FakeGraph else 0)
    return found


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_every_way_to_train_comes_to_the_same_bits(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    replayed, as_it_is = both(cell, monkeypatch)
    assert same(replayed[0], as_it_is[0])
    assert replayed[1] == as_it_is[1]


def test_where_nothing_is_captured_the_weights_are_nearly_those(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = making.cell(
        "BetaVAE", train=TRAIN | {"lr_schedule": "OneCycleLR"}, schedule={"name": "linear", "share": 0.6}
    )
    plain = train(cell)
    replayed = both(cell, monkeypatch)[0]
    weights = [model.state_dict() for model, _ in (replayed, plain)]
    torch.testing.assert_close(*weights, rtol=1e-3, atol=1e-5)  # a rate of learning in 24 bits, not 53


def test_a_killed_training_whose_steps_are_captured_ends_in_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = making.cell("VAE", train=TRAIN | {"lr_schedule": "OneCycleLR", "optimiser": "AdamW"})
    monkeypatch.setitem(capture.GRAPHS, "cpu", FakeGraph)
    whole = train(cell)
    path = tmp_path / "VAE-key.safetensors"
    with monkeypatch.context() as patch, pytest.raises(Killed):
        killed_in(3, patch)
        train(cell, Progress(path))
    FakeGraph.replays = 0
    resumed = train(cell, Progress(path))
    assert 0 < FakeGraph.replays < REPLAYS
    assert same(resumed[0], whole[0])
    assert resumed[1] == whole[1]


def test_a_step_that_waits_for_a_value_runs_as_it_is_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    as_ever = VAE.loss

    def waits(self: VAE, x: torch.Tensor, step: int | torch.Tensor, noise: Noise) -> Loss:
        loss = as_ever(self, x, step, noise)
        assert float(loss.total.detach()[0]) > 0
        return loss

    cell = making.cell("VAE", train=TRAIN)
    as_it_is = both(cell, monkeypatch)[1]
    capsys.readouterr()
    monkeypatch.setitem(capture.GRAPHS, "cpu", FakeGraph)
    monkeypatch.setattr(VAE, "loss", waits)
    FakeGraph.replays = 0
    found = train(cell)
    assert FakeGraph.replays == 0
    assert same(found[0], as_it_is[0])
    said = [line for line in capsys.readouterr().err.splitlines() if "cannot be captured" in line]
    assert len(said) == 1
    assert "operation not permitted when stream is capturing" in said[0]


def test_fixed_noise_has_the_numbers_of_its_source_in_the_same_memory() -> None:
    fixed, source = capture.FixedNoise(Noise(3)), Noise(3)
    places = set()
    for _ in range(4):
        fixed.refill()
        for shape in ((5, 2), (5, 1, 3)):
            for draw in ("normal", "uniform"):
                numbers = getattr(fixed, draw)(shape)
                assert torch.equal(numbers, getattr(source, draw)(shape))
                places.add(numbers.data_ptr())
    assert len(places) == 4


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("name", [*CELLS, *ON_A_GPU_ALONE] if torch.cuda.is_available() else ["VAE"])
def test_on_a_gpu_every_cell_is_captured_and_comes_to_the_same_bits(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = (CELLS | ON_A_GPU_ALONE)[name]

    class Counted(capture.CudaGraph):
        replays = 0

        def replay(self) -> None:
            Counted.replays += 1
            super().replay()

    def trained(graph: Any, progress: Progress | None = None) -> Autoencoder:
        monkeypatch.setitem(capture.GRAPHS, "cuda", graph)
        return making.train(cell, progress, IMAGES, "cuda")[0]

    device = devices.set_up("cuda", 1)
    try:
        replayed, as_it_is = trained(Counted), trained(NoGraph)
        assert Counted.replays == REPLAYS
        assert same(replayed, as_it_is)
        path = tmp_path / "cell-key.safetensors"
        with monkeypatch.context() as patch, pytest.raises(Killed):
            killed_in(3, patch)
            trained(Counted, Progress(path, device=device))
        assert same(trained(Counted, Progress(path, device=device)), as_it_is)
    finally:
        torch.set_deterministic_debug_mode("default")

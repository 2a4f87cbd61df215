"""A captured step is the step: whatever changes from one to the next reaches it, and what it gives is kept."""

from pathlib import Path
from typing import Any

import pytest
import torch

from vaeplay import capture, checkpoint, devices, models, quantisers, schedules, training
from vaeplay.cells import Cell
from vaeplay.likelihoods import BY_NAME as LIKELIHOODS
from vaeplay.losses import Loss
from vaeplay.models.vae import VAE
from vaeplay.noise import Noise
from vaeplay.resume import Progress

from . import making
from .fake_graph import FakeGraph, NoGraph

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
    **{name: {"schedule": {"name": name, "steps": 9, "cycles": 2}} for name in schedules.BY_NAME},
    **{name: {"likelihood": {"name": name}} for name in LIKELIHOODS},
}


def train(cell: Cell, progress: Progress | None = None) -> tuple[dict[str, torch.Tensor], list[dict[str, float]]]:
    """The weights, and the epochs without their seconds."""
    model = checkpoint.build(cell, making.SHAPE)
    history = training.train(model, making.images(IMAGES), making.images(20, seed=1), cell, progress)
    return model.state_dict(), [
        {name: value for name, value in entry.items() if name != "seconds"} for entry in history
    ]


def killed_after(calls: int) -> Any:
    """`Means.values`, which ends the process, as it were, after some calls."""
    values, left = training.Means.values, list(range(calls))

    def counted(means: training.Means) -> dict[str, float]:
        if not left:
            raise KeyboardInterrupt
        left.pop()
        return values(means)

    return counted


def both(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, torch.Tensor], list[dict[str, float]]]]:
    """What a cell comes to where steps are replayed, and where they cannot be captured."""
    found = []
    for graph in (FakeGraph, NoGraph):
        monkeypatch.setitem(capture.GRAPHS, "cpu", graph)
        FakeGraph.replays = 0
        found.append(train(cell))
        assert FakeGraph.replays == (REPLAYS if graph is FakeGraph else 0)
    return found


@pytest.mark.parametrize("name", models.names())
def test_every_model_comes_to_the_same_bits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    replayed, as_it_is = both(making.cell(name, train=TRAIN), monkeypatch)
    assert all(torch.equal(value, as_it_is[0][key]) for key, value in replayed[0].items())
    assert replayed[1] == as_it_is[1]


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_train_comes_to_the_same_bits(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {**WAYS[way], "train": TRAIN | WAYS[way].get("train", {})}
    replayed, as_it_is = both(making.cell("BetaVAE", **settings), monkeypatch)
    assert all(torch.equal(value, as_it_is[0][key]) for key, value in replayed[0].items())
    assert replayed[1] == as_it_is[1]


@pytest.mark.parametrize("name", quantisers.BY_NAME)
def test_every_quantiser_comes_to_the_same_bits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    replayed, as_it_is = both(making.cell("VQVAE", train=TRAIN, quantiser={"name": name, "codes": 8}), monkeypatch)
    assert all(torch.equal(value, as_it_is[0][key]) for key, value in replayed[0].items())
    assert replayed[1] == as_it_is[1]


def test_where_nothing_is_captured_the_weights_are_nearly_those(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = making.cell("BetaVAE", train=TRAIN | {"lr_schedule": "OneCycleLR"}, schedule={"name": "linear", "steps": 9})
    plain = train(cell)
    replayed = both(cell, monkeypatch)[0]
    torch.testing.assert_close(replayed[0], plain[0], rtol=1e-3, atol=1e-5)  # a rate of learning in 24 bits, not 53


def test_a_killed_training_whose_steps_are_captured_ends_in_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = making.cell("VAE", train=TRAIN | {"lr_schedule": "OneCycleLR", "optimiser": "AdamW"})
    monkeypatch.setitem(capture.GRAPHS, "cpu", FakeGraph)
    whole = train(cell)
    path = tmp_path / "VAE-key.safetensors"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(training.Means, "values", killed_after(4))  # two an epoch: its validation's, and its own
        train(cell, Progress(path))
    resumed = train(cell, Progress(path))
    assert all(torch.equal(value, whole[0][key]) for key, value in resumed[0].items())
    assert resumed[1][2:] == whole[1][2:]


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
    assert all(torch.equal(value, as_it_is[0][key]) for key, value in found[0].items())
    said = [line for line in capsys.readouterr().err.splitlines() if "one by one" in line]
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


GPU = [
    *(making.cell(name, train=TRAIN) for name in models.names()),
    *(making.cell("VQVAE", train=TRAIN, quantiser={"name": name, "codes": 8}) for name in quantisers.BY_NAME),
    *(making.cell("BetaVAE", **{**way, "train": TRAIN | way.get("train", {})}) for way in WAYS.values()),
    *(
        making.cell("VAE", train=TRAIN | {"optimiser": name, "lr_schedule": "OneCycleLR", "lr": 1e-4})
        for name in ("AdamW", "NAdam", "RAdam", "RMSprop")
    ),
]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("cell", GPU if torch.cuda.is_available() else GPU[:1], ids=str)
def test_on_a_gpu_every_cell_is_captured_and_comes_to_the_same_bits(
    cell: Cell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Counted(capture.CudaGraph):
        replays = 0

        def replay(self) -> None:
            Counted.replays += 1
            super().replay()

    def trained(graph: Any, progress: Progress | None = None) -> dict[str, torch.Tensor]:
        monkeypatch.setitem(capture.GRAPHS, "cuda", graph)
        model = checkpoint.build(cell, making.SHAPE).to(device)
        training.train(model, making.images(IMAGES).to(device), making.images(20, seed=1).to(device), cell, progress)
        return model.state_dict()

    device = devices.set_up("cuda", 1)
    try:
        replayed, as_it_is = trained(Counted), trained(NoGraph)
        assert Counted.replays == REPLAYS
        assert all(torch.equal(value, as_it_is[key]) for key, value in replayed.items())
        progress = Progress(tmp_path / "cell-key.safetensors", device=device)
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(training.Means, "values", killed_after(4))
            trained(Counted, progress)
        resumed = trained(Counted, Progress(progress.path, device=device))
        assert all(torch.equal(value, as_it_is[key]) for key, value in resumed.items())
    finally:
        torch.set_deterministic_debug_mode("default")

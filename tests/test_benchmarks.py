"""The speed comparison runs, and compares like with like."""

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
import torch

from benchmarks import references, throughput

from .conftest import ROOT

IMAGES = torch.zeros(256, 1, 28, 28, dtype=torch.uint8)


def test_every_contender_has_the_network_of_the_cell() -> None:
    encoder, decoder = throughput.networks(throughput.cell_of("VAE"), IMAGES)
    assert [tuple(layer.weight.shape) for layer in [*encoder, *decoder] if hasattr(layer, "weight")] == [
        (256, 784),
        (40, 256),
        (256, 20),
        (784, 256),
    ]
    cell = throughput.cell_of("ConvVAE", latent_dim=2)
    shapes = [
        [(type(layer), layer.weight.shape) for layer in decoder if isinstance(layer, torch.nn.ConvTranspose2d)]
        for _, decoder in (throughput.networks(cell, IMAGES), throughput.plain_networks(cell, IMAGES))
    ]
    assert [shape for _, shape in shapes[0]] == [shape for _, shape in shapes[1]] == [(32, 16, 4, 4), (16, 1, 4, 4)]
    assert {kind for kind, _ in shapes[1]} == {torch.nn.ConvTranspose2d}
    assert (cell.latent_dim, cell.depth, cell.train.batch_size) == (2, 2, 128)


def test_the_contenders_that_need_no_other_package_take_an_epoch() -> None:
    for model in throughput.MODELS:
        cell = throughput.cell_of(model)
        for contender in (throughput.tutorial, throughput.vaeplay, throughput.bfloat16, throughput.products):
            contender(cell, IMAGES)()


def test_the_program_says_which_options_it_has() -> None:
    for name in ("throughput", "startup"):
        command = [sys.executable, "-m", f"benchmarks.{name}", "--help"]
        assert "--rounds" in subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("group", [references.reconstruction, references.bounds, references.maps])
def test_figures_are_those_of_their_references(group: Callable[[], Iterator[references.Row]]) -> None:
    rows = list(group())
    for name, ours, reference in rows:
        assert ours == pytest.approx(reference, rel=5e-4), name
    assert rows

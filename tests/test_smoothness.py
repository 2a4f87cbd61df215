"""Walks, Jacobians and neighbours where their figures are known: linear decoders, turned and rescaled codes."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vaeplay import neighbours
from vaeplay.evaluation.metrics import smoothness

from . import making
from .linear import linear


def test_the_jacobian_of_a_linear_decoder_is_its_matrix_a_standard_deviation_each() -> None:
    subject, matrix = linear()
    expected = (matrix * subject.codes.std(0, correction=0)).norm()
    assert torch.allclose(smoothness.jacobian_squares(subject).sqrt(), expected.double(), rtol=1e-5)
    assert smoothness.metrics(subject)["jacobian"].value == pytest.approx(float(expected), rel=1e-5)


def test_an_estimated_jacobian_is_not_lower_than_the_exact_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mean of the roots is: by an eighth where the columns are alike and one direction is asked."""
    subject, matrix = linear(count=500)
    matrix.copy_(matrix[:, :1].expand_as(matrix).clone())
    expected = (matrix * subject.codes.std(0, correction=0)).norm()
    monkeypatch.setattr(smoothness, "EXACT", 1)
    monkeypatch.setattr(smoothness, "PROBES", 1)
    monkeypatch.setattr(smoothness, "JACOBIANS", 500)
    estimate = smoothness.metrics(subject)["jacobian"]
    assert estimate.value == pytest.approx(float(expected), rel=0.06)


def test_random_directions_come_close_to_the_exact_norm(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = making.subject("VAE", latent_dim=20)
    exact = smoothness.jacobian_squares(subject).sqrt()
    monkeypatch.setattr(smoothness, "EXACT", 1)
    monkeypatch.setattr(smoothness, "PROBES", 400)
    estimated = smoothness.jacobian_squares(subject).sqrt()
    assert torch.allclose(estimated, exact, rtol=0.15)
    assert estimated.mean() == pytest.approx(float(exact.mean()), rel=0.02)


@pytest.mark.parametrize("name", ["VAE", "ConvVAE"])
def test_the_jacobian_is_that_of_finite_differences_whatever_the_blocks(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = making.subject(name, activation="Tanh")
    spread, z = subject.codes.std(0, correction=0).double(), subject.sample_codes.double()
    model = subject.model.double()
    with torch.no_grad():
        steps = 1e-5 * torch.diag(spread)
        columns = [(model.decode(z + step) - model.decode(z - step)) / 2e-5 for step in steps]
    expected = torch.stack(columns).square().sum((0, 2, 3, 4)).sqrt()
    subject.model.float()
    for at_once in (4_000_000, 1000):
        monkeypatch.setattr(smoothness, "PIXELS_AT_ONCE", at_once)
        assert torch.allclose(smoothness.jacobian_squares(subject).sqrt(), expected, rtol=1e-3)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 5))
def test_a_turning_walk_starts_and_ends_at_its_codes_and_stays_between_their_lengths(seed: int, size: int) -> None:
    a, b = torch.randn(2, 20, size, generator=torch.Generator().manual_seed(seed))
    for share, end in ((0.0, a), (1.0, b)):
        assert torch.allclose(smoothness.slerp(a, b, torch.full((20, 1), share)), end, atol=1e-4)
    if size > 1:
        lengths = torch.stack([a.norm(dim=1), b.norm(dim=1)])
        middle = smoothness.slerp(a, b, torch.full((20, 1), 0.5)).norm(dim=1)
        assert torch.allclose(middle, lengths.mean(0), rtol=1e-2)


def test_a_turning_walk_between_opposite_or_equal_directions_is_straight() -> None:
    a, half = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 0.0]]), torch.full((3, 1), 0.5)
    b = torch.tensor([[-3.0, 0.0], [2.0, 0.0], [0.0, 0.0]])
    assert smoothness.slerp(a, b, half).tolist() == [[-1.0, 0.0], [1.5, 0.0], [0.0, 0.0]]


def test_neighbours_of_a_class() -> None:
    labels = torch.arange(40) % 2
    points = labels[:, None] * 100.0 + torch.arange(40)[:, None]
    assert neighbours.same_class(points, labels).tolist() == [1.0] * 40
    assert neighbours.same_class(torch.arange(40.0)[:, None], labels, 2).mean() < 0.1


def test_what_codes_from_a_codebook_images_without_classes_and_a_single_one_have() -> None:
    assert set(smoothness.metrics(making.subject("VQVAE"))) == {"neighbour_consistency"}
    subject = making.subject("AE")
    subject.classes = 1
    assert set(smoothness.metrics(subject)) == {"jacobian"}
    assert set(smoothness.metrics(making.subject("VAE", 1))) == {"jacobian"}

"""Distances and shares of feature sets against closed forms, definitions and other implementations."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from prdc import compute_prdc
from scipy import linalg
from sklearn.metrics import pairwise
from torch import Tensor
from torch_fidelity import metric_fid, metric_kid

from vaeplay import neighbours
from vaeplay.evaluation.metrics import distances, generation, likeness, manifold

from . import making


def normal(count: int, features: int = 6, seed: int = 0) -> Tensor:
    return torch.randn(count, features, generator=torch.Generator().manual_seed(seed), dtype=torch.double)


def whole(statistic: distances.Statistic, count: int) -> float:
    return statistic(torch.arange(count))


def frechet(made: Tensor, real: Tensor) -> float:
    return whole(distances.frechet(made, real), len(made))


def kid(made: Tensor, real: Tensor) -> float:
    return whole(distances.kernel(made, real), len(made))


def with_moments(mean: Tensor, deviations: Tensor, count: int = 500) -> Tensor:
    """Points whose mean and covariance are exactly these."""
    points = normal(count, len(mean))
    points = points - points.mean(0)
    points = points @ torch.linalg.inv(torch.linalg.cholesky(torch.cov(points.T))).T
    return points * deviations + mean


def test_frechet_of_gaussians_is_the_closed_form() -> None:
    means = torch.tensor([0.0, 1.0, -2.0]).double(), torch.tensor([0.5, 1.0, 3.0]).double()
    deviations = torch.tensor([1.0, 0.1, 2.0]).double(), torch.tensor([3.0, 0.1, 0.0]).double()
    expected = sum((a - b).square().sum() for a, b in (means, deviations))
    made, real = (with_moments(mean, deviation) for mean, deviation in zip(means, deviations, strict=True))
    assert frechet(made, real) == pytest.approx(float(expected), rel=1e-9)


def test_frechet_agrees_with_the_matrix_root() -> None:
    made, real = normal(300) @ normal(6, 6, 1), normal(400, seed=2) @ normal(6, 6, 3) + 1
    first, second = (np.cov(x.numpy().T) for x in (made, real))
    root = linalg.sqrtm(first @ second).real
    expected = float((made.mean(0) - real.mean(0)).square().sum()) + np.trace(first + second - 2 * root)
    assert frechet(made, real) == pytest.approx(expected, rel=1e-8)


def test_frechet_and_kid_agree_with_torch_fidelity() -> None:
    made, real = normal(200), normal(200, seed=1) * 2 + 1
    statistics = [metric_fid.fid_features_to_statistics(x) for x in (made, real)]
    found = metric_fid.fid_statistics_to_metric(*statistics, verbose=False)
    assert frechet(made, real) == pytest.approx(found["frechet_inception_distance"], rel=1e-9)
    whole_set = {"kid_subsets": 1, "kid_subset_size": 200, "verbose": False, "rng_seed": 0}
    cubic = {"kid_kernel": "poly", "kid_kernel_poly_degree": 3, "kid_kernel_poly_coef0": 1}
    expected = metric_kid.kid_features_to_metric(made, real, **whole_set, **cubic)
    assert kid(made, real) == pytest.approx(expected["kernel_inception_distance_mean"], rel=1e-9)


def test_kid_is_the_estimator_with_scikit_learns_kernel() -> None:
    made, real = normal(70), normal(50, seed=1) + 0.5
    a, b, c = (
        pairwise.polynomial_kernel(x, y, degree=3, coef0=1) for x, y in ((made, made), (real, real), (made, real))
    )
    expected = (a.sum() - np.trace(a)) / (70 * 69) + (b.sum() - np.trace(b)) / (50 * 49) - 2 * c.mean()
    assert kid(made, real) == pytest.approx(expected, rel=1e-9)


def test_kid_of_a_part_is_that_of_the_part_alone() -> None:
    made, real = normal(60), normal(50, seed=1) + 0.5
    rows = torch.arange(60)[torch.arange(60) % 7 != 3]
    assert distances.kernel(made, real)(rows) == pytest.approx(kid(made[rows], real), rel=1e-9)
    assert distances.frechet(made, real)(rows) == pytest.approx(frechet(made[rows], real), rel=1e-9)


def test_kid_is_unbiased_and_may_be_negative() -> None:
    found = np.array([kid(normal(40, seed=seed), normal(40, seed=1000 + seed)) for seed in range(200)])
    assert abs(found.mean()) < 3 * found.std() / math.sqrt(len(found))
    assert (found < 0).any()


def test_a_set_is_at_no_distance_from_itself() -> None:
    points = normal(100)
    assert frechet(points, points) == pytest.approx(0, abs=1e-9)
    values = manifold.per_image(points, points)
    assert values["precision"].mean() == values["recall"].mean() == values["coverage"].mean() == 1


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(-5, 5))
def test_nothing_changes_if_both_sets_are_turned_or_shifted(seed: int, shift: float) -> None:
    made, real = normal(30, 3, seed), 2 * normal(40, 3, seed + 1)
    turn, _ = torch.linalg.qr(normal(3, 3, seed + 2))
    moved = made @ turn + shift, real @ turn + shift
    assert frechet(*moved) == pytest.approx(frechet(made, real), rel=1e-6, abs=1e-8)
    before, after = manifold.per_image(made, real), manifold.per_image(*moved)
    for key, value in before.items():
        assert after[key].tolist() == value.tolist(), key


def test_shares_agree_with_the_authors_program(monkeypatch: pytest.MonkeyPatch) -> None:
    made, real = normal(120), 1.5 * normal(150, seed=1)
    expected = compute_prdc(real.numpy(), made.numpy(), nearest_k=5)
    for at_once in (100_000, 300):
        monkeypatch.setattr(manifold, "PAIRS_AT_ONCE", at_once)
        found = {key: float(value.mean()) for key, value in manifold.per_image(made, real).items()}
        assert found == pytest.approx(expected, rel=1e-9)


def test_nearest_agrees_with_all_distances_whatever_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    points, others = normal(50), normal(70, seed=1)
    for queries, references in ((1000, 4000), (7, 3)):
        monkeypatch.setattr(neighbours, "PAIRS_AT_ONCE", queries * references)
        monkeypatch.setattr(neighbours, "REFERENCES_AT_ONCE", references)
        expected = torch.cdist(points, others).topk(4, largest=False)
        found, rows = neighbours.nearest(points, others, 4)
        assert torch.allclose(found, expected.values)
        assert torch.equal(rows, expected.indices)
        found, rows = neighbours.nearest(points, points, 4, itself=True)
        assert not (rows == torch.arange(50)[:, None]).any()
        assert torch.allclose(found, torch.cdist(points, points).topk(5, largest=False).values[:, 1:], atol=1e-6)


def test_a_point_of_few_has_as_many_neighbours_as_there_are() -> None:
    assert neighbours.nearest(normal(3), normal(3), 9, itself=True)[0].shape == (3, 2)


def test_entropy_is_that_of_the_answers() -> None:
    network = making.subject("AE").classifier
    with torch.no_grad():
        network.head.weight.copy_(torch.eye(3, 8))
        network.head.bias.zero_()
    made = torch.eye(8)[torch.tensor([0, 1, 2, 0, 1, 2])]
    assert whole(likeness.entropy(network, made), 6) == pytest.approx(math.log(3))
    assert whole(likeness.entropy(network, made[:1]), 1) == 0


@pytest.mark.parametrize("name", ["VAE", "AE", "VQVAE"])
def test_an_untrained_model_is_worse_than_real_images(name: str) -> None:
    subject = making.subject(name, 200)
    found = generation.metrics(subject)
    real: dict[str, Any] = likeness.metrics(
        subject.classifier, subject.real_test, subject.real_train, classes=3, seed=0
    )
    assert found.keys() == real.keys() | {"reconstruction_frechet"}
    assert found["frechet"].value > 5 * real["frechet"].value > 0
    assert found["kid"].value > 5 * abs(real["kid"].value)
    assert found["coverage"].value < 0.5 < 0.8 < real["coverage"].value
    assert found["frechet"].count == 200


def test_images_without_classes_have_no_entropy_of_them() -> None:
    subject = making.subject("VAE")
    subject.classes = 1
    assert "class_entropy" not in generation.metrics(subject)
    assert {"frechet", "kid", "coverage"} <= set(generation.metrics(subject))


def test_a_few_images_have_the_figures_that_they_can_have() -> None:
    subject = making.subject("VAE", 4)
    assert set(generation.metrics(subject)) == {"frechet", "reconstruction_frechet", "class_entropy"}


def test_a_perfect_copy_is_as_far_from_the_training_images_as_its_original() -> None:
    subject = making.subject("AE", 200)
    subject.model.reconstruct = lambda x: x  # type: ignore[method-assign]
    expected = frechet(subject.real_test, subject.real_train)
    assert generation.metrics(subject)["reconstruction_frechet"].value == pytest.approx(expected, rel=1e-6)


def test_recall_and_coverage_without_a_tenth_of_the_samples_are_those_of_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, real = normal(97), 1.3 * normal(80, seed=1)
    for at_once in (100_000, 300):
        monkeypatch.setattr(manifold, "PAIRS_AT_ONCE", at_once)
        found = manifold.without_each_group(made, real)
        for group in range(10):
            rest = manifold.per_image(made[torch.arange(97) % 10 != group], real)
            for key in ("recall", "coverage"):
                assert float(found[key][group]) == pytest.approx(float(rest[key].mean())), key


def test_the_intervals_of_recall_and_coverage_hold_the_value_for_many_samples_most_of_the_time() -> None:
    """Over other samples of as many, which Wilson's intervals do far less often."""
    real, network = normal(300, 3, 999), making.subject("AE").classifier
    values: dict[str, list[float]] = {"recall": [], "coverage": []}
    intervals: dict[str, list[tuple[float, float]]] = {"recall": [], "coverage": []}
    for seed in range(60):
        found = likeness.metrics(network, 0.8 * normal(300, 3, seed), real, classes=1, seed=0)
        for key in values:
            low, high = found[key].low, found[key].high
            assert low is not None and high is not None
            values[key].append(found[key].value)
            intervals[key].append((low, high))
    for key, own in intervals.items():
        truth = sum(values[key]) / 60
        held = sum(low <= truth <= high for low, high in own)
        print(key, truth, held / 60)
        assert held >= 50, key

"""Figures of the codes against the labels: scikit-learn's, side by side, and the closed forms."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor

from vaeplay import neighbours
from vaeplay.evaluation.metrics import representation

from . import making


@pytest.fixture(scope="module")
def groups() -> tuple[Tensor, Tensor]:
    """600 codes of five dimensions in four overlapping classes."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(600) % 4
    centres = 1.5 * torch.randn(4, 5, generator=generator, dtype=torch.double)
    return centres[labels] + torch.randn(600, 5, generator=generator, dtype=torch.double), labels


def test_neighbours_are_scikit_learns(groups: tuple[Tensor, Tensor], monkeypatch: pytest.MonkeyPatch) -> None:
    codes, labels = groups
    monkeypatch.setattr(neighbours, "PAIRS_AT_ONCE", 4000)  # blocks of ten codes
    ours = representation.by_neighbours(codes[:400], labels[:400], codes[400:], 4)
    reference = KNeighborsClassifier(10).fit(codes[:400], labels[:400]).predict(codes[400:])
    assert ours.tolist() == reference.tolist()


def test_the_probe_is_scikit_learns(groups: tuple[Tensor, Tensor]) -> None:
    codes, labels = groups
    weights, offsets = representation.logistic_regression(codes, labels, 4)
    reference = LogisticRegression(tol=1e-8, max_iter=1000).fit(codes, labels)
    torch.testing.assert_close(weights.T, torch.from_numpy(reference.coef_), atol=2e-3, rtol=1e-3)
    difference = offsets - torch.from_numpy(reference.intercept_)
    torch.testing.assert_close(difference, difference.mean().expand(4), atol=2e-3, rtol=0)


def test_the_probe_ignores_scales_and_constant_dimensions(groups: tuple[Tensor, Tensor]) -> None:
    codes, labels = groups
    scaled = torch.cat([codes * torch.tensor([1e-3, 1, 10, 100, 1e4]) + 5, torch.ones(600, 1)], dim=1)
    plain, stretched = (representation.by_probe(x[:400], labels[:400], x[400:], 4) for x in (codes, scaled))
    assert float((plain == stretched).double().mean()) > 0.99


def test_clusters_are_as_tight_as_scikit_learns(groups: tuple[Tensor, Tensor]) -> None:
    codes, _ = groups
    places = representation.clusters(codes, 4, seed=0)
    tightness = sum(float((codes[places == k] - codes[places == k].mean(0)).square().sum()) for k in range(4))
    assert tightness <= KMeans(4, n_init=10, random_state=0).fit(codes).inertia_ * 1.001


@pytest.mark.parametrize("seed", range(5))
def test_agreement_is_scikit_learns(seed: int) -> None:
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 5, 300)
    places = np.where(generator.random(300) < seed / 5, labels, generator.integers(0, 5, 300))
    table = representation.crossed(torch.from_numpy(labels), torch.from_numpy(places), 5)
    assert float(representation.adjusted_rand(table)) == pytest.approx(adjusted_rand_score(labels, places))
    assert float(representation.normalised_information(table)) == pytest.approx(
        normalized_mutual_info_score(labels, places)
    )


def test_clusters_that_are_the_classes_by_other_names_agree_wholly() -> None:
    labels = torch.arange(90) % 3
    table = representation.crossed(labels, (labels + 1) % 3, 3)
    assert float(representation.adjusted_rand(table)) == pytest.approx(1)
    assert float(representation.normalised_information(table)) == pytest.approx(1)


def test_codes_that_are_the_class_are_told_perfectly_and_noise_by_chance() -> None:
    subject = making.subject("AE", 600)
    for known, accuracy in ((True, 1.0), (False, 1 / 3)):
        torch.manual_seed(0)
        for name, split in (("codes", subject.test), ("train_codes", subject.train)):
            subject.__dict__[name] = torch.randn(600, 3) * 0.01 + 3 * known * torch.eye(3)[split.labels]
        found = representation.metrics(subject)
        for key in ("knn_accuracy", "probe_accuracy"):
            assert found[key].value == pytest.approx(accuracy, abs=0.07), key
            assert found[key].count == 600
        for key in ("kmeans_ari", "kmeans_nmi"):
            assert found[key].value == pytest.approx(float(known), abs=0.03), key


def test_there_are_as_many_clusters_as_classes_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = making.subject("AE")
    labels = torch.tensor([3, 7, 8])[subject.test.labels]  # of ten, most of which no image of a small set has
    subject.test, subject.train = (replace(split, labels=labels) for split in (subject.test, subject.train))
    subject.classes = 10
    clusters, asked = representation.clusters, set()

    def watched(codes: Tensor, count: int, seed: int) -> Tensor:
        asked.add(count)
        return clusters(codes, count, seed)

    monkeypatch.setattr(representation, "clusters", watched)
    assert representation.metrics(subject).keys() >= {"kmeans_ari", "probe_accuracy"}
    assert asked == {3}


def test_data_of_one_class_have_no_such_figures() -> None:
    subject = making.subject("AE")
    subject.test = replace(subject.test, labels=torch.zeros_like(subject.test.labels))
    subject.train = replace(subject.train, labels=torch.zeros_like(subject.train.labels))
    assert representation.metrics(subject) == {}

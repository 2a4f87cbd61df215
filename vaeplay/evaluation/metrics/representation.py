"""What the codes know of the classes: neighbours, a linear probe, and clusters, against the labels.

The codes are those without noise (of a VAE the posterior means); none of these classifiers changes the model. Distances
are taken between the codes as they are: to standardise each dimension would blow a collapsed one up to the size of
those that say something. Only the probe sees them standardised, which spares its optimiser. Data without at least two
classes have none of these metrics.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from vaeplay import optimisers
from vaeplay.evaluation.metrics.intervals import Estimate, jackknife, wilson
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.models.parts.clusters import k_means
from vaeplay.neighbours import nearest
from vaeplay.noise import Noise
from vaeplay.rows import evenly
from vaeplay.seeds import seed_for

NEIGHBOURS = 10
MOST = 20_000  # training codes that classify, spread evenly over the split where there are more
STARTS = 10  # of k-means, of which the tightest clusters count
LLOYD_STEPS = 100
PROBE_STEPS = 200


def metrics(subject: Subject) -> dict[str, Estimate]:
    """Every metric of this file, where there are at least two classes."""
    labels, train_labels, classes = subject.test.labels, subject.train.labels, subject.classes
    present = len(labels.unique())
    if len(train_labels.unique()) < 2 or present < 2:
        return {}
    rows = evenly(len(train_labels), MOST)
    known, known_labels, codes = subject.train_codes[rows].double(), train_labels[rows], subject.codes.double()
    right = {
        "knn_accuracy": (by_neighbours(known, known_labels, codes, classes) == labels).double(),
        "probe_accuracy": (by_probe(known, known_labels, codes, classes) == labels).double(),
    }
    places = clusters(codes, present, subject.seed_for("k-means")).cpu()
    labels = labels.cpu()
    estimates = wilson(right)
    for name, agreement in (("kmeans_ari", adjusted_rand), ("kmeans_nmi", normalised_information)):
        estimates[name] = jackknife(partial(_agreement, agreement, labels, places, classes), len(labels))
    return estimates


def _agreement(of: Callable[[Tensor], Tensor], labels: Tensor, places: Tensor, classes: int, rows: Tensor) -> float:
    return float(of(crossed(labels[rows], places[rows], classes)))


def by_neighbours(known: Tensor, labels: Tensor, codes: Tensor, classes: int) -> Tensor:
    """The commonest class among each code's nearest known codes: (M, D), (M,), (N, D) → (N,). The first of equals."""
    _, rows = nearest(codes, known, NEIGHBOURS)
    return torch.nn.functional.one_hot(labels[rows], classes).sum(1).argmax(1)


def by_probe(known: Tensor, labels: Tensor, codes: Tensor, classes: int) -> Tensor:
    """The class that a logistic regression gives each code: (M, D), (M,), (N, D) → (N,).

    All classes at once, on codes standardised by the known ones, with half the squared length of the weights added to
    the summed loss (scikit-learn's default, C = 1).
    """
    mean, scale = known.mean(0), known.std(0, correction=0)
    scale = torch.where(scale > 0, scale, 1)
    weights, offsets = logistic_regression((known - mean) / scale, labels, classes)
    return ((codes - mean) / scale @ weights + offsets).argmax(1)


def logistic_regression(x: Tensor, labels: Tensor, classes: int) -> tuple[Tensor, Tensor]:
    """Weights (D, K) and offsets (K,) of the multinomial logistic regression of `labels` (N,) on `x` (N, D)."""
    weights = torch.zeros(x.shape[1], classes, dtype=x.dtype, device=x.device, requires_grad=True)
    offsets = torch.zeros(classes, dtype=x.dtype, device=x.device, requires_grad=True)
    options: dict[str, Any] = {"max_iter": PROBE_STEPS, "tolerance_grad": 1e-6, "line_search_fn": "strong_wolfe"}
    optimiser = optimisers.optimiser("LBFGS", [weights, offsets], **options)

    def loss() -> float:
        optimiser.zero_grad()
        value = torch.nn.functional.cross_entropy(x @ weights + offsets, labels)
        value = value + weights.square().sum() / (2 * len(x))
        value.backward()
        return value.item()

    with torch.enable_grad():
        optimiser.step(loss)
    return weights.detach(), offsets.detach()


def clusters(codes: Tensor, count: int, seed: int) -> Tensor:
    """Each code's cluster by k-means: (N, D) → (N,). Of several seeded starts the one with the smallest distances."""
    starts = (Noise(seed_for(seed, f"start {start}"), codes.device) for start in range(STARTS))
    fits = [k_means(codes, count, noise, LLOYD_STEPS) for noise in starts]
    _, places, _ = min(fits, key=lambda fit: float(fit[2].square().sum()))
    return places


def crossed(labels: Tensor, places: Tensor, count: int) -> Tensor:
    """How many images have each class and cluster: (N,), (N,) → (K, K)."""
    return torch.bincount(labels * count + places, minlength=count**2).reshape(count, count).double()


def adjusted_rand(table: Tensor) -> Tensor:
    """Adjusted Rand index of a table of counts (K, K): 1 for equal partitions, 0 by chance. Hubert & Arabie 1985."""

    def pairs(counts: Tensor) -> Tensor:
        return (counts * (counts - 1) / 2).sum()

    both, rows, columns = pairs(table), pairs(table.sum(1)), pairs(table.sum(0))
    chance = rows * columns / pairs(table.sum())
    most = (rows + columns) / 2
    return torch.where(most == chance, torch.ones_like(most), (both - chance) / (most - chance))


def normalised_information(table: Tensor) -> Tensor:
    """Mutual information of a table of counts (K, K) over the mean of both entropies: 1 for equal partitions."""
    shares = table / table.sum()
    rows, columns, both = (torch.special.entr(part).sum() for part in (shares.sum(1), shares.sum(0), shares))
    mean = (rows + columns) / 2
    return torch.where(mean == 0, torch.ones_like(mean), (rows + columns - both) / mean)

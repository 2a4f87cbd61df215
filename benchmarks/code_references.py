"""The rows of `benchmarks.references` for what codes know: of classes, and of factors.

The classes are those of the 5,000 embedded digits, the codes their first eight principal components; the factors are
drawn, and their codes mixed and noisy functions of them.
"""

import numpy as np
import torch
from scipy.stats import entropy
from sklearn.cluster import KMeans
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score, mutual_info_score, normalized_mutual_info_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from torch import Tensor

from vaeplay.data import mnist5k
from vaeplay.evaluation.metrics import disentanglement, representation
from vaeplay.maps.projections import pca

Row = tuple[str, float, float]


def of_classes() -> list[Row]:
    """Representation, beside scikit-learn."""
    data = mnist5k.read()
    order = np.random.default_rng(0).permutation(len(data.labels))
    codes = pca(data.images[order].reshape(len(order), -1) / 255, 8)
    x, y = torch.from_numpy(codes), torch.from_numpy(data.labels[order])
    known, labels, held, truth = x[:4000], y[:4000], x[4000:], y[4000:]

    def accuracy(found: Tensor) -> float:
        return float((found == truth).double().mean())

    scaler = StandardScaler().fit(known)
    probe = LogisticRegression(max_iter=1000).fit(scaler.transform(known), labels)
    places = representation.clusters(held, 10, 0)
    table = representation.crossed(truth, places, 10)
    tightness = sum(float((held[places == k] - held[places == k].mean(0)).square().sum()) for k in range(10))
    return [
        (
            "knn_accuracy, scikit-learn",
            accuracy(representation.by_neighbours(known, labels, held, 10)),
            KNeighborsClassifier(10).fit(known, labels).score(held, truth),
        ),
        (
            "probe_accuracy, scikit-learn",
            accuracy(representation.by_probe(known, labels, held, 10)),
            probe.score(scaler.transform(held), truth),
        ),
        ("k-means: summed squares, scikit-learn", tightness, KMeans(10, n_init=10, random_state=0).fit(held).inertia_),
        ("kmeans_ari, scikit-learn", float(representation.adjusted_rand(table)), adjusted_rand_score(truth, places)),
        (
            "kmeans_nmi, scikit-learn",
            float(representation.normalised_information(table)),
            normalized_mutual_info_score(truth, places),
        ),
    ]


def of_factors() -> list[Row]:
    """Disentanglement, beside the definitions computed with scikit-learn and scipy."""
    generator = np.random.default_rng(0)
    factors = np.stack([generator.integers(0, size, 2000) for size in (3, 4, 5)], axis=1)
    codes = factors @ np.array([[1.0, 0, 0, 0], [0, 1, 0.5, 0], [0, 0.3, 1, 0]])
    codes += 0.3 * generator.normal(size=codes.shape)
    x, y = torch.from_numpy(codes), torch.from_numpy(factors)
    bins = [np.digitize(code, np.histogram(code, disentanglement.BINS)[1][1:-1]) for code in codes.T]
    information = np.array([[mutual_info_score(factor, code) for factor in factors.T] for code in bins])
    best = np.sort(information, axis=0)
    gap = np.mean((best[-1] - best[-2]) / [mutual_info_score(factor, factor) for factor in factors.T])
    squares = np.sort(information**2, axis=1)
    shared = np.mean(1 - squares[:, :-1].sum(1) / (squares[:, -1] * 2))
    halves = x[:1000], y[:1000], x[1000:], y[1000:]
    importance, accuracy = disentanglement.forests(*halves, seed=0)
    boosted = [GradientBoostingClassifier(random_state=0).fit(codes[:1000], factor[:1000]) for factor in factors.T]
    gains = np.stack([model.feature_importances_ for model in boosted], axis=1)
    right = np.mean([m.score(codes[1000:], f[1000:]) for m, f in zip(boosted, factors.T, strict=True)])
    lines = np.array([[_line(code, factor) for factor in factors.T] for code in codes.T])
    lines.sort(axis=0)
    ours = disentanglement.information(x, y)
    gap_of_lines = disentanglement.separated_predictability(disentanglement.thresholds(*halves))
    same = torch.from_numpy(gains)
    return [
        ("mig, definition with scikit-learn", disentanglement.mutual_information_gap(ours, y), float(gap)),
        ("modularity, definition with scikit-learn", disentanglement.modularity(ours), float(shared)),
        ("sap, definition with scikit-learn", gap_of_lines, float(np.mean(lines[-1] - lines[-2]))),
        ("dci_disentanglement, definition with scipy", disentanglement.disentanglement(same), _weighted(gains)),
        ("dci_completeness, definition with scipy", disentanglement.completeness(same), _weighted(gains.T)),
        (
            "dci_disentanglement, boosted trees (ours: forests)",
            disentanglement.disentanglement(importance),
            _weighted(gains),
        ),
        (
            "dci_completeness, boosted trees (ours: forests)",
            disentanglement.completeness(importance),
            _weighted(gains.T),
        ),
        ("dci_informativeness, boosted trees (ours: forests)", accuracy, float(right)),
    ]


def _line(code: np.ndarray, factor: np.ndarray) -> float:
    machine = LinearSVC(C=0.01, class_weight="balanced", random_state=0)
    return float(machine.fit(code[:1000, None], factor[:1000]).score(code[1000:, None], factor[1000:]))


def _weighted(importance: np.ndarray) -> float:
    """DCI's mean over rows, in scipy's terms."""
    rows = 1 - entropy(importance, axis=1, base=importance.shape[1])
    return float(np.average(rows, weights=importance.sum(1)))

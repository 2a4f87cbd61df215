"""How alike one set of images is to the training images, in the classifier's features: samples, or images held out.

The same metrics for both, so that those of held-out real images are the floor, or the ceiling, of those of samples.
"""

import torch
from torch import Tensor

from vaeplay.classifier.network import Classifier
from vaeplay.evaluation.metrics import distances, manifold
from vaeplay.evaluation.metrics.intervals import Estimate, bootstrap_means, from_replicates, jackknife, wilson
from vaeplay.rows import evenly


def metrics(network: Classifier, made: Tensor, train: Tensor, *, classes: int, seed: int) -> dict[str, Estimate]:
    """Every metric of N images with the features `made`, (N, F), against those of all M training images, (M, F).

    A set of as few images as neighbours are counted has no metrics of neighbours; one without classes, no entropy.
    """
    real = train[evenly(len(train), len(made))]
    estimates = {"frechet": jackknife(distances.frechet(made, train), len(made))}
    if min(len(made), len(real)) > manifold.NEIGHBOURS:
        estimates["kid"] = jackknife(distances.kernel(made, real), len(made))
        values = manifold.per_image(made, real)
        estimates |= bootstrap_means({"density": values.pop("density")}, seed)
        estimates |= wilson({"precision": values["precision"]})
        replicates = manifold.without_each_group(made, real)
        for key in ("recall", "coverage"):
            estimates[key] = from_replicates(float(values[key].mean()), replicates[key], len(made))
    if classes > 1:
        estimates["class_entropy"] = jackknife(entropy(network, made), len(made))
    return estimates


def entropy(network: Classifier, made: Tensor) -> distances.Statistic:
    """Entropy of the classes that the classifier gives a part of the images, nats: a function of its rows."""
    with torch.no_grad():
        answers = network.head(made).argmax(1)

    def of_rows(rows: Tensor) -> float:
        counts = answers[rows.to(made.device)].bincount().double()
        return float(torch.special.entr(counts / counts.sum()).sum())

    return of_rows

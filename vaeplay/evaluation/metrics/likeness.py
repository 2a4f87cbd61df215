"""How alike one set of images is to the training images, in the classifier's features: samples, or images held out.

The same metrics for both, so that those of held-out real images are the floor, or the ceiling, of those of samples.
"""

import torch
from torch import Tensor

from vaeplay.classifier.network import Classifier
from vaeplay.evaluation.metrics import distances, manifold
from vaeplay.evaluation.metrics.intervals import Estimate, bootstrap_means, jackknife, wilson
from vaeplay.neighbours import nearest
from vaeplay.rows import evenly

COPY = 1 / 3  # of the distance to the second nearest training image, up to which the nearest counts as copied


def metrics(
    network: Classifier, images: Tensor, made: Tensor, train_images: Tensor, train: Tensor, *, classes: int, seed: int
) -> dict[str, Estimate]:
    """Every metric of N images, uint8 (N, *shape), whose features are `made`, (N, F), against all M training images.

    A set of as few images as neighbours are counted has no metrics of neighbours; one without classes, no entropy.
    """
    real = train[evenly(len(train), len(made))]
    estimates = {"frechet": jackknife(distances.frechet(made, train), len(made))}
    if min(len(made), len(real)) > manifold.NEIGHBOURS:
        estimates["kid"] = jackknife(distances.kernel(made, real), len(made))
        values = manifold.per_image(made, real)
        estimates |= bootstrap_means({"density": values.pop("density")}, seed)
        estimates |= wilson(values | {"memorising": copied(images, train_images)})
    if classes > 1:
        estimates["class_entropy"] = jackknife(entropy(network, made), len(made))
    return estimates


def copied(images: Tensor, train_images: Tensor) -> Tensor:
    """Which images, uint8, lie three times closer to one training image than to any other: (N,), 0 or 1.

    By pixels. The distance to the nearest alone tells little: what is blurred lies close to much.
    """
    distances, _ = nearest(images, train_images, 2)
    return (distances[:, 0] <= COPY * distances[:, 1]).double()


def entropy(network: Classifier, made: Tensor) -> distances.Statistic:
    """Entropy of the classes that the classifier gives a part of the images, nats: a function of its rows."""
    with torch.no_grad():
        answers = network.head(made).argmax(1)

    def of_rows(rows: Tensor) -> float:
        counts = answers[rows.to(made.device)].bincount().double()
        return float(torch.special.entr(counts / counts.sum()).sum())

    return of_rows

"""The metrics of real images that no model has seen: the floor, or the ceiling, for those of generated ones.

`floor_<key>` is that of the metric `key` in the registry.
"""

from torch import Tensor

from vaeplay.classifier import network
from vaeplay.classifier.network import Classifier
from vaeplay.data.prepared import Split
from vaeplay.evaluation.metrics import likeness
from vaeplay.neighbours import same_class
from vaeplay.seeds import seed_for


def of(
    classifier: Classifier, train: Split, test: Split, real: tuple[Tensor, Tensor], *, classes: int, seed: int
) -> dict[str, float]:
    """The floors of a data set. `real` are the features of its training and its test images, (M, F) and (N, F).

    Against the training images: the same metrics of the test images as of samples. Of the test images themselves: how
    many the classifier is sure of, and how far neighbours by their pixels share a class.
    """
    found = likeness.metrics(classifier, real[1], real[0], classes=classes, seed=seed_for(seed, "intervals"))
    floors = {key: figure.value for key, figure in found.items()}
    floors["sure_midpoints"] = float(network.sure(classifier, real[1]).mean())
    if classes > 1 and len(test.images) > 1:
        floors["neighbour_consistency"] = float(same_class(test.images, test.labels).mean())
    return {f"floor_{key}": value for key, value in floors.items()}

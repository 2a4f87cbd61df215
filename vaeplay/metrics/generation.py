"""How good a model's samples are: their likeness to the training images, which is also what they were learned from."""

from vaeplay.metrics import likeness
from vaeplay.metrics.intervals import Measured
from vaeplay.metrics.subject import Subject


def figures(subject: Subject) -> dict[str, Measured]:
    """Every figure of `likeness` for as many samples as there are test images."""
    return likeness.figures(
        subject.classifier,
        subject.samples,
        subject.sample_features,
        subject.train.images,
        subject.real_train,
        classes=subject.classes,
        seed=subject.seed_for("intervals"),
    )

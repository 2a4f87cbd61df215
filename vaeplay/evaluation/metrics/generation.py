"""How good a model's samples are: their likeness to the training images, which is also what they were learned from.

Samples can be unlike for two reasons: the decoder blurs, or it is given codes that no image has. The reconstructions
of test images suffer from the first alone, so that their Fréchet distance is the share of the decoder.
"""

from vaeplay.evaluation.metrics import distances, likeness
from vaeplay.evaluation.metrics.intervals import Measured, of_set
from vaeplay.evaluation.metrics.subject import Subject


def figures(subject: Subject) -> dict[str, Measured]:
    """Every figure of `likeness` for as many samples as there are test images, and the distance of reconstructions."""
    given_back = subject.reconstructed["features"]
    decoder = of_set(distances.frechet(given_back, subject.real_train), len(given_back))
    return {"reconstruction_frechet": decoder} | likeness.figures(
        subject.classifier,
        subject.samples,
        subject.sample_features,
        subject.train.images,
        subject.real_train,
        classes=subject.classes,
        seed=subject.seed_for("intervals"),
    )

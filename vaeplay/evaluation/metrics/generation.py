"""How good a model's samples are: their likeness to the training images, which is also what they were learned from.

Samples can be unlike for two reasons: the decoder blurs, or it is given codes that no image has. The reconstructions
of test images suffer from the first alone, so that their Fréchet distance is the share of the decoder.
"""

from vaeplay.evaluation.metrics import distances, likeness
from vaeplay.evaluation.metrics.intervals import Estimate, jackknife
from vaeplay.evaluation.metrics.subject import Subject


def metrics(subject: Subject) -> dict[str, Estimate]:
    """Every metric of `likeness` for as many samples as there are test images, and the distance of reconstructions."""
    given_back = subject.reconstructed["features"]
    decoder = jackknife(distances.frechet(given_back, subject.real_train), len(given_back))
    return {"reconstruction_frechet": decoder} | likeness.metrics(
        subject.classifier,
        subject.sample_features,
        subject.real_train,
        classes=subject.classes,
        seed=subject.seed_for("intervals"),
    )

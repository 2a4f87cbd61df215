"""Whether a model tells images unlike its training images from test images: there where params.yaml asks for such."""

from vaeplay.evaluation.registry.metric import Metric

KINDS = {
    "left_out": ("left-out classes", "images of the classes that `data.leave_out` names"),
    "other": ("other data", "images of the data set that `data.other` names"),
}
SCORES = {
    "distortion": ("Distortion", "Their distortion is the score", "An & Cho 2015, SNU Data Mining Center"),
    "elbo": ("Negative ELBO", "The negative ELBO is the score", "Nalisnick et al. 2019, arXiv:1810.09136"),
    "bound": (
        "Negative bound",
        "The negative importance-weighted bound is the score",
        "Nalisnick et al. 2019, arXiv:1810.09136",
    ),
    "codes": (
        "Distance to codes",
        "The distance of a code to the fifth nearest training code is the score",
        "Ramaswamy et al. 2000, doi:10.1145/342009.335437",
    ),
    "complexity": (
        "Likelihood less complexity",
        "The score is the negative of the best bound on the log-likelihood there is (of an autoencoder its "
        "distortion), in bits, less the length of the image as a PNG file",
        "Serrà et al. 2020, arXiv:1909.11480",
    ),
    "simplicity": (
        "Simplicity alone",
        "The score is how short the image is as a PNG file, which needs no model: a reference",
        "Serrà et al. 2020, arXiv:1909.11480",
    ),
}
HEADLINES = ("distortion", "elbo", "codes")


def _of(score: str, kind: str) -> Metric:
    label, how, source = SCORES[score]
    where, images = KINDS[kind]
    return Metric(
        f"auroc_{score}_{kind}",
        "anomalies",
        f"{label}, {where}",
        "AUROC",
        None if score == "simplicity" else "higher",
        3,
        f"How well {images} are told from test images: how often one of them has a higher score than a test image. "
        f"{how}. ½ is chance; below it, the score takes them for the more usual images, as likelihoods do with "
        "simpler ones.",
        source,
        headline=score in HEADLINES,
        over="image",
    )


ANOMALIES: tuple[Metric, ...] = tuple(_of(score, kind) for kind in KINDS for score in SCORES)

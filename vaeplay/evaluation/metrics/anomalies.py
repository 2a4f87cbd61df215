r"""Whether a model tells images unlike its training images, anomalies, from test images.

    AUROC = P(score of an anomaly > score of a test image) + ½ P(both are equal)

½ is chance, 1 a perfect separation, and below ½ the score takes anomalies for the more usual images. The scores of an
image x, each higher for an anomaly:

    distortion, −ELBO, −bound        as in `likelihood`
    codes                            distance of its code to the fifth nearest training code
    complexity = −log₂ p̃(x) − L(x)   the best of the first three there is, in bits, less the length L of x as a PNG file
    simplicity = −L(x)               no model at all

A likelihood prefers simple images, whatever it was trained on: models of CIFAR-10 find SVHN likelier than CIFAR-10
(Nalisnick et al. 2019, arXiv:1810.09136). Complexity corrects for that (Serrà et al. 2020, arXiv:1909.11480), and
simplicity says how much of a score is just this. Distances to the k-th nearest neighbour: Ramaswamy et al. 2000,
doi:10.1145/342009.335437.
"""

import io
import math
from dataclasses import replace

import torch
from PIL import Image
from torch import Tensor

from vaeplay.data.prepared import as_float
from vaeplay.evaluation.metrics import likelihood
from vaeplay.evaluation.metrics.copies import below
from vaeplay.evaluation.metrics.intervals import GROUPS, Estimate
from vaeplay.evaluation.metrics.subject import BLOCK, Subject
from vaeplay.models.parts.likelihoods import Bernoulli
from vaeplay.neighbours import nearest

NEIGHBOUR = 5
OF_LIKELIHOOD = ("distortion", "elbo", "bound")  # the best last


def metrics(subject: Subject, estimates: dict[str, Estimate]) -> dict[str, Estimate]:
    """The AUROC of every score for each kind of anomaly; `estimates` holds those of `likelihood` for test images."""
    if not subject.anomalies:
        return {}
    known = {key: estimates[key].values for key in OF_LIKELIHOOD if key in estimates}
    usual = scores(subject, {key: values for key, values in known.items() if values is not None}, subject.train_codes)
    found: dict[str, Estimate] = {}
    for kind, images in subject.anomalies.items():
        unlike = replace(subject, test=images, seed=subject.seed_for(f"{kind} anomalies"))
        values = likelihood.per_image(unlike)
        if "bound" in known:
            seed = unlike.seed_for("importance")
            values["bound"] = likelihood.bound(unlike.model, unlike.seen, unlike.importance_samples, seed)
        own = scores(unlike, values, subject.train_codes)
        found |= {f"auroc_{score}_{kind}": auroc(usual[score], own[score]) for score in usual}
    return found


def scores(subject: Subject, values: dict[str, Tensor], train_codes: Tensor) -> dict[str, Tensor]:
    """Every score of the N test images, (N,), by its name; `values` are those of OF_LIKELIHOOD that the model has."""
    found = {key: values[key] if key == "distortion" else -values[key] for key in OF_LIKELIHOOD if key in values}
    best = list(found.values())[-1]
    lengths = png_bits(subject)
    return found | {
        "codes": nearest(subject.codes, train_codes, NEIGHBOUR)[0][:, -1].contiguous(),
        "complexity": best.double() / math.log(2) - lengths,
        "simplicity": -lengths,
    }


def png_bits(subject: Subject) -> Tensor:
    """The length of each test image as a PNG file with its channels one below another, in bits: (N,).

    Under a Bernoulli likelihood a grey pixel is the probability of white, and so pixels are drawn black or white.
    """
    binary, noise = isinstance(subject.model.likelihood, Bernoulli), subject.noise_for("pixels of PNG files")
    lengths = []
    for chunk in subject.seen.split(BLOCK):
        x = as_float(chunk)
        pixels = (noise.uniform(x.shape) < x) if binary else chunk
        lengths += [_png_bits(Image.fromarray(each.flatten(0, 1).cpu().numpy())) for each in pixels]
    return torch.tensor(lengths, dtype=torch.double, device=subject.seen.device)


def _png_bits(image: Image.Image) -> int:
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return 8 * file.tell()


def auroc(usual: Tensor, unlike: Tensor) -> Estimate:
    """The AUROC of scores (N,) of test images and (M,) of anomalies, with DeLong's interval.

    Its interval has no width where the two are separated perfectly. The replicates leave out a tenth of both.
    """
    whole = below(usual, unlike)
    count = len(usual) + len(unlike)
    replicates = None
    if min(len(usual), len(unlike)) >= 2 * GROUPS:
        parts = [(_without(usual, group), _without(unlike, group)) for group in range(GROUPS)]
        replicates = torch.tensor([below(*part).value for part in parts], dtype=torch.double)
    return replace(whole, count=count, values=None, replicates=replicates)


def _without(scores: Tensor, group: int) -> Tensor:
    return scores[torch.arange(len(scores), device=scores.device) % GROUPS != group]

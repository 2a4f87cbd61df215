"""How well a model gives back its images, and how much of their sharpness is left; `pixels` has the definitions."""

import torch
from torch import Tensor

from vaeplay.data.prepared import as_float
from vaeplay.evaluation.metrics import pixels
from vaeplay.evaluation.metrics.intervals import Measured, of_means, of_ratio
from vaeplay.evaluation.metrics.subject import Subject


def figures(subject: Subject) -> dict[str, Measured]:
    """Every figure of this file with its interval."""
    found, seed = subject.reconstructed, subject.seed_for("intervals")
    values = {"mse": found["mse"], "psnr": pixels.psnr(found["mse"]), "ssim": found["ssim"]}
    made = torch.cat([pixels.laplacian_energy(x) for _, x in subject.batches(subject.samples)])
    return of_means(values, seed) | {
        "sharpness": of_ratio(found["energy"], found["real_energy"], seed),
        "sample_sharpness": of_ratio(made, found["real_energy"], seed),
    }


def extremes(subject: Subject, count: int) -> tuple[Tensor, Tensor]:
    """Row numbers of the `count` best and the `count` worst reconstructed test images by their MSE, each best first."""
    order = subject.reconstructed["mse"].argsort(stable=True)
    return order[:count], order[-count:]


@torch.no_grad()
def pairs(subject: Subject, rows: Tensor) -> Tensor:
    """Test images above their reconstructions: (n,) → (2, n, channels, height, width)."""
    given_back = subject.model.reconstruct(as_float(subject.seen[rows]))
    return torch.stack([as_float(subject.test.images[rows]), given_back])

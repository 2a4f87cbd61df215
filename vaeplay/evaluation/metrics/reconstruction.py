"""How well a model gives back its images, and how much of their sharpness is left; `pixels` has the definitions."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vaeplay.data.prepared import as_float
from vaeplay.evaluation.metrics import pixels
from vaeplay.evaluation.metrics.intervals import Estimate, bootstrap_means, bootstrap_ratio
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.rows import evenly


def metrics(subject: Subject) -> dict[str, Estimate]:
    """Every metric of this file with its interval."""
    rebuilt, seed = subject.reconstructed, subject.seed_for("intervals")
    values = {"mse": rebuilt["mse"], "psnr": pixels.psnr(rebuilt["mse"]), "ssim": rebuilt["ssim"]}
    made = torch.cat([pixels.laplacian_energy(x) for _, x in subject.batches(subject.samples)])
    return bootstrap_means(values, seed, subject.strata) | {
        "sharpness": bootstrap_ratio(rebuilt["energy"], rebuilt["real_energy"], seed, paired=True),
        "sample_sharpness": bootstrap_ratio(made, rebuilt["real_energy"], seed, paired=False),
    }


def extremes(subject: Subject, count: int) -> tuple[Tensor, Tensor]:
    """Row numbers of the `count` best and the `count` worst reconstructed test images by their MSE, each best first."""
    order = subject.reconstructed["mse"].argsort(stable=True)
    return order[:count], order[-count:]


SHOWN = 200  # reconstructions that the page may show of each cell
SHOWN_NUMBERS = 4_000_000  # pixels times channels of these


@torch.no_grad()
def shown(subject: Subject) -> dict[str, Tensor]:
    """Test images spread evenly over the split, as the page shows them for every cell.

    `rows` (n,) of the test split, and their reconstructions `images`, uint8 (n, *shape).
    """
    most = min(SHOWN, max(1, SHOWN_NUMBERS // subject.test.images[0].numel()))
    rows = torch.from_numpy(evenly(len(subject.test.images), most)).to(subject.seen.device)
    made = [subject.model.reconstruct(x) for _, x in subject.batches(subject.seen[rows])]
    images = torch.cat(made).nan_to_num().mul(255).round().clamp(0, 255).to(torch.uint8)
    return {"rows": rows.int(), "images": images}


@torch.no_grad()
def pairs(subject: Subject, rows: Tensor | NDArray[np.intp]) -> Tensor:
    """Test images above their reconstructions: (n,) → (2, n, channels, height, width)."""
    given_back = subject.model.reconstruct(as_float(subject.seen[rows]))
    return torch.stack([as_float(subject.test.images[rows]), given_back])

"""How well a model gives back its images, and what its bound on their likelihood is."""

import torch
from torch import Tensor

from vaeplay.dataset import as_float
from vaeplay.models.base import Autoencoder
from vaeplay.noise import NoiseOfRows

WORST_MSE = 1e-10  # a reconstruction exact to the bit counts as 100 dB, not as infinitely many


@torch.no_grad()
def per_image(model: Autoencoder, images: Tensor, batch_size: int, seed: int) -> dict[str, Tensor]:
    """Each figure for every one of N images: {name: (N,)}. They do not depend on `batch_size`.

    `images` is uint8 (N, channels, height, width). Names are those of `registry`; a model without a rate gets neither
    rate nor ELBO.
    """
    noise = NoiseOfRows(seed, len(images), images.device)
    parts: dict[str, list[Tensor]] = {}
    for start in range(0, len(images), batch_size):
        rows = slice(start, start + batch_size)
        x = as_float(images[rows])
        terms = model.measure(x, noise.of(rows))
        mse = (model.reconstruct(x) - x).square().flatten(1).mean(1)
        figures = {
            "distortion": terms["distortion"],
            "distortion_floor": model.likelihood.floor(model.likelihood.observe(x, noise.of(rows))),
            "mse": mse,
            "psnr": -10 * mse.clamp(min=WORST_MSE).log10(),
        }
        if "rate" in terms:
            figures |= {"rate": terms["rate"], "elbo": -(terms["distortion"] + terms["rate"])}
        for name, values in figures.items():
            parts.setdefault(name, []).append(values)
    return {name: torch.cat(values) for name, values in parts.items()}

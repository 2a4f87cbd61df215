"""How much of a codebook is in use, over its size: FSQ beside VQ.

    uv run python -m benchmarks.codebook_use

After Figure 3 of Mentzer et al. 2023, arXiv:2309.15505. A VQ-VAE of the embedded digits at depth 2, which has maps of
7×7, is trained briefly with each quantiser and size; the use is the share of the codes that occur among the 49,000 of
the test images. About four minutes.
"""

import math
from typing import Any

import numpy as np
import torch

from vaeplay.data import images, mnist5k
from vaeplay.models.vq_vae import VQVAE
from vaeplay.python import fit
from vaeplay.training import checkpoint, loop

SIZES = {64: [4, 4, 4], 240: [8, 6, 5], 1000: [8, 5, 5, 5], 4375: [7, 5, 5, 5, 5]}
WAYS = {
    "FSQ": {"name": "fsq"},
    "VQ, reseeded": {"name": "ema"},
    "VQ alone": {"name": "ema", "reseed_below": 0.0},
}
EPOCHS, LR = 8, 2e-3  # a quarter of the default rate


def trained(quantiser: dict[str, Any], latent_dim: int, pixels: dict[str, torch.Tensor]) -> tuple[float, float, float]:
    """The share of codes in use, the perplexity and the mean squared error on the test images."""
    prior = {"epochs": 1, "layers": 1, "channels": 4}  # is not looked at
    size = {"latent_dim": latent_dim, "depth": 2}
    cell = fit.cell("VQVAE", size | {"quantiser": quantiser, "code_prior": prior, "epochs": EPOCHS, "lr": LR})
    model = checkpoint.build(cell, (1, 28, 28))
    assert isinstance(model, VQVAE)
    loop.train(model, pixels["train"], pixels["validation"], cell)
    found = model.eval().metrics(pixels["test"])
    with torch.no_grad():
        x = pixels["test"].float() / 255
        error = float((model.reconstruct(x) - x).square().mean())
    return found["codes_in_use"] / model.quantiser.size, found["perplexity"], error


def main() -> None:
    """Print a row for each size."""
    data = mnist5k.read()
    rows = images.split(data.labels, 0.1, 0.2, 0)
    pixels = {split: torch.from_numpy(np.ascontiguousarray(data.images[chosen])) for split, chosen in rows.items()}
    print("| codes | " + " | ".join(f"{way}: use, perplexity, MSE" for way in WAYS) + " |")
    for size, levels in SIZES.items():
        assert math.prod(levels) == size
        cells = []
        for way, settings in WAYS.items():
            own = {"levels": levels} if way == "FSQ" else {"codes": size}
            use, perplexity, error = trained(settings | own, len(levels), pixels)
            cells.append(f"{use:.0%}, {perplexity:,.0f}, {error:.4f}")
        print(f"| {size:,} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()

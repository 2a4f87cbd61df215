"""A decoder as the page runs it: plain layers whose rounded weights give what torch gives, to within a grey level."""

from typing import Any

import torch
from torch import Tensor, nn

from vaeplay.evaluation import layers

TOLERANCE = 0.8  # grey levels; the rest is for another order of summation
KNOWN = 1500  # training codes that the rounding is made for


@torch.no_grad()
def rounded(
    decoder: nn.Module, z: Tensor, expected: dict[float, Tensor], known: Tensor
) -> tuple[layers.Tensors, dict[str, Any]] | None:
    """The weights in the fewest bits that hold TOLERANCE on codes z (B, …), and what is known of them.

    `expected` are the images (B, *shape) of z at each log β that gates may see, 0 for a decoder without gates. `known`
    are the codes that the rounding is made for. None for a decoder that is not plain, or that no steps are short enough
    for.
    """
    expected = {log_beta: images.cpu() for log_beta, images in expected.items()}
    shape = tuple(next(iter(expected.values())).shape[1:])
    try:
        plain, weights = layers.of_decoder(decoder, z[:1], shape)
    except layers.NotPlainError:
        return None
    z = z.cpu()

    def error(floats: layers.Tensors) -> float:
        made = (layers.run(plain, floats, z, log_beta) - images for log_beta, images in expected.items())
        return max(float(one.abs().max()) for one in made) * 255 / TOLERANCE

    found = layers.fitted(plain, weights, known.cpu(), error, TOLERANCE / 255)
    if found is None:
        return None
    kept, share = found
    return kept, {"layers": plain, "bits": round(layers.bits(kept), 2), "error": round(share * TOLERANCE, 4)}

r"""The β-VAE with a growing capacity: the rate is held at a target that rises over the training.

    loss = distortion + γ |rate − C|,   C from 0 to `target` over the share `share` of the steps, γ = `gamma`

Dimensions come into use one after the other, as the capacity grows. Burgess et al. 2018, arXiv:1804.03599. It is the
VAE under the schedule `capacity` (see `schedules`), by a name of its own.
"""

from collections.abc import Mapping
from typing import Any

from vaeplay.models.vae import VAE


class CapacityVAE(VAE):
    """Capacity-controlled β-VAE."""

    uses: tuple[str, ...] = ("likelihood", "hidden", "capacity")

    def __init__(self, *size: Any, capacity: Mapping[str, float], **settings: Any) -> None:
        rest = {name: capacity[name] for name in ("gamma", "share")}
        super().__init__(*size, schedule={"name": "capacity", "capacity": capacity["target"], **rest}, **settings)

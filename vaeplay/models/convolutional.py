"""The networks of convolutional models."""

from collections.abc import Sequence
from typing import Any

from torch import nn

from vaeplay.models.parts import nets


class Convolutional:
    """Listed before a model's class among the bases, it gives that model convolutional networks, and nothing else.

    The setting `channels` is the number of feature maps after the first down-sampling; each further one doubles it.
    """

    uses: tuple[str, ...] = ("channels",)
    shape: tuple[int, ...]
    latent_dim: int
    depth: int
    activation: str

    def build_encoder(self, outputs: int, **network: Any) -> nn.Module:
        """`depth` down-samplings and a linear layer: x → (B, outputs)."""
        return nets.conv_encoder(self.shape, outputs, self.depth, self.activation, **network)

    def build_decoder(self, shape: Sequence[int], **network: Any) -> nn.Module:
        """A linear layer and `depth` up-samplings: z → (B, *shape)."""
        return nets.conv_decoder(shape, self.latent_dim, self.depth, self.activation, **network)

"""The networks of residual models."""

from collections.abc import Sequence
from typing import Any

from torch import nn

from vaeplay.models.parts import nets, residual


class Residual:
    """Listed before a model's class among the bases, it gives that model residual networks, and nothing else.

    The setting `channels` is the number of feature maps after the first down-sampling; each further one doubles it. A
    code may be a vector or a map.
    """

    uses: tuple[str, ...] = ("channels",)
    shape: tuple[int, ...]
    latent_dim: int
    depth: int
    activation: str
    code_shape: tuple[int, ...]

    def build_encoder(self, outputs: int, **network: Any) -> nn.Module:
        """`depth` down-samplings: x → (B, outputs), or (B, outputs, h, w)."""
        build = nets.map_encoder if len(self.code_shape) == 3 else nets.conv_encoder
        return build(self.shape, outputs, self.depth, self.activation, halving=residual.down, **network)

    def build_decoder(self, shape: Sequence[int], **network: Any) -> nn.Module:
        """`depth` up-samplings: z → (B, *shape)."""
        build = nets.map_decoder if len(self.code_shape) == 3 else nets.conv_decoder
        return build(shape, self.latent_dim, self.depth, self.activation, doubling=residual.up, **network)

r"""Residual networks: the strided convolutions of `nets`, deepened by a residual block at each level.

    block(x) = x + conv(act(norm(conv(act(norm(x))))))

A block keeps the shape, and its sum lets gradients pass by: He et al. 2016, arXiv:1603.05027. The blocks stand where
the image is halved already, so that their 3×3 convolutions are cheap: this suits colour images of 32 to 128 pixels.
norm is group normalisation (Wu & He 2018, arXiv:1803.08494), which takes each image by itself: batch normalisation
would make an image's code, and its loss, depend on the others in its batch. Only what a block adds is normalised, so
that the brightness and contrast of an image are not lost.
"""

import math
from collections.abc import Sequence

from torch import Tensor, nn
from typing_extensions import override

from vaeplay.models.parts import nets

GROUPS = 8  # of feature maps that are normalised together, or fewer where their number is no multiple of it


class Residual(nn.Module):
    """x + body(x)."""

    def __init__(self, body: nn.Sequential) -> None:
        super().__init__()
        self.body = body

    @override
    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


def block(channels: int, activation: str) -> Residual:
    """(B, channels, h, w) → same shape."""
    layers: list[nn.Module] = []
    for _ in range(2):
        layers += [nn.GroupNorm(math.gcd(GROUPS, channels), channels), getattr(nn, activation)()]
        layers.append(nn.Conv2d(channels, channels, 3, padding=1))
    return Residual(nn.Sequential(*layers))


def down(inputs: int, channels: int, depth: int, activation: str) -> list[nn.Module]:
    """As in `nets`, with a block after each convolution."""
    plain = nets.down(inputs, channels, depth, activation)
    layers: list[nn.Module] = []
    for level, (strided, act) in enumerate(zip(plain[::2], plain[1::2], strict=True)):
        layers += [strided, block(channels << level, activation), act]
    return layers


def up(sizes: Sequence[tuple[int, int]], outputs: int, channels: int, activation: str) -> list[nn.Module]:
    """As in `nets`, with a block before each transposed convolution."""
    plain = nets.up(sizes, outputs, channels, activation)
    layers: list[nn.Module] = []
    for level, (act, strided) in zip(
        reversed(range(len(sizes) - 1)), zip(plain[::2], plain[1::2], strict=True), strict=True
    ):
        layers += [block(channels << level, activation), act, strided]
    return layers

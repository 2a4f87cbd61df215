r"""Residual networks: deeper convolutional encoders and decoders, for colour images of 32 to 128 pixels a side.

    block(x) = x + conv(act(norm(conv(act(norm(x))))))

A block keeps the shape, and its sum lets gradients pass by: He et al. 2016, arXiv:1603.05027. Each level of the encoder
halves the image by a strided convolution and has one block; each level of the decoder has one block and doubles it.
norm is group normalisation (Wu & He 2018, arXiv:1803.08494), which takes each image by itself: batch normalisation
would make an image's code, and its loss, depend on the others in its batch. The decoder repeats pixels and convolves
them, in place of a transposed convolution, which leaves a checkerboard (Odena et al. 2016, doi:10.23915/distill.00003).
"""

import math
from collections.abc import Sequence

from torch import Tensor, nn
from typing_extensions import override

from vaeplay.models.parts.limits import halved
from vaeplay.models.parts.nets import Network

GROUPS = 8  # of feature maps that are normalised together, or fewer where their number is no multiple of it


class Residual(nn.Module):
    """x + body(x)."""

    def __init__(self, body: nn.Sequential) -> None:
        super().__init__()
        self.body = body

    @override
    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


def active(channels: int, activation: str) -> list[nn.Module]:
    """A normalisation of `channels` feature maps, and the activation."""
    return [nn.GroupNorm(math.gcd(GROUPS, channels), channels), getattr(nn, activation)()]


def block(channels: int, activation: str) -> Residual:
    """(B, channels, h, w) → same shape."""
    layers = [[*active(channels, activation), nn.Conv2d(channels, channels, 3, padding=1)] for _ in range(2)]
    return Residual(nn.Sequential(*layers[0], *layers[1]))


def down(inputs: int, channels: int, depth: int, activation: str) -> list[nn.Module]:
    """`depth` times half the image: → (B, channels · 2^(depth − 1), h, w)."""
    layers: list[nn.Module] = []
    for level in range(depth):
        width = channels << level
        layers += [nn.Conv2d(inputs, width, 4, stride=2, padding=1), block(width, activation)]
        inputs = width
    return [*layers, *active(inputs, activation)]


def up(sizes: Sequence[tuple[int, int]], outputs: int, channels: int, activation: str) -> list[nn.Module]:
    """Twice the image through `sizes` in reverse, ending at exactly the first. `channels` is as for `down`."""
    layers: list[nn.Module] = []
    for level in reversed(range(len(sizes) - 1)):
        width = channels << level
        layers.append(block(width, activation))
        if level == 0:
            layers += active(width, activation)
        after = channels << (level - 1) if level else outputs
        layers += [nn.Upsample(sizes[level]), nn.Conv2d(width, after, 3, padding=1)]
    return layers


def encoder(shape: Sequence[int], outputs: int, depth: int, activation: str, channels: int) -> nn.Module:
    """(B, *shape) → (B, outputs)."""
    features = (channels << (depth - 1)) * math.prod(halved(shape, depth)[-1])
    return Network(*down(shape[0], channels, depth, activation), nn.Flatten(), nn.Linear(features, outputs))


def decoder(shape: Sequence[int], inputs: int, depth: int, activation: str, channels: int) -> nn.Module:
    """(B, inputs) → (B, *shape)."""
    sizes = halved(shape, depth)
    smallest = (channels << (depth - 1), *sizes[-1])
    return Network(
        nn.Linear(inputs, math.prod(smallest)),
        nn.Unflatten(1, smallest),
        *up(sizes, shape[0], channels, activation),
    )


def map_encoder(shape: Sequence[int], outputs: int, depth: int, activation: str, channels: int) -> nn.Module:
    """(B, *shape) → (B, outputs, h, w): a vector for each position of the image halved `depth` times."""
    return Network(*down(shape[0], channels, depth, activation), nn.Conv2d(channels << (depth - 1), outputs, 1))


def map_decoder(shape: Sequence[int], inputs: int, depth: int, activation: str, channels: int) -> nn.Module:
    """(B, inputs, h, w) → (B, *shape)."""
    return Network(
        nn.Conv2d(inputs, channels << (depth - 1), 3, padding=1),
        *up(halved(shape, depth), shape[0], channels, activation),
    )

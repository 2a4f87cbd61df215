"""The networks: encoders from images to numbers, and decoders from numbers to images."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from typing_extensions import override

from vaeplay.models.parts.limits import halved


class Network(nn.Sequential):
    """Layers in sequence. Training computes their products in `precision`; weights and outputs stay float32.

    With bfloat16 (8 bits of mantissa), a convolutional model's step takes two thirds of the time on a processor that
    supports it.
    """

    precision: str = "float32"

    @override
    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.precision == "float32":
            return super().forward(x)
        with torch.autocast(x.device.type, torch.bfloat16):
            return super().forward(x).to(x.dtype)


class ToOneMap(nn.ConvTranspose2d):
    """A transposed convolution (kernel 4, stride 2, padding 1) to a single feature map, such as a grey image.

    (B, C, h, w) → (B, 1, 2h, 2w), plus `output_padding`. It is computed by its definition: every input position adds
    its multiple of the kernel to the output. PyTorch's kernels are made for many feature maps and take three to four
    times as long for one, half of a grey decoder's time.
    """

    def __init__(self, inputs: int, output_padding: tuple[int, int]) -> None:
        super().__init__(inputs, 1, 4, stride=2, padding=1, output_padding=output_padding)

    @override
    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        height, width = (2 * size + odd for size, odd in zip(x.shape[2:], self.output_padding, strict=True))
        multiples = self.weight.flatten(1).T @ x.flatten(2)  # (B, 16, h · w)
        image = functional.fold(multiples, (height, width), kernel_size=4, stride=2, padding=1)
        return image + self.get_parameter("bias").view(-1, 1, 1)


def dense(inputs: int, outputs: int, depth: int, activation: str, hidden: int) -> list[nn.Module]:
    """`depth` hidden layers of `hidden` units and a linear output layer: (B, inputs) → (B, outputs).

    `activation` is the name of a class in torch.nn.
    """
    layers: list[nn.Module] = []
    for width in [hidden] * depth:
        layers += [nn.Linear(inputs, width), getattr(nn, activation)()]
        inputs = width
    return [*layers, nn.Linear(inputs, outputs)]


def dense_encoder(shape: Sequence[int], outputs: int, depth: int, activation: str, hidden: int) -> nn.Module:
    """(B, *shape) → (B, outputs)."""
    return Network(nn.Flatten(), *dense(math.prod(shape), outputs, depth, activation, hidden))


def dense_decoder(shape: Sequence[int], inputs: int, depth: int, activation: str, hidden: int) -> nn.Module:
    """(B, inputs) → (B, *shape)."""
    return Network(*dense(inputs, math.prod(shape), depth, activation, hidden), nn.Unflatten(1, tuple(shape)))


def down(channels_in: int, channels: int, depth: int, activation: str) -> list[nn.Module]:
    """`depth` convolutions that halve the image, each with twice the feature maps of the one before."""
    layers: list[nn.Module] = []
    for level in range(depth):
        width = channels << level
        layers += [nn.Conv2d(channels_in, width, 4, stride=2, padding=1), getattr(nn, activation)()]
        channels_in = width
    return layers


def up(sizes: Sequence[tuple[int, int]], channels_out: int, channels: int, activation: str) -> list[nn.Module]:
    """Transposed convolutions through `sizes` in reverse, ending at exactly the first. `channels` is as for `down`."""
    layers: list[nn.Module] = []
    for level in reversed(range(len(sizes) - 1)):
        odd = (sizes[level][0] % 2, sizes[level][1] % 2)
        width = channels << (level - 1) if level else channels_out
        layers.append(getattr(nn, activation)())
        if width == 1:
            layers.append(ToOneMap(channels << level, odd))
        else:
            layers.append(nn.ConvTranspose2d(channels << level, width, 4, stride=2, padding=1, output_padding=odd))
    return layers


Halving = Callable[[int, int, int, str], list[nn.Module]]
Doubling = Callable[[Sequence[tuple[int, int]], int, int, str], list[nn.Module]]


def conv_encoder(
    shape: Sequence[int], outputs: int, depth: int, activation: str, channels: int, halving: Halving = down
) -> nn.Module:
    """(B, *shape) → (B, outputs). `halving` makes the layers that `down` does, or deeper ones."""
    height, width = halved(shape, depth)[-1]
    features = (channels << (depth - 1)) * height * width
    return Network(*halving(shape[0], channels, depth, activation), nn.Flatten(), nn.Linear(features, outputs))


def conv_decoder(
    shape: Sequence[int], inputs: int, depth: int, activation: str, channels: int, doubling: Doubling = up
) -> nn.Module:
    """(B, inputs) → (B, *shape). `doubling` makes the layers that `up` does, or deeper ones."""
    sizes = halved(shape, depth)
    smallest = (channels << (depth - 1), *sizes[-1])
    return Network(
        nn.Linear(inputs, math.prod(smallest)),
        nn.Unflatten(1, smallest),
        *doubling(sizes, shape[0], channels, activation),
    )


def map_encoder(
    shape: Sequence[int], outputs: int, depth: int, activation: str, channels: int, halving: Halving = down
) -> nn.Module:
    """(B, *shape) → (B, outputs, h, w): a vector for each position of the image halved `depth` times."""
    return Network(*halving(shape[0], channels, depth, activation), nn.Conv2d(channels << (depth - 1), outputs, 1))


def map_decoder(
    shape: Sequence[int], inputs: int, depth: int, activation: str, channels: int, doubling: Doubling = up
) -> nn.Module:
    """(B, inputs, h, w) → (B, *shape)."""
    return Network(
        nn.Conv2d(inputs, channels << (depth - 1), 3, padding=1),
        *doubling(halved(shape, depth), shape[0], channels, activation),
    )

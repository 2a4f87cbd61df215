r"""The prior over code maps: an autoregressive model of a map's codes, row by row, left to right.

    p(k) = Π_i p(k_i | k_1 … k_{i−1}),   rate(k) = −Σ_i log p(k_i | k_1 … k_{i−1}), nats

It is a gated PixelCNN, whose convolutions see only earlier positions. A vertical stack sees all rows above; a
horizontal stack sees the row to the left and, at each layer, the vertical stack's output. A layer's output is tanh(a) ·
sigmoid(b). A learned vector is added at each position, since a digit's map, unlike a texture, varies with position. Van
den Oord et al. 2016, arXiv:1606.05328.

How it is fitted is in `fitted`.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional
from typing_extensions import override

from vaeplay.models.parts.fitted import FittedDensity
from vaeplay.noise import Noise, sample_categorical

KERNEL = 3
REACH = KERNEL // 2
BATCH = 64


class CodePrior(FittedDensity):
    """p(k) for maps k of `shape` (h, w) with codes 0 … `codes` − 1."""

    called = "code prior"

    def __init__(
        self,
        shape: Sequence[int],
        codes: int,
        *,
        channels: int,
        layers: int,
        dropout: float,
        epochs: int,
        lr: float,
    ) -> None:
        super().__init__(epochs, BATCH, lr)
        self.shape = tuple(shape)
        self.size = codes
        self.dropout = dropout
        self.embedding = nn.Embedding(codes, channels)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.places = nn.Parameter(torch.zeros(channels, *shape))
        self.layers = nn.ModuleList(GatedLayer(channels) for _ in range(layers))
        self.head = nn.Sequential(nn.ReLU(), nn.Conv2d(channels, channels, 1), nn.ReLU(), nn.Conv2d(channels, codes, 1))

    def forward(self, maps: Tensor, noise: Noise | None = None, places: Tensor | None = None) -> Tensor:
        """Logits of every position's code given those before it: (B, h, w) → (B, K, h, w).

        With `noise`, each code's vector is dropped with probability `dropout`, against memorising maps. Where `places`
        (B, C, h, w) are given, they stand for the positions' own vectors.
        """
        places = self.places if places is None else places
        seen = self.embedding(maps).movedim(-1, 1)
        if noise is not None:
            seen = seen * (noise.uniform(maps.shape) >= self.dropout).unsqueeze(1)
        horizontal = moved_right(seen) + places
        for layer, hints in zip(self.layers, self.hints(seen, places), strict=True):
            horizontal = layer(horizontal, hints)
        return self.head(horizontal)

    def hints(self, seen: Tensor, places: Tensor) -> Iterator[Tensor]:
        """What the vertical stack passes to each layer of the horizontal one: (B, C, rows, w) → (B, 2C, rows, w)."""
        vertical = functional.pad(seen, (0, 0, 1, 0))[:, :, :-1] + places[..., : seen.shape[2], :]  # moved down
        for layer in self.layers:
            assert isinstance(layer, GatedLayer)
            above = layer.above(vertical)
            yield layer.between(above)
            vertical = gate(above)

    @override
    def rate(self, examples: Tensor, noise: Noise | None = None, places: Tensor | None = None) -> Tensor:
        """−log p of each map: (B, h, w) → (B,), nats."""
        logits = self(examples, noise, places).movedim(1, -1)
        logits = logits.flatten(0, -2)  # flat: a GPU's sum over maps is not repeatable
        each = functional.cross_entropy(logits, examples.flatten(), reduction="none")
        return each.view(len(examples), -1).sum(1)

    @torch.no_grad()
    def sample(self, count: int, noise: Noise, places: Tensor | None = None) -> Tensor:
        """`count` maps drawn code by code, (count, h, w), each by inverting its cumulative distribution.

        The vertical stack sees only the rows above, so it runs once per row; the horizontal one needs no other row.
        """
        places = self.places if places is None else places
        maps = torch.zeros(count, *self.shape, dtype=torch.long, device=places.device)
        for row in range(self.shape[0]):
            above = self.embedding(maps[:, : row + 1]).movedim(-1, 1)
            hints = [hint[:, :, row:] for hint in self.hints(above, places)]
            for column in range(self.shape[1]):
                seen = self.embedding(maps[:, row : row + 1, : column + 1]).movedim(-1, 1)
                horizontal = moved_right(seen) + places[..., row : row + 1, : column + 1]
                for layer, hint in zip(self.layers, hints, strict=True):
                    horizontal = layer(horizontal, hint[..., : column + 1])
                shares = self.head(horizontal[..., -1:]).flatten(1).softmax(1)
                maps[:, row, column] = sample_categorical(shares, noise.uniform((count, 1))).squeeze(1)
        return maps


class GatedLayer(nn.Module):
    """A layer of both stacks. At each position, inputs and outputs depend only on earlier positions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.vertical = nn.Conv2d(channels, 2 * channels, (REACH + 1, KERNEL))
        self.horizontal = nn.Conv2d(channels, 2 * channels, (1, REACH + 1))
        self.between = nn.Conv2d(2 * channels, 2 * channels, 1)
        self.out = nn.Conv2d(channels, channels, 1)

    def above(self, vertical: Tensor) -> Tensor:
        """The vertical stack before its gate: (B, C, h, w) → (B, 2C, h, w)."""
        above: Tensor = self.vertical(functional.pad(vertical, (REACH, REACH, REACH, 0)))
        return above

    def forward(self, horizontal: Tensor, hints: Tensor) -> Tensor:
        """The horizontal stack, given the vertical one's hints: (B, C, h, w), (B, 2C, h, w) → (B, C, h, w)."""
        left = self.horizontal(functional.pad(horizontal, (REACH, 0, 0, 0))) + hints
        moved: Tensor = horizontal + self.out(gate(left))
        return moved


def moved_right(seen: Tensor) -> Tensor:
    """Each position gets the vector to its left: (B, C, h, w) → same shape."""
    return functional.pad(seen, (1, 0))[..., :-1]


def gate(features: Tensor) -> Tensor:
    """tanh of the first half of the channels, times the sigmoid of the second: (B, 2C, …) → (B, C, …)."""
    value, door = features.chunk(2, dim=1)
    return value.tanh() * door.sigmoid()

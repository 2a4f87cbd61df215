r"""Two maps of codes of one image, the top one of half the height and width: where they meet, their codes, their prior.

    t = quantiser_t(mean over the positions below of g),   u = the vectors of t, repeated over the positions below
    b = quantiser_b(h − sg(u)),   z = u + the vectors of b,   [h, g] = encoder(x) at each position of the bottom map
    prior(t, b) = p(t) p(b | t)

A pair of maps is one map with the bottom's shape, as all that handles codes expects. Razavi et al. 2019,
arXiv:1906.00446.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from typing_extensions import override

from vaeplay.models.parts.code_prior import BATCH, KERNEL, REACH, CodePrior
from vaeplay.models.parts.fitted import FittedDensity
from vaeplay.models.parts.limits import codes_of_maps
from vaeplay.models.parts.quantised import Quantised, Quantiser, listed
from vaeplay.neighbours import nearest
from vaeplay.noise import Noise


class Layout(nn.Module):
    """Which positions of the `bottom` map, (h, w), lie below each of the `top` one's; sides are halved downwards.

    Both maps are one whose codes are t · `size` + b, with the top's code of the position above.
    """

    above: Tensor
    below: Tensor

    def __init__(self, bottom: Sequence[int], size: int) -> None:
        super().__init__()
        self.bottom, self.size = tuple(bottom), size
        self.top = tuple(max(1, side // 2) for side in bottom)
        row, column = (torch.arange(side) * half // side for side, half in zip(self.bottom, self.top, strict=True))
        above = (row[:, None] * self.top[1] + column).flatten()
        self.register_buffer("above", above, persistent=False)
        below = functional.one_hot(above, math.prod(self.top)).T.float()
        self.register_buffer("below", below, persistent=False)  # as numbers: a GPU's sums by index are not repeatable

    def repeated(self, top: Tensor) -> Tensor:
        """What stands at a position of the top, at all of those below: (…, h / 2, w / 2) → (…, h, w)."""
        return (top.flatten(-2) @ self.below.to(top.dtype)).unflatten(-1, self.bottom)

    def means(self, bottom: Tensor) -> Tensor:
        """The means over the positions below: (…, h, w) → (…, h / 2, w / 2)."""
        return (bottom.flatten(-2) @ (self.below.T / self.below.sum(1)).to(bottom.dtype)).unflatten(-1, self.top)

    def joined(self, top: Tensor, bottom: Tensor) -> Tensor:
        """The codes of both maps as those of one: (B, h / 2, w / 2), (B, h, w) → (B, h, w)."""
        return top.flatten(1)[:, self.above].view_as(bottom) * self.size + bottom

    def parted(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """The codes of the two maps in one; the top's are those of the first position below."""
        top = (codes // self.size).flatten(1)[:, self.below.argmax(1)]
        return top.unflatten(1, self.top), codes % self.size


class TwoMaps(Quantiser):
    """A quantiser for each map, both with as many codes.

    Raises:
        UserError: more than MOST_CODES.
    """

    def __init__(self, layout: Layout, top: Quantiser, bottom: Quantiser) -> None:
        super().__init__()
        self.layout, self.top, self.bottom = layout, top, bottom
        self.size = codes_of_maps(bottom.size, maps=2)

    @override
    def vectors(self, codes: Tensor) -> Tensor:
        return self.top.vectors(codes // self.bottom.size) + self.bottom.vectors(codes % self.bottom.size)

    @override
    def in_stages(self, codes: Tensor) -> list[Tensor]:
        return [self.top.vectors(codes // self.bottom.size), self.vectors(codes)]

    @override
    def codes(self, z: Tensor) -> Tensor:
        h, g = z.detach().chunk(2, dim=1)
        top = self.top.codes(self.layout.means(g))
        return self.layout.joined(top, self.bottom.codes(h - self.layout.repeated(self.top.vectors(top))))

    @override
    def start(self, z: Tensor, noise: Noise) -> None:
        h, g = z.chunk(2, dim=1)
        means = self.layout.means(g)
        self.top.start(means, noise)
        self.bottom.start(h - self.layout.repeated(self.top.vectors(self.top.codes(means))), noise)

    def forward(self, z: Tensor, noise: Noise) -> Quantised:
        """Both encoder outputs get the gradient at the sum of the vectors."""
        h, g = z.chunk(2, dim=1)
        means = self.layout.means(g)
        top = self.top(means, noise)
        repeated = self.layout.repeated(top.vectors)
        bottom = self.bottom(h - repeated.detach(), noise)
        costs = {name: top.terms[name] + cost for name, cost in bottom.terms.items()}
        vectors = repeated + bottom.vectors
        return Quantised(self.layout.joined(top.codes, bottom.codes), vectors, top.cost + bottom.cost, costs)

    def nearest(self, z: Tensor) -> Tensor:
        """The pair of maps whose vectors are nearest to z: (B, D, h, w) → (B, h, w).

        For each code of the top, the nearest of the bottom's is found at every position, and the errors of those below
        a position of the top are added up.
        """
        bottoms, sizes = self.bottom.entries(), (len(z), len(self.layout.above))
        found = [nearest(listed(z) - entry, bottoms) for entry in self.top.entries()]
        errors = torch.stack([distances[:, 0].square() for distances, _ in found]).unflatten(1, sizes)
        top = (errors @ self.layout.below.T).argmin(0)
        codes = torch.stack([chosen[:, 0] for _, chosen in found]).unflatten(1, sizes)
        bottom = codes.gather(0, top[:, self.layout.above][None])[0]
        return self.layout.joined(top, bottom.unflatten(1, self.layout.bottom))


class TwoMapPrior(FittedDensity):
    """p(top) p(bottom | top): two PixelCNNs, of which the second is told the vectors of the whole top map.

    They pass a convolution, and are added to the vectors of the positions below.
    """

    called = "code prior"

    def __init__(self, quantiser: TwoMaps, **settings: Any) -> None:
        super().__init__(settings["epochs"], BATCH, settings["lr"])
        self.layout = quantiser.layout
        self.top = CodePrior(self.layout.top, quantiser.top.size, **settings)
        self.bottom = CodePrior(self.layout.bottom, quantiser.bottom.size, **settings)
        channels = len(self.bottom.places)
        self.above = nn.Conv2d(channels, channels, KERNEL, padding=REACH)

    def places(self, top: Tensor) -> Tensor:
        """What the bottom's prior is told at each position: (B, h / 2, w / 2) → (B, C, h, w)."""
        return self.bottom.places + self.layout.repeated(self.above(self.top.embedding(top).movedim(-1, 1)))

    @override
    def rate(self, examples: Tensor, noise: Noise | None = None) -> Tensor:
        """−log p of each pair of maps: (B, h, w) → (B,), nats."""
        top, bottom = self.layout.parted(examples)
        return self.top.rate(top, noise) + self.bottom.rate(bottom, noise, self.places(top))

    @torch.no_grad()
    def sample(self, count: int, noise: Noise) -> Tensor:
        """`count` pairs of maps, (count, h, w): each bottom is drawn given its top."""
        top = self.top.sample(count, noise)
        return self.layout.joined(top, self.bottom.sample(count, noise, self.places(top)))

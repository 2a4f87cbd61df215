"""Random numbers, passed to a model by its caller: a model has no hidden source of randomness."""

from collections.abc import Callable, Sequence

import torch
from typing_extensions import override


class Noise:
    """A seeded source of random numbers on one device.

    Numbers are drawn on the CPU and moved, so that a seed gives the same noise on every device. For a GPU they are
    drawn in pinned memory: a copy from other memory would wait for all of the GPU's queued work.
    """

    def __init__(self, seed: int, device: torch.device | str = "cpu") -> None:
        self.generator = torch.Generator().manual_seed(seed)
        self.device = torch.device(device)

    def normal(self, shape: Sequence[int]) -> torch.Tensor:
        """Standard normal numbers of this shape; the first dimension counts images."""
        return self._moved(torch.randn(*shape, generator=self.generator, pin_memory=self.device.type == "cuda"))

    def uniform(self, shape: Sequence[int]) -> torch.Tensor:
        """Uniform numbers in [0, 1) of this shape; the first dimension counts images."""
        return self._moved(torch.rand(*shape, generator=self.generator, pin_memory=self.device.type == "cuda"))

    def _moved(self, numbers: torch.Tensor) -> torch.Tensor:
        return numbers.to(self.device, non_blocking=self.device.type == "cuda")


class NoiseOfRows(Noise):
    """Noise that belongs to images, not to batches: image i gets the same numbers however the images are batched.

    For each draw of a batch, numbers for all `count` images are drawn at once and kept; `rows` says which images the
    next batch holds.
    """

    def __init__(self, seed: int, count: int, device: torch.device | str = "cpu") -> None:
        super().__init__(seed, device)
        self.count = count
        self.kept: list[torch.Tensor] = []
        self.rows = slice(0, 0)
        self.draw = 0

    def of(self, rows: slice) -> "NoiseOfRows":
        """This noise, for a batch of the images in `rows`."""
        self.rows, self.draw = rows, 0
        return self

    @override
    def normal(self, shape: Sequence[int]) -> torch.Tensor:
        return self._of_rows(super().normal, shape)

    @override
    def uniform(self, shape: Sequence[int]) -> torch.Tensor:
        return self._of_rows(super().uniform, shape)

    def _of_rows(self, draw: Callable[[Sequence[int]], torch.Tensor], shape: Sequence[int]) -> torch.Tensor:
        if self.draw == len(self.kept):
            self.kept.append(draw((self.count, *shape[1:])))
        self.draw += 1
        return self.kept[self.draw - 1][self.rows]


def sample_categorical(weights: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """Indices drawn in proportion to `weights`, by inverting their cumulative distribution.

    Weights (…, K) of any scale and shares (…, n) in [0, 1) → (…, n). Weights are summed as integers, with at least 18
    bits for the largest: a GPU adds floats in a different order each time.
    """
    count = weights.shape[-1]
    bits = min(24, 62 - 24 - count.bit_length())  # keeps share · sum below 2^63
    largest = weights.amax(-1, keepdim=True).clamp(min=torch.finfo(weights.dtype).tiny)
    upto = (weights / largest * 2**bits).long().cumsum(-1)
    at = ((shares * 2**24).long() * upto[..., -1:]) >> 24
    return torch.searchsorted(upto, at, right=True).clamp(max=count - 1)

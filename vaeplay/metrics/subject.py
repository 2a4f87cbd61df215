"""What is measured: one trained model, the images it is measured on, and what several figures need of both."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from vaeplay.classifier import Classifier
from vaeplay.dataset import Split, as_float
from vaeplay.models.base import Autoencoder
from vaeplay.noise import Noise
from vaeplay.seeds import seed_for

BLOCK = 500  # new images made at a time: fixed, so that their noise depends on no setting


@dataclass
class Subject:
    """A model with its images: `train` and `test` hold uint8 (N, channels, height, width) on the model's device.

    `real_train` and `real_test` are the classifier's features of those images, (N, F). No figure depends on
    `batch_size`; it is how many images pass a network at once. `importance_samples` is how many codes an image gets for
    the importance-weighted bound. What is computed here is computed once.
    """

    model: Autoencoder
    train: Split
    test: Split
    classifier: Classifier
    real_train: Tensor
    real_test: Tensor
    seed: int
    batch_size: int
    importance_samples: int

    def seed_for(self, purpose: str) -> int:
        """The same for every cell, so that all are measured with the same noise."""
        return seed_for(self.seed, purpose)

    def noise_for(self, purpose: str) -> Noise:
        """A source of noise for one purpose on the model's device."""
        return Noise(self.seed_for(purpose), self.test.images.device)

    def batches(self, images: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """Images in order, as (their rows, floats in 0…1)."""
        for start in range(0, len(images), self.batch_size):
            rows = slice(start, min(start + self.batch_size, len(images)))
            yield rows, as_float(images[rows])

    @cached_property
    def classes(self) -> int:
        """How many classes the training images have; 1 where they have none."""
        return len(self.train.labels.unique())

    @cached_property
    def codes(self) -> Tensor:
        """Codes of the test images without noise, (N, D); a map of codes is laid out flat."""
        return self._codes(self.test.images)

    @cached_property
    def posteriors(self) -> tuple[Tensor, Tensor] | None:
        """Means and log-variances of the test images' posteriors, (N, D) each, where the model has such posteriors."""
        with torch.no_grad():
            found = [self.model.posterior(x) for _, x in self.batches(self.test.images)]
        parts = [part for part in found if part is not None]
        return (torch.cat([mean for mean, _ in parts]), torch.cat([logvar for _, logvar in parts])) if parts else None

    @cached_property
    @torch.no_grad()
    def squared_errors(self) -> Tensor:
        """Mean squared error of each reconstructed test image, (N,)."""
        parts = [(self.model.reconstruct(x) - x).square().flatten(1).mean(1) for _, x in self.batches(self.test.images)]
        return torch.cat(parts)

    @cached_property
    def train_codes(self) -> Tensor:
        """Codes of the training images without noise, (N, D)."""
        return self._codes(self.train.images)

    @torch.no_grad()
    def _codes(self, images: Tensor) -> Tensor:
        return torch.cat([self.model.encode(x).flatten(1) for _, x in self.batches(images)])

    @cached_property
    @torch.no_grad()
    def sample_codes(self) -> Tensor:
        """As many draws from the prior, or what stands in for it, as there are test images, (N, D) or (N, D, h, w)."""
        noise = self.noise_for("samples")
        sizes = [min(BLOCK, len(self.test.images) - start) for start in range(0, len(self.test.images), BLOCK)]
        return torch.cat([self.model.sample_codes(size, noise) for size in sizes])

    @cached_property
    @torch.no_grad()
    def samples(self) -> Tensor:
        """The new images of these codes, uint8 (N, *shape), as a file would hold them."""
        made = [self.model.decode(codes) for codes in self.sample_codes.split(BLOCK)]
        return torch.cat([x.mul(255).round().clamp(0, 255).to(torch.uint8) for x in made])

    @cached_property
    def sample_features(self) -> Tensor:
        """The classifier's features of the samples, (N, F)."""
        with torch.no_grad():
            return torch.cat([self.classifier.features(x) for _, x in self.batches(self.samples)])

"""What is measured: one trained model, the images it is measured on, and what several metrics need of both."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from vaeplay.classifier.network import Classifier
from vaeplay.data.prepared import Split, as_float
from vaeplay.evaluation.metrics import pixels
from vaeplay.models.base import Autoencoder
from vaeplay.models.parts import losses
from vaeplay.models.parts.densities import FITS
from vaeplay.noise import Noise, NoiseOfRows
from vaeplay.rows import evenly
from vaeplay.seeds import seed_for

BLOCK = 500  # images made, or binarised, at a time: fixed, so that their noise depends on no setting
COMPONENTS = 10  # principal components that are kept
MOST_CODES = 5000  # codes that they are found in
MOST_FITTED = 20_000  # training codes that densities are fitted to, spread evenly over the split where there are more
WIDEST = 64  # numbers in a code up to which more than a Gaussian is fitted: above, it has more than the codes tell


@dataclass
class Subject:
    """A model with its images: `train` and `test` hold uint8 (N, channels, height, width) on the model's device.

    `real_train` and `real_test` are the classifier's features of those images, (N, F). No metric depends on
    `batch_size`; it is how many images pass a network at once. `importance_samples` is how many codes an image gets for
    the importance-weighted bound, `evidence_samples` how many a few images get for a tighter one, 0 for none; `classes`
    is how many classes the data set has, 1 where it has none; `anomalies` are images unlike these, by their kind. What
    is computed here is computed once.
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
    evidence_samples: int
    classes: int
    anomalies: dict[str, Split] = field(default_factory=dict)

    @property
    def strata(self) -> Tensor | None:
        """The classes of the test images, whose numbers the split has fixed; None where there are none."""
        return self.test.labels if self.classes > 1 else None

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
    def seen(self) -> Tensor:
        """The test images as the model is to see them, uint8 (N, *shape): binarised once for all metrics, if at all.

        An encoder that was trained on black and white pixels says nothing sensible of grey ones.
        """
        return self._seen(self.test.images, "binarised test images")

    def _seen(self, images: Tensor, purpose: str) -> Tensor:
        likelihood, noise = self.model.likelihood, self.noise_for(purpose)
        if not likelihood.binarises:
            return images
        observed = (likelihood.observe(as_float(chunk), noise) for chunk in images.split(BLOCK))
        return torch.cat([x.mul_(255).to(torch.uint8) for x in observed])

    @cached_property
    def codes(self) -> Tensor:
        """Codes of the test images without noise, (N, D); a map of codes is laid out flat."""
        return self._codes(self.seen)

    @property
    def vectors(self) -> bool:
        """Whether codes are vectors whose numbers mean something each, and not maps; a map of one place is a vector."""
        return math.prod(self.model.code_shape[1:]) == 1

    @cached_property
    def principal(self) -> Tensor:
        """The first principal components of the test codes."""
        return principal_components(self.codes)

    @cached_property
    def posteriors(self) -> tuple[Tensor, Tensor] | None:
        """Means and log-variances of the test images' posteriors, (N, D) each, where the model has such posteriors."""
        with torch.no_grad():
            posteriors = [self.model.posterior(x) for _, x in self.batches(self.seen)]
        parts = [part for part in posteriors if part is not None]
        return (torch.cat([mean for mean, _ in parts]), torch.cat([logvar for _, logvar in parts])) if parts else None

    @cached_property
    @torch.no_grad()
    def trained_on(self) -> tuple[Tensor, Tensor]:
        """Codes of training and of test images as a decoder meets them in training, (M, D) and (N, D).

        Draws from the posteriors, where there are any; else the codes themselves.
        """
        images = self._seen(self.train.images, "binarised training images")
        return self._drawn(images, "training codes"), self._drawn(self.seen, "posterior samples")

    def _drawn(self, images: Tensor, purpose: str) -> Tensor:
        noise = NoiseOfRows(self.seed_for(purpose), len(images), images.device)
        found = []
        for rows, x in self.batches(images):
            posterior = self.model.posterior(x)
            if posterior is None:
                found.append(self.model.encode(x))
            else:
                found.append(losses.gaussian_sample(*posterior, noise.of(rows).normal(posterior[0].shape)))
        return torch.cat(found).flatten(1)

    @cached_property
    @torch.no_grad()
    def reconstructed(self) -> dict[str, Tensor]:
        """What each test image comes back as, beside itself.

        `mse`, `ssim`, `energy` (of the Laplacian) and the image's own `real_energy` are (N,), the classifier's
        `features` of the reconstruction (N, F).
        """
        parts: dict[str, list[Tensor]] = {}
        for rows, x in self.batches(self.test.images):
            y = self.model.reconstruct(as_float(self.seen[rows]))
            values = {
                "mse": pixels.mean_squared_error(x, y),
                "ssim": pixels.ssim(x, y),
                "energy": pixels.laplacian_energy(y),
                "real_energy": pixels.laplacian_energy(x),
                "features": self.classifier.features(y),
            }
            for name, value in values.items():
                parts.setdefault(name, []).append(value)
        return {name: torch.cat(values) for name, values in parts.items()}

    @cached_property
    def train_codes(self) -> Tensor:
        """Codes of the training images without noise, (N, D)."""
        return self._codes(self._seen(self.train.images, "binarised training images"))

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
        return self._made(self.sample_codes)

    def _made(self, codes: Tensor) -> Tensor:
        images = (self.model.decode(part) for part in codes.split(BLOCK))
        return torch.cat([x.mul(255).round().clamp(0, 255).to(torch.uint8) for x in images])

    @cached_property
    @torch.no_grad()
    def fitted_samples(self) -> dict[str, Tensor]:
        """As many new images from each density that is fitted to codes (`FITS`), uint8 (N, *shape), by its name.

        The codes are those that the decoder was trained on. Of maps of codes there are none.
        """
        if not self.vectors:
            return {}
        codes = self.trained_on[0]
        codes = codes[evenly(len(codes), MOST_FITTED)]
        found: dict[str, Tensor] = {}
        for name, fit in FITS.items():
            if name == "gaussian" or codes.shape[1] <= WIDEST:
                noise = self.noise_for(f"{name} samples")
                draws = fit(codes, noise).sample(len(self.test.images), noise)
                found[name] = self._made(draws.unflatten(1, self.model.code_shape))
        return found

    @cached_property
    def sample_features(self) -> Tensor:
        """The classifier's features of the samples, (N, F)."""
        with torch.no_grad():
            return torch.cat([self.classifier.features(x) for _, x in self.batches(self.samples)])


def principal_components(codes: Tensor) -> Tensor:
    """The first principal components of codes (N, D), as long as their standard deviations: (n ≤ COMPONENTS, D).

    Of MOST_CODES codes at most, spread evenly. Each is turned so that its largest weight is positive: else a sign would
    be up to the linear algebra library.
    """
    device, codes = codes.device, codes.nan_to_num()
    codes = codes[evenly(len(codes), MOST_CODES)].cpu()
    _, sizes, directions = torch.linalg.svd(codes - codes.mean(0), full_matrices=False)
    directions, sizes = directions[:COMPONENTS], sizes[:COMPONENTS] / len(codes) ** 0.5
    largest = directions.gather(1, directions.abs().argmax(1, keepdim=True))
    return (directions * torch.where(largest < 0, -1, 1) * sizes[:, None]).to(device)

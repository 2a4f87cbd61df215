r"""The conditional VAE: each class has a prior of its own, and the model is trained with the images' labels.

    p(z|y) = N(z; m_y, diag s_y²),   loss = distortion(x, z) + β · KL(q(z|x) ‖ p(z|y)),   y the label of x

To generate a class is to draw from its prior. Sohn et al. 2015, NeurIPS: there the decoder sees y as well; here it sees
z alone, so that a code is one vector as in every model, and its neighbours may be of other classes. Where labels are
not known, as in the evaluation, the prior is the mixture of the classes' priors in their shares of the training images,
and the rate is sampled.
"""

from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from vaeplay.errors import UserError
from vaeplay.models.mixture_vae import MixtureVAE
from vaeplay.models.parts import losses
from vaeplay.models.parts.clusters import counts_of
from vaeplay.models.parts.losses import Loss
from vaeplay.noise import Noise


class ConditionalVAE(MixtureVAE):
    """Conditional VAE for images of `classes` classes."""

    uses: tuple[str, ...] = ("likelihood", "schedule", "hidden", "classes")

    def __init__(self, *size: Any, classes: int, **settings: Any) -> None:
        super().__init__(*size, components=classes, **settings)
        self.prior = f"the priors of {classes} classes, as often as these are in the training images"

    @override
    def with_labels(self, images: Tensor, labels: Tensor) -> Tensor:
        """Images with their label as one more channel: (N, C, h, w), (N,) → (N, C + 1, h, w)."""
        found, classes = int(labels.max()) + 1, len(self.centres)
        if not 1 < found <= classes:
            raise UserError(
                f"{type(self).__name__}: the images have {found} class{'es' if found > 1 else ''}; "
                f"allowed: 2 to models.classes, {classes}"
            )
        plane = labels.to(images.dtype).view(-1, 1, 1, 1).expand(-1, 1, *images.shape[2:])
        return torch.cat([images, plane], dim=1)

    @override
    @torch.no_grad()
    def start(self, images: Tensor, noise: Noise, steps: int) -> None:
        super().start(images, noise, steps)
        if images.shape[1] > self.shape[0]:
            self.shares.copy_(counts_of(images[:, -1, 0, 0].long(), len(self.shares)) / len(images))

    @override
    def class_priors(self) -> tuple[Tensor, Tensor]:
        mean, logvar = self.components()
        return mean, (0.5 * logvar).exp()

    @override
    def loss(self, x: Tensor, step: int | Tensor, noise: Noise) -> Loss:
        if x.shape[1] == self.shape[0]:
            return super().loss(x, step, noise)
        labels = (255 * x[:, -1, 0, 0]).round().long()
        x = self.likelihood.observe(x[:, :-1], noise)
        mean, logvar = self.gaussian(x)
        z = losses.gaussian_sample(mean, logvar, noise.normal(mean.shape))
        prior_mean, prior_logvar = (part[labels] for part in self.components())
        standardised = (mean - prior_mean) * (-0.5 * prior_logvar).exp()
        return self.of_code(x, z, losses.gaussian_rates(standardised, logvar - prior_logvar), step, noise)

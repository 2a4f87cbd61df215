r"""p(x|z): what the decoder's numbers mean, and what it costs when they are wrong.

A likelihood turns the decoder's output into an expected image and a distortion, −log p(x|z) in nats per image, so that
rate and distortion add up for every likelihood. Pixels x are in 0…1; D is the number of pixels times channels.

    bernoulli          −Σ [x log p + (1 − x) log(1 − p)]; for grey pixels the mean over random binarisations
    bernoulli_dynamic  the same, on pixels that are 1 with probability x, drawn afresh each time
    gaussian           D/2 log(2πσ²) + Σ(x − mean)² / 2σ² with σ from the settings
    gaussian_learned   the same, with one σ that is a parameter of the model
    gaussian_optimal   the same, with σ² = mean of (x − mean)², the σ with the lowest distortion
    logistic           −Σ log P(x's 8-bit level) under a logistic distribution with a mean and a scale for each pixel

The learned and the optimal σ: Rybkin et al. 2021, σ-VAE, arXiv:2006.13202. The discretised logistic: Salimans et al.
2017, arXiv:1701.05517. A density (the Gaussians) can exceed 1, and its distortion is then negative.
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional
from typing_extensions import override

from vaeplay.noise import Noise

LEVELS = 255  # steps between the levels of an 8-bit pixel
LOG_SCALES = (-7.0, 7.0)  # of the discretised logistic; the lower limit is the paper's


def gaussian(x: Tensor, mean: Tensor, log_sigma: Tensor) -> Tensor:
    """−log N(x; mean, σ²) summed over an image: (B, …), (B, …), () → (B,), nats."""
    squared = ((x - mean) / log_sigma.exp()).square() + math.log(2 * math.pi)
    return (0.5 * squared + log_sigma).flatten(1).sum(1)


def centres_and_scales(outputs: Tensor) -> tuple[Tensor, Tensor]:
    """Those of the logistic distributions of pixels in 0…1: (B, 2C, …) → (B, C, …) each.

    The outputs are the centre, and the logarithm of the scale, for pixels in −1…1.
    """
    centre, log_scale = outputs.chunk(2, dim=1)
    return 0.5 + 0.5 * centre, 0.5 * log_scale.clamp(*LOG_SCALES).exp()


def expected_level(outputs: Tensor) -> Tensor:
    """E min(max(X, 0), 1) = ∫ P(X > t) dt over t in 0…1, for these logistic variables X: (B, 2C, …) → (B, C, …)."""
    centre, scale = centres_and_scales(outputs)
    above = functional.softplus(centre / scale) - functional.softplus((centre - 1) / scale)
    return (scale * above).clamp(0, 1)


class BernoulliDistortion(torch.autograd.Function):
    """−Σ [x log p + (1 − x) log(1 − p)] of an image, p = σ(l): logits l and pixels x, (B, …) twice → (B,), nats.

        value = Σ log(1 + eˡ) − l·x        ∂/∂l = σ(l) − x        ∂/∂x = −l

    The gradient's closed form takes one pass over the pixels; automatic differentiation takes five.
    """

    @staticmethod
    @override
    def forward(ctx: Any, logits: Tensor, x: Tensor) -> Tensor:
        ctx.save_for_backward(logits, x)
        each = functional.softplus(logits, threshold=40)  # above it, log(1 + eˡ) is l to the last bit
        return each.addcmul_(logits, x, value=-1).flatten(1).sum(1)

    @staticmethod
    @override
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None]:
        logits, x = ctx.saved_tensors
        weight = grad.view(-1, *[1] * (logits.ndim - 1))
        of_logits = logits.sigmoid().sub_(x).mul_(weight) if ctx.needs_input_grad[0] else None
        return of_logits, -logits * weight if ctx.needs_input_grad[1] else None


class Likelihood(nn.Module):
    """Base. `outputs` is how many numbers the decoder gives for each channel of a pixel."""

    outputs = 1
    binarises = False  # whether `observe` changes an image

    def __init__(self, shape: Sequence[int]) -> None:
        super().__init__()
        self.dimensions = math.prod(shape)

    def observe(self, x: Tensor, noise: Noise) -> Tensor:
        """The image as the model sees it: unchanged, unless the likelihood binarises it."""
        return x

    def mean(self, outputs: Tensor) -> Tensor:
        """The expected image, in 0…1."""
        return outputs.sigmoid()

    def distortion(self, x: Tensor, outputs: Tensor) -> Tensor:
        """−log p(x|z), (B,), nats."""
        raise NotImplementedError

    def distortions(self, x: Tensor, outputs: Tensor) -> Tensor | None:
        """−log p(x|z) of every image with every code, by one matrix product: (N, …), (K, …) → (N, K), nats.

        None if the distortion is not such a product.
        """
        return None

    def floor(self, x: Tensor) -> Tensor:
        """The lowest distortion that any decoder output could give for x, (B,), nats."""
        raise NotImplementedError


class Bernoulli(Likelihood):
    """Pixels as probabilities of being white. The floor is their entropy: 0 where they are black or white."""

    @override
    def distortion(self, x: Tensor, outputs: Tensor) -> Tensor:
        return BernoulliDistortion.apply(outputs, x)

    def distortions(self, x: Tensor, outputs: Tensor) -> Tensor:
        """Σ log(1 + eˡ) − l·x."""
        logits = outputs.flatten(1)
        return torch.addmm(functional.softplus(logits, threshold=40).sum(1), x.flatten(1), logits.T, alpha=-1)

    @override
    def floor(self, x: Tensor) -> Tensor:
        return (torch.special.entr(x) + torch.special.entr(1 - x)).flatten(1).sum(1)


class DynamicBernoulli(Bernoulli):
    """Pixels drawn black or white each time an image is seen, white with probability x."""

    binarises = True

    @override
    def observe(self, x: Tensor, noise: Noise) -> Tensor:
        return (noise.uniform(x.shape) < x).to(x.dtype)


class Gaussian(Likelihood):
    """Pixels with normal errors and a fixed σ from the settings."""

    log_sigma: Tensor

    def __init__(self, shape: Sequence[int], sigma: float) -> None:
        super().__init__(shape)
        self.register_buffer("log_sigma", torch.tensor(math.log(sigma)))

    @override
    def distortion(self, x: Tensor, outputs: Tensor) -> Tensor:
        return gaussian(x, self.mean(outputs), self.log_sigma)

    def distortions(self, x: Tensor, outputs: Tensor) -> Tensor:
        """As `distortion`, with |x − mean|² = |x|² + |mean|² − 2 x·mean."""
        means, images = self.mean(outputs).flatten(1), x.flatten(1)
        squares = images.square().sum(1, keepdim=True) + means.square().sum(1)
        errors = (squares - 2 * images @ means.T) / (2 * (2 * self.log_sigma).exp())
        return errors + images.shape[1] * (self.log_sigma + 0.5 * math.log(2 * math.pi))

    def floor(self, x: Tensor) -> Tensor:
        """The distortion of a perfect mean, D/2 log(2πσ²)."""
        return gaussian(x, x, self.log_sigma)


class LearnedGaussian(Gaussian):
    """One σ for all pixels, learned with the weights."""

    def __init__(self, shape: Sequence[int]) -> None:
        super().__init__(shape, sigma=1.0)
        start = self.log_sigma
        del self.log_sigma
        self.log_sigma = nn.Parameter(start)


class OptimalGaussian(Gaussian):
    """The σ that fits the errors best: the batch's in training, their running mean afterwards.

    The running mean is taken of log σ, and weighs all batches equally until there are 1 / `momentum` of them.
    """

    seen: Tensor

    def __init__(self, shape: Sequence[int], momentum: float = 0.01) -> None:
        super().__init__(shape, sigma=1.0)
        self.momentum = momentum
        self.register_buffer("seen", torch.tensor(0.0))

    def distortion(self, x: Tensor, outputs: Tensor) -> Tensor:
        """The negative log-density at the best σ; gradients flow through σ too."""
        mean = self.mean(outputs)
        if not self.training:
            return gaussian(x, mean, self.log_sigma)
        log_sigma = 0.5 * (x - mean).square().mean().clamp(min=1e-8).log()
        self.seen += 1
        self.log_sigma.lerp_(log_sigma.detach(), (1 / self.seen).clamp(min=self.momentum))
        return gaussian(x, mean, log_sigma)


class DiscretisedLogistic(Likelihood):
    """8-bit levels: the probability that a logistic variable rounds to the pixel.

    Its centre may lie beyond black and white, so that a pixel that is nearly always black can be likely at any scale.
    With the centre between them, only a tiny scale makes it so, at which the few images that are not black there cost
    hundreds of nats a pixel: models then end at one dark image with wide scales for all. Outputs of 0 are a scale of
    half the range, at which no pixel's gradient is large before training has begun.
    """

    outputs = 2

    @override
    def mean(self, outputs: Tensor) -> Tensor:
        return expected_level(outputs)

    def distortion(self, x: Tensor, outputs: Tensor) -> Tensor:
        """−log of the mass within half a level of the pixel; the extreme levels include the tails."""
        centre, scale = centres_and_scales(outputs)
        centred = x - centre
        above, below = (centred + 0.5 / LEVELS) / scale, (centred - 0.5 / LEVELS) / scale
        # σ(a) − σ(b) = σ(a) σ(−b) (1 − exp(b − a)), a form that neither cancels nor vanishes far from the mean
        width = torch.log(-torch.expm1(-1 / (LEVELS * scale)))
        inside = functional.logsigmoid(above) + functional.logsigmoid(-below) + width
        darkest, brightest = x < 0.5 / LEVELS, x > 1 - 0.5 / LEVELS
        log_mass = torch.where(
            darkest, functional.logsigmoid(above), torch.where(brightest, functional.logsigmoid(-below), inside)
        )
        return -log_mass.flatten(1).sum(1)

    @override
    def floor(self, x: Tensor) -> Tensor:
        """The mass of a level at the smallest scale, 2σ(a) − 1 = tanh(a / 2); black and white can have all of it."""
        level = -math.log(math.tanh(0.5 / LEVELS / math.exp(LOG_SCALES[0])))
        return level * ((x > 0.5 / LEVELS) & (x < 1 - 0.5 / LEVELS)).flatten(1).sum(1)


BY_NAME: dict[str, type[Likelihood]] = {
    "bernoulli": Bernoulli,
    "bernoulli_dynamic": DynamicBernoulli,
    "gaussian": Gaussian,
    "gaussian_learned": LearnedGaussian,
    "gaussian_optimal": OptimalGaussian,
    "logistic": DiscretisedLogistic,
}

r"""Why the ELBO lies below log p(x): what a better Gaussian would win, and what none can.

    log p(x) − ELBO(q)  =  [log p(x) − ELBO(q*)]  +  [ELBO(q*) − ELBO(q)]
                           approximation gap         amortisation gap

with the encoder's q(z|x) and, of all Gaussians with a diagonal covariance, the best q* for this very image. Cremer et
al. 2018, arXiv:1801.03558. q* is found by gradient steps on its mean and log-variance, from the encoder's on:
of a linear-Gaussian model, to 0.05 nats. Both ELBOs are estimated with the same noise, so that their difference is far
more exact than either.

Where log p(x) is not known exactly (see `exact`), and only if asked, the importance-weighted bound with thousands of
codes from q* stands in for it. It is a lower bound still: the effective number of its codes, (Σ w)² / Σ w², says how
loose.
"""

import torch
from torch import Tensor

from vaeplay import optimisers
from vaeplay.data.prepared import as_float
from vaeplay.evaluation.metrics import exact
from vaeplay.evaluation.metrics.intervals import Estimate, bootstrap_means
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.models.base import Autoencoder
from vaeplay.models.parts import importance, losses
from vaeplay.noise import Noise
from vaeplay.rows import evenly

IMAGES = 100  # test images whose gaps are split, spread evenly over the split
STEPS = 60  # of the gradient
RATE = 0.5  # of the first step, in the encoder's standard deviations; it falls to nothing
DRAWS = 4  # codes of an image in each step, in pairs on either side of the mean
TESTED = 16  # codes of an image that an ELBO is estimated with, and as many on the other side of the mean

Posterior = tuple[Tensor, Tensor]  # mean and log-variance, (B, D) each


def metrics(subject: Subject) -> dict[str, Estimate]:
    """The exact likelihood and the gaps, as far as the model has them."""
    if subject.posteriors is None:
        return {}
    seed, found = subject.seed_for("intervals"), {}
    rows = evenly(len(subject.seen), IMAGES)
    x = as_float(subject.seen[rows])
    start = subject.posteriors[0][rows], subject.posteriors[1][rows]
    best = best_gaussian(subject.model, x, start, subject.noise_for("best Gaussian"))
    normal = subject.noise_for("gaps").normal((len(x), TESTED, start[0].shape[1]))
    normal = torch.cat([normal, -normal], dim=1)
    with torch.no_grad():
        own, highest = (elbo(subject.model, x, posterior, normal) for posterior in (start, best))
    values = {"amortisation_gap": highest - own}
    likelihoods = exact.log_likelihoods(subject)
    if likelihoods is not None:
        found = bootstrap_means({"log_likelihood": likelihoods}, seed, subject.strata)
        values["approximation_gap"] = likelihoods[rows] - highest
    elif subject.evidence_samples:
        weights = log_weights(subject.model, x, best, subject.evidence_samples, subject.noise_for("evidence"))
        values["long_bound"] = importance.bound(weights)
        values["approximation_gap"] = values["long_bound"] - highest
        values["effective_codes"] = (2 * weights.logsumexp(1) - (2 * weights).logsumexp(1)).exp()
    return found | bootstrap_means(values, seed)


def best_gaussian(model: Autoencoder, x: Tensor, start: Posterior, noise: Noise) -> Posterior:
    """The Gaussian that gives each image its highest ELBO: images (B, *shape), Gaussians → Gaussians.

    Adam's steps are taken in units of the first Gaussian's standard deviations, so that they suit every model.
    """
    mean, logvar = start
    scale = (0.5 * logvar).exp()
    moved = torch.zeros(2, *mean.shape, dtype=mean.dtype, device=mean.device, requires_grad=True)
    optimiser = optimisers.optimiser("Adam", [moved], lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    for _ in range(STEPS):
        half = noise.normal((len(x), DRAWS // 2, mean.shape[1]))
        with torch.enable_grad():
            value = elbo(model, x, (mean + scale * moved[0], logvar + moved[1]), torch.cat([half, -half], dim=1))
            (moved.grad,) = torch.autograd.grad(-value.sum(), [moved])
        optimiser.step()
        schedule.step()
    with torch.no_grad():
        return mean + scale * moved[0], logvar + moved[1]


@torch.no_grad()
def log_weights(model: Autoencoder, x: Tensor, posterior: Posterior, samples: int, noise: Noise) -> Tensor:
    """Importance weights of `samples` codes of each image: (B, samples), nats. An image at a time."""
    parts = (
        importance.log_weights(model.distortion, (mean[None], logvar[None]), image[None], noise, samples)[0]
        for image, mean, logvar in zip(x, *posterior, strict=True)
    )
    return torch.cat(list(parts)).double()


def elbo(model: Autoencoder, x: Tensor, posterior: Posterior, normal: Tensor) -> Tensor:
    """The ELBO of images (B, *shape) with standard normal numbers (B, k, D) for k codes each: (B,), nats."""
    mean, logvar = posterior
    z = losses.gaussian_sample(mean.unsqueeze(1), logvar.unsqueeze(1), normal)
    distortion = importance.distortions(model.distortion, x, z, importance.DECODED_AT_ONCE).mean(1)
    return -(distortion + losses.gaussian_rates(mean, logvar).sum(1))

r"""What a model says of the likelihood of images, and what its code holds.

    ELBO = −(distortion + rate) ≤ bound_k = E log 1/k Σ_j p(x|z_j) p(z_j) / q(z_j|x) ≤ log p(x),   z_j ~ q(z|x)

The bound with k codes: Burda et al. 2016, arXiv:1509.00519. A VQ-VAE's map is certain given its image: it has one
code, and its bound is its ELBO. An autoencoder has no posterior, and so neither ELBO nor bound: its distortion, that
one's floor, and how far its codes are from the density that was fitted to them are all there is of this.
"""

import math
from typing import Any

import torch
from torch import Tensor

from vaeplay.data.prepared import as_float
from vaeplay.evaluation.metrics.intervals import Estimate, bootstrap_means
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.models.base import Autoencoder
from vaeplay.models.parts import importance, losses
from vaeplay.noise import Noise, NoiseOfRows
from vaeplay.seeds import seed_for

ACTIVE = 0.01  # variance of a dimension's posterior mean over images from which it counts as used: Burda et al. 2016
COLLAPSED_RATE = 0.01  # nats, and the share of images that may have more: Lucas et al. 2019, arXiv:1911.02469
COLLAPSED_SHARE = 0.01
PIXELS_AT_ONCE = 16_000_000  # of reconstructions that the bound holds at a time
PAIRS_AT_ONCE = 4_000_000  # distances that the gap to the prior holds at a time
CONSTANT = 1e-6  # of the largest number in the codes: a prior narrower than that in a dimension is a point there


def metrics(subject: Subject) -> dict[str, Estimate]:
    """Every metric of this file that the model has, with intervals for the means over images."""
    values = per_image(subject)
    if subject.posteriors is not None:
        seed = subject.seed_for("importance")
        values["bound"] = bound(subject.model, subject.seen, subject.importance_samples, seed)
    best = values.get("bound", values.get("elbo"))
    if best is not None:
        values["bits_per_dimension"] = -best / (math.prod(subject.test.images.shape[1:]) * math.log(2))
    estimates = bootstrap_means(values, subject.seed_for("intervals"), subject.strata)
    count = len(subject.test.images)
    if dimensions := spectrum(subject):
        estimates["active_units"] = Estimate(sum(entry["active"] for entry in dimensions), count)
        idle = sum(not (entry["active"] or entry["collapsed"]) for entry in dimensions)
        estimates["idle_units"] = Estimate(idle, count)
        estimates["collapsed_units"] = Estimate(sum(entry["collapsed"] for entry in dimensions), count)
    if count > 1 and subject.vectors:  # of maps it would say little
        estimates["prior_gap"] = prior_gap(subject)
    return estimates | {name: Estimate(value, count) for name, value in subject.model.metrics(subject.seen).items()}


@torch.no_grad()
def per_image(subject: Subject) -> dict[str, Tensor]:
    """Distortion, its floor and, where there are any, rate and ELBO of every one of N test images: {name: (N,)}."""
    model, images = subject.model, subject.seen
    noise = NoiseOfRows(subject.seed_for("evaluation"), len(images), images.device)
    parts: dict[str, list[Tensor]] = {}
    for rows, x in subject.batches(images):
        values = model.measure(x, noise.of(rows))
        values["distortion_floor"] = model.likelihood.floor(x)
        if "rate" in values:
            values["elbo"] = -(values["distortion"] + values["rate"])
        for name, value in values.items():
            parts.setdefault(name, []).append(value)
    return {name: torch.cat(values) for name, values in parts.items()}


@torch.no_grad()
def bound(model: Autoencoder, images: Tensor, samples: int, seed: int) -> Tensor:
    """The importance-weighted bound of each of N images with `samples` codes: uint8 (N, *shape) → (N,), nats.

    Blocks of images and of codes have sizes that follow from the images' own, so that memory is bounded and the noise
    is the same whatever the batch size of the evaluation.
    """
    pixels = math.prod(images.shape[1:])
    codes_at_once = max(1, min(samples, PIXELS_AT_ONCE // pixels))
    images_at_once = max(1, PIXELS_AT_ONCE // (pixels * codes_at_once))
    bounds = []
    for block, chunk in enumerate(images.split(images_at_once)):
        noise = Noise(seed_for(seed, f"block {block}"), images.device)
        x = model.likelihood.observe(as_float(chunk), noise)
        sizes = [min(codes_at_once, samples - start) for start in range(0, samples, codes_at_once)]
        posterior = model.posterior(x)
        assert posterior is not None  # metrics asked for it
        weights = torch.cat(
            [importance.log_weights(model.distortion, posterior, x, noise, size)[0] for size in sizes], dim=1
        )
        bounds.append(importance.bound(weights))
    return torch.cat(bounds)


@torch.no_grad()
def spectrum(subject: Subject) -> list[dict[str, Any]]:
    """Each latent dimension's mean rate in nats, the largest first, whether it is active and whether it has collapsed.

    Empty for a model without a posterior. A dimension is active if its posterior mean varies over the images by more
    than ACTIVE, and collapsed if it says less than COLLAPSED_RATE nats of all but COLLAPSED_SHARE of them.
    """
    if subject.posteriors is None:
        return []
    means, logvars = subject.posteriors
    rates = losses.gaussian_rates(means, logvars)
    collapsed = (rates < COLLAPSED_RATE).double().mean(0) >= 1 - COLLAPSED_SHARE
    active = means.var(0, correction=0) > ACTIVE
    entries = zip(rates.mean(0).tolist(), active.tolist(), collapsed.tolist(), strict=True)
    dimensions = [
        {"dimension": place, "rate": rate, "active": used, "collapsed": gone}
        for place, (rate, used, gone) in enumerate(entries)
    ]
    return sorted(dimensions, key=lambda entry: (-entry["rate"], entry["dimension"]))


@torch.no_grad()
def prior_gap(subject: Subject) -> Estimate:
    """MMD² between the codes of the test images, drawn from the posterior where there is one, and the prior.

    Both are measured in the prior's standard deviations. The kernel's widths are made for codes of variance 1, and an
    autoencoder's have any scale: at a large one every pair is far apart, and any gap looks like none.
    """
    codes, count = subject.codes, len(subject.test.images)
    if subject.posteriors is not None:
        normal = subject.noise_for("posterior samples").normal(codes.shape)
        codes = losses.gaussian_sample(*subject.posteriors, normal)
    prior = subject.model.sample_codes(count, subject.noise_for("prior codes")).flatten(1)  # maps of one code, too
    codes, prior = codes.double(), prior.double()
    smallest = CONSTANT * torch.maximum(codes.abs().amax(), prior.abs().amax()).clamp(min=1e-30)
    scale = subject.model.prior_moments()[1].double().clamp(min=smallest)
    return Estimate(float(unbiased_mmd(codes / scale, prior / scale)), count)


def unbiased_mmd(first: Tensor, second: Tensor) -> Tensor:
    """Squared MMD without the pairs of an image with itself: (N, D), (N, D) → (). Near 0, also below, for equal ones.

    The kernel is that of `losses.mmd`. Gretton et al. 2012, JMLR 13, eq. 3.
    """
    count = len(first)
    diagonal = len(losses.MMD_SCALES)
    at_once = max(1, PAIRS_AT_ONCE // count)

    def total(a: Tensor, b: Tensor) -> Tensor:
        return torch.stack([losses.mmd_kernel(part, b).sum() for part in a.split(at_once)]).sum()

    own = total(first, first) + total(second, second) - 2 * count * diagonal
    return own / (count * (count - 1)) - 2 * total(first, second) / count**2

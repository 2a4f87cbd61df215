"""What the page knows of a trained model's encoder: plain layers, what its numbers mean, and how exact they are.

`evaluation/<cell>/encoder.safetensors` holds the layers' weights (see `layers`) and, for a model whose code is a map of
entries, its whole `codebook` (K, D). The metadata key `explorer` holds JSON:

    layers      from an image (*shape) to the mean and log-variance of its posterior, to its code, or to the vectors
                whose nearest entries are its code
    gaussian    whether they are a mean and a log-variance
    rate        whether the rate is that of this Gaussian against N(0, I)
    bits        of a weight
    error       the largest over the test images, as a share of the code's standard deviation (with posteriors, of draws
                from them); of a log-variance, the error of its standard deviation as a share of that
    moved       the share of the test images' entries that are others than the model's; null without a codebook
    likelihood, log_sigma, binarises    what an image costs, given its code

There is no file for a model whose encoder the page cannot run.
"""

import json
from typing import Any

import torch
from safetensors.torch import save as to_bytes
from torch import Tensor

from vaeplay.data.prepared import as_float
from vaeplay.evaluation import layers
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.models.parts import losses
from vaeplay.models.parts.likelihoods import BY_NAME
from vaeplay.noise import Noise
from vaeplay.rows import evenly

KEY = "explorer"
TOLERANCE = 0.01  # of a code's standard deviation
MARGINS = (0.85, 0.6)  # of the tolerance, on the images that are tried first
TRIED = 250  # test images
KNOWN = 1000  # training images that the rounding is made for
NEAR = 1e-3  # how far a rate may be from that of a Gaussian, as a share of it


@torch.no_grad()
def export(subject: Subject) -> bytes | None:
    """The content of a cell's `encoder.safetensors`; None where the page cannot run the encoder."""
    model, images = subject.model, as_float(subject.seen)
    expected, spread = _expected(subject)
    try:
        plain, weights = layers.of_encoder(model.encoder, images[:1])
    except layers.NotPlainError:
        return None
    images, expected, spread = images.cpu(), expected.cpu(), spread.cpu()
    if layers.run(plain, weights, images[:1]).shape[1:] != expected.shape[1:]:  # another posterior than a Gaussian
        return None
    if model.codebook() is not None and expected.shape[1:] != model.code_shape:  # more than one codebook, say
        return None
    tolerance = TOLERANCE * spread
    tried = evenly(len(images), TRIED)

    def error(floats: layers.Tensors, rows: Any = slice(None)) -> float:
        return float(((layers.run(plain, floats, images[rows]) - expected[rows]) / tolerance).abs().max())

    train = subject.train.images[evenly(len(subject.train.images), KNOWN)]
    known = as_float(train).cpu()
    for margin in MARGINS:
        found = layers.fitted(plain, weights, known, lambda floats: error(floats, tried) / margin, tolerance)  # noqa: B023
        share = error(layers.restored(found[0])) if found else 2.0
        if found and share <= 1:
            return _file(subject, plain, found[0], share * TOLERANCE)
    return None


def _file(subject: Subject, plain: list[layers.Layer], kept: layers.Tensors, error: float) -> bytes | None:
    model = subject.model
    about = {
        "layers": plain,
        "gaussian": subject.posteriors is not None,
        "rate": _has_gaussian_rate(subject),
        "bits": round(layers.bits(kept), 2),
        "error": round(error, 5),
        "moved": None,
        "likelihood": next(name for name, kind in BY_NAME.items() if type(model.likelihood) is kind),
        "log_sigma": float(sigma)
        if isinstance(sigma := getattr(model.likelihood, "log_sigma", None), Tensor)
        else None,
        "binarises": model.likelihood.binarises,
    }
    entries = model.codebook()
    if entries is not None:
        made = layers.run(plain, layers.restored(kept), as_float(subject.seen).cpu()).to(entries.device)
        true = model.nearest_entries(subject.codes.unflatten(1, model.code_shape))
        moved = float((model.nearest_entries(made) != true).double().mean())
        about["moved"] = round(moved, 5)
        if moved > TOLERANCE:  # entries that are not the nearest: the page would take others
            return None
        kept = kept | {"codebook": entries}
    tensors = {name: value.detach().cpu().contiguous() for name, value in kept.items()}
    return to_bytes(tensors, {KEY: json.dumps(about, sort_keys=True)})


def _expected(subject: Subject) -> tuple[Tensor, Tensor]:
    """What the encoder gives for the test images, (N, …), and the spread of each number, (1, …)."""
    if subject.posteriors is not None:
        mean, logvar = subject.posteriors
        spread = (mean.var(0, correction=0) + logvar.exp().mean(0)).sqrt()
        return torch.cat([mean, logvar], 1), torch.cat([spread, torch.full_like(spread, 2.0)])[None]
    if subject.model.codebook() is None:
        return subject.codes, subject.codes.std(0, correction=0, keepdim=True).clamp(min=1e-6)
    made = torch.cat([subject.model.encoder(x) for _, x in subject.batches(subject.seen)])
    spread = made.transpose(0, 1).flatten(1).std(1, correction=0).clamp(min=1e-6)
    return made, spread.view(1, -1, *[1] * (made.ndim - 2))


def _has_gaussian_rate(subject: Subject) -> bool:
    """Whether the model's rate is KL(q ‖ N(0, I))."""
    if subject.posteriors is None:
        return False
    x = as_float(subject.seen[:TRIED])
    rates = losses.gaussian_rates(*(part[:TRIED] for part in subject.posteriors)).sum(1)
    found = subject.model.measure(x, Noise(0, x.device)).get("rate")
    return found is not None and bool((found - rates).abs().max() <= NEAR * rates.abs().max().clamp(min=1))

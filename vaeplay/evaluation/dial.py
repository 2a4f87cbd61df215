r"""What the page's β dial knows of a multi-rate VAE: its gated decoder, and a ladder of β with what each comes to.

`evaluation/<cell>/dial.safetensors` holds, beside the decoder's layers and weights (see `layers`), for K values of β,

    codes (K, SHOWN, D)     of a few test images, drawn from the posterior with the same noise at every β
    cloud (K, POINTS, 2)    the mean codes of more, in the two dimensions with the highest rate at β = 1
    draws (SHOWN, D)        from the prior
    rows (POINTS)           row numbers of these
    originals (SHOWN, *shape)  the few images, uint8

The metadata key `explorer` holds JSON: the layers, the error of the stored decoder in grey levels, and the `ladder`, a
list of β, rate, distortion and ELBO (nats per image) and Fréchet distance, in the order of β.
"""

import dataclasses
import json
import math

import torch
from safetensors.torch import save as to_bytes
from torch import Tensor

from vaeplay.data.prepared import as_float
from vaeplay.evaluation import decoder
from vaeplay.evaluation.metrics import distances, likelihood
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.models.base import Autoencoder
from vaeplay.models.parts import losses
from vaeplay.rows import evenly

KEY = "explorer"
STEPS = 9  # of the ladder
SHOWN = 8
POINTS = 300


def ladder(betas: tuple[float, float]) -> list[float]:
    """Values of β from the lowest to the highest, evenly spaced in their logarithm, and 1.

    >>> [round(beta, 2) for beta in ladder((0.1, 10.0))]
    [0.1, 0.18, 0.32, 0.56, 1.0, 1.78, 3.16, 5.62, 10.0]
    """
    low, high = map(math.log, betas)
    logs = (low + (high - low) * step / (STEPS - 1) for step in range(STEPS))
    inside = [min(max(math.exp(log), betas[0]), betas[1]) for log in logs]
    return sorted({beta for beta in inside if abs(math.log(beta)) > 1e-9} | {1.0})


@torch.no_grad()
def export(trained: Autoencoder, subject: Subject) -> bytes | None:
    """The content of a cell's `dial.safetensors`; None for a model without a dial, or whose decoder is not plain."""
    if trained.betas is None or trained.failed:
        return None
    betas = ladder(trained.betas)
    images = subject.seen
    rows, shown = (torch.from_numpy(evenly(len(images), most)).to(images.device) for most in (POINTS, SHOWN))
    draws = subject.noise_for("dial").normal((len(shown), trained.latent_dim))
    models = [trained.at(beta) for beta in betas]
    means = [torch.cat([model.encode(x) for _, x in subject.batches(images)]) for model in models]
    noise = subject.noise_for("dial codes").normal(tuple(draws.shape))
    few = as_float(images[shown])
    codes = [losses.gaussian_sample(*_posterior(model, few), noise) for model in models]
    steps = [{"beta": round(beta, 6)} | rung(model, subject) for beta, model in zip(betas, models, strict=True)]
    plane = _plane(models[betas.index(1.0)], subject)
    many = subject.trained_on[0]
    known = torch.cat([many[evenly(len(many), decoder.KNOWN)], draws, *codes])
    probes = torch.cat([draws, codes[0], codes[-1]])
    expected = {math.log(beta): model.decode(probes) for beta, model in zip(betas, models, strict=True)}
    stored = decoder.rounded(trained.decoder, probes, expected, known)
    if stored is None:
        return None
    tensors, about = stored
    tensors |= {"codes": torch.stack(codes), "draws": draws}
    tensors |= {"cloud": torch.stack([one[rows][:, plane] for one in means])}
    tensors |= {"rows": rows.int(), "originals": images[shown]}
    kept = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    about |= {"ladder": steps, "dimensions": plane, "shape": list(trained.shape)}
    return to_bytes(kept, {KEY: json.dumps(about, sort_keys=True)})


def rung(model: Autoencoder, subject: Subject) -> dict[str, float]:
    """What the table says of a cell, for a model at one β: rate, distortion and ELBO, and the samples' distance."""
    at_beta = dataclasses.replace(subject, model=model)
    images = likelihood.per_image(at_beta)
    values = {name: float(images[name].mean()) for name in ("rate", "distortion", "elbo")}
    distance = distances.frechet(at_beta.sample_features, subject.real_train)
    values["frechet"] = distance(torch.arange(len(at_beta.sample_features)))
    return {name: round(value, 4) for name, value in values.items()}


def _posterior(model: Autoencoder, x: Tensor) -> tuple[Tensor, Tensor]:
    posterior = model.posterior(x)
    assert posterior is not None, "a model with a β has posteriors"
    return posterior


def _plane(model: Autoencoder, subject: Subject) -> list[int]:
    """The two dimensions with the highest rate; of a single one, that one twice."""
    posteriors = [_posterior(model, x) for _, x in subject.batches(subject.seen)]
    mean, logvar = (torch.cat(part) for part in zip(*posteriors, strict=True))
    rates = (mean.square() + logvar.exp() - 1 - logvar).mean(0)
    order: list[int] = rates.argsort(descending=True).tolist()
    return (order * 2)[:2]

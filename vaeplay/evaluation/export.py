r"""What the page's explorer knows of a trained model: its decoder as plain layers, and where its codes lie.

The latent space is shown as a plane, z = origin + a · axes[0] + b · axes[1] with a and b in standard deviations:

    two dimensions  the space itself, its origin and axes those of the prior
    more            the first two principal components of the test images' codes, around their mean

`evaluation/<cell>/explorer.safetensors` holds, beside the layers' weights (see `layers`), with flat codes of D numbers:

    origin (D), axes (2, D), spread (D: standard deviation of each number over the test images), points (N, 2: where on
    the plane each test image lies), draws (from the prior), atlas (a WebP of GRID × GRID decoded places of the plane),
    probe (64 codes) and probe_images (64, *shape): what torch decodes them to, to hold another decoder against

    field (SIDE, SIDE: how far the plane's places lie from the training codes, see `field`), and of a model with
    posteriors and two dimensions logvar (N, 2: their log-variances)

and of a model whose classes have a prior each, `class_means` and `class_deviations` (classes, D),

and for a model whose code is a map of entries of a codebook, `codebook` (K, D'), the entries in use, the most used
first, and `maps` (N, h · w), the test images' maps as rows of it; `draws` are then such maps too; `entries` are the
numbers of these entries, and `palette` (at most PALETTE, C, height, width) the part of an image that each describes, in
the first map that has it. The metadata key
`explorer` holds JSON: the layers, or null for a decoder that is not plain, bits of a weight, the largest error on the
codes that were tried in grey levels, the code's shape, the image's, the dimensions with their rates, what the prior
is, the likelihood's name, the reach and the ends of the field and a place in a hole.
"""

import io
import json
from statistics import NormalDist
from typing import Any, Protocol

import torch
from PIL import Image
from safetensors.torch import save as to_bytes
from torch import Tensor

from vaeplay.evaluation import decoder, field, layers
from vaeplay.evaluation.metrics import likelihood
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.models.base import Autoencoder
from vaeplay.models.parts.likelihoods import BY_NAME
from vaeplay.noise import Noise
from vaeplay.rows import evenly

KEY = "explorer"
GRID = 12
PROBES = 64
TRIED = 256  # codes that a decoder is held against
REACH = 3.0  # standard deviations to which the probe tests the plane's corners
MOST_DRAWS = 256
DRAWN_NUMBERS = 2**17
PALETTE = 128  # entries of a codebook that are shown as pictures


class Coded(Protocol):
    """A model with codes of images without noise, (N, D), and their principal components: a `Subject`, for one."""

    @property
    def model(self) -> Autoencoder:
        """The model."""
        ...

    @property
    def codes(self) -> Tensor:
        """The codes."""
        ...

    @property
    def principal(self) -> Tensor:
        """Their first principal components, as long as their standard deviations: (n, D)."""
        ...

    def noise_for(self, purpose: str) -> Noise:
        """A source of noise."""
        ...


@torch.no_grad()
def export(subject: Subject) -> bytes:
    """The content of a cell's `explorer.safetensors`."""
    model, many = subject.model, subject.trained_on[0]
    tensors, about = explored(subject, many[evenly(len(many), decoder.KNOWN)])
    shape = model.code_shape
    places = torch.tensor([NormalDist().inv_cdf((place + 0.5) / GRID) for place in range(GRID)])
    across, down = torch.meshgrid(places, -places, indexing="xy")
    tensors["atlas"] = _picture(_decode(model, _at(tensors, torch.stack([across, down], -1).view(-1, 2))))
    spectrum = likelihood.spectrum(subject)
    rates = {entry["dimension"]: entry["rate"] for entry in spectrum}
    about["likelihood"] = next(name for name, kind in BY_NAME.items() if type(model.likelihood) is kind)
    found = field.of_plane(subject, tensors["origin"], tensors["axes"])
    if found:
        tensors["field"], hole = found
        about["field"] = {"side": field.SIDE, "reach": field.REACH, "ends": [field.NEAREST, field.FARTHEST]}
        about["field"]["hole"] = hole
    if subject.posteriors is not None and shape == (2,):
        tensors["logvar"] = subject.posteriors[1]
    if rates:
        about["dimensions"] = [{"dimension": place, "rate": rate} for place, rate in rates.items()]
    kept = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    return to_bytes(kept, {KEY: json.dumps(about, sort_keys=True)})


@torch.no_grad()
def explored(coded: Coded, known: Tensor) -> tuple[layers.Tensors, dict[str, Any]]:
    """What every explorer needs: the plane, draws, codebook, class priors, weights and probes; and what is known of it.

    `known` are the flat codes that the weights' rounding is made for, (M, D).
    """
    model, plane = coded.model, _plane(coded)
    shape, entries = model.code_shape, model.codebook()
    tensors, probes = _of_vectors(coded, plane) if entries is None else _of_maps(coded, entries)
    tensors |= plane
    known = torch.cat([probes, known]).unflatten(1, shape)
    tried = probes[evenly(len(probes), TRIED)].unflatten(1, shape)
    rounded = decoder.rounded(model.decoder, tried, {0.0: model.decode(tried)}, known)
    weights, about = rounded or ({}, {"layers": None, "bits": None, "error": None})
    probes = probes[evenly(len(probes), PROBES)]
    tensors |= weights | {"probe": probes, "probe_images": _decode(model, probes)}
    if (priors := model.class_priors()) is not None:
        tensors |= {"class_means": priors[0], "class_deviations": priors[1]}
    about |= {"code": list(shape), "shape": list(model.shape), "prior": model.prior, "grid": GRID}
    if len(shape) == 1:
        order = tensors["spread"].argsort(descending=True, stable=True).tolist()
        about["dimensions"] = [{"dimension": place, "rate": None} for place in order]
    return tensors, about


def _of_vectors(coded: Coded, plane: layers.Tensors) -> tuple[layers.Tensors, Tensor]:
    """Draws from the prior, and codes to choose probes from: test images', drawn ones, and those far out."""
    count = max(16, min(MOST_DRAWS, DRAWN_NUMBERS // coded.codes.shape[1]))
    draws = coded.model.sample_codes(count, coded.noise_for("explorer draws")).flatten(1)
    corners = torch.tensor([[a, b] for a in (-REACH, 0, REACH) for b in (-REACH, 0, REACH)])
    return {"draws": draws.half()}, torch.cat([coded.codes[:500], draws, _at(plane, corners)])


def _of_maps(coded: Coded, entries: Tensor) -> tuple[layers.Tensors, Tensor]:
    """Draws and probes, with the entries of the codebook that are in use, and the test images' maps of these."""
    model = coded.model
    sampled = model.sample_codes(MOST_DRAWS, coded.noise_for("explorer draws"))
    maps, draws = (model.nearest_entries(z).flatten(1) for z in (coded.codes.unflatten(1, model.code_shape), sampled))
    counts = torch.bincount(torch.cat([maps, draws]).flatten(), minlength=len(entries))
    used = counts.argsort(descending=True, stable=True)[: int((counts > 0).sum())]
    rank = torch.zeros_like(counts)
    rank[used] = torch.arange(len(used), device=used.device)
    small = torch.uint8 if len(used) <= 256 else torch.int32
    tensors = {"codebook": entries[used], "maps": rank[maps].to(small), "draws": rank[draws].to(small)}
    tensors |= {"entries": used.int(), "palette": _palette(model, tensors)}
    return tensors, torch.cat([coded.codes[:500], sampled.flatten(1)])


def _palette(model: Autoencoder, tensors: layers.Tensors) -> Tensor:
    """What the first entries describe: (n, channels, height, width), uint8."""
    maps = torch.cat([tensors["maps"], tensors["draws"]]).long()
    shape = model.code_shape
    firsts = [int((maps == entry).flatten().int().argmax()) for entry in range(min(PALETTE, len(tensors["codebook"])))]
    rows, places = (torch.tensor(values) for values in zip(*(divmod(at, maps.shape[1]) for at in firsts), strict=True))
    codes = tensors["codebook"][maps[rows.to(maps.device)]].transpose(1, 2).flatten(1)
    height, width = (max(1, round(size / count)) for size, count in zip(model.shape[1:], shape[1:], strict=True))
    parts = []
    for image, place in zip(_decode(model, codes), places.tolist(), strict=True):
        top = min(round(place // shape[2] * model.shape[1] / shape[1]), model.shape[1] - height)
        left = min(round(place % shape[2] * model.shape[2] / shape[2]), model.shape[2] - width)
        parts.append(image[:, top : top + height, left : left + width])
    return torch.stack(parts)


def _plane(coded: Coded) -> layers.Tensors:
    """`origin`, `axes`, `spread` and `points`."""
    codes = coded.codes.nan_to_num()
    spread = codes.std(0, correction=0)
    if len(coded.model.code_shape) == 1 and codes.shape[1] <= 2:
        origin, deviations = coded.model.prior_moments()
        axes = torch.diag(deviations)
    else:
        origin, axes = codes.mean(0), coded.principal[:2]
    axes = torch.cat([axes, axes.new_zeros(2 - len(axes), codes.shape[1])])  # of one number, or of one test image
    points = (codes - origin) @ axes.T / axes.square().sum(1).clamp(min=1e-20)
    return {"origin": origin, "axes": axes, "spread": spread, "points": points}


def _at(plane: layers.Tensors, places: Tensor) -> Tensor:
    """The codes at places (n, 2) of a plane."""
    return plane["origin"] + places.to(plane["axes"].device) @ plane["axes"]


def _decode(model: Autoencoder, codes: Tensor) -> Tensor:
    """Images of flat codes, uint8 (n, *shape)."""
    return model.decode(model.quantise(codes.unflatten(1, model.code_shape))).mul(255).round().to(torch.uint8)


def _picture(tiles: Tensor) -> Tensor:
    """GRID × GRID images side by side as the bytes of a lossless WebP."""
    channels, height, width = tiles.shape[1:]
    sheet = tiles.unflatten(0, (GRID, GRID)).permute(0, 3, 1, 4, 2).reshape(GRID * height, GRID * width, channels)
    pixels = sheet.cpu().numpy()
    image = Image.fromarray(pixels[..., 0] if channels == 1 else pixels)
    file = io.BytesIO()
    image.save(file, "WEBP", lossless=True, quality=80, method=4)
    return torch.frombuffer(bytearray(file.getvalue()), dtype=torch.uint8)

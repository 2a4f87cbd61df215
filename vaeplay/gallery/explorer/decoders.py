"""The explorer's cells: which decoders and encoders go into the page, and what of their files.

`evaluation/<cell>/explorer.safetensors` (see `vaeplay.evaluation.export`) holds more than the page needs. What goes in
is a file of the same format with the codes of the images that the page shows and, for a live cell, with the tensors of
`encoder.safetensors` under names that begin with `encoder.`; deflated, as base64.
"""

import json
from collections.abc import Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vaeplay.errors import UserError
from vaeplay.gallery.explorer.explorable import Encoder, Explorable
from vaeplay.gallery.explorer.order import Network, ordered
from vaeplay.gallery.explorer.packing import KEY, packed
from vaeplay.gallery.page import Cell, TestImages
from vaeplay.gallery.results import Explored, finite
from vaeplay.gallery.tensors import Tensors

KEYS = frozenset({"layers", "code", "shape", "prior", "grid"})
ENCODER_KEYS = frozenset({"layers", "bits", "error", "gaussian", "rate"})
PLACES = 101  # quantiles over the test images
SHARE_OF_ATLASES = 0.2  # of the budget: what live decoders leave for the atlases of later cells
PLANE = ("origin", "axes")
CLASSES = ("class_means", "class_deviations")
SPENT = "the size budget is spent"
LEAST_SHARE = 0.75  # of the weights' bytes: the least that they take on the page
LARGEST_HALF = 65504.0  # of float16


def present(root: Path, names: Sequence[str]) -> list[str]:
    """The cells that have an exported decoder."""
    return [name for name in names if (root / _path(name)).exists()]


def read(
    root: Path, names: Sequence[str], settings: Explored, images: TestImages, cells: Sequence[Cell]
) -> tuple[Explorable, ...]:
    """Each of `names`: live while the budget lasts, then as an atlas, then not at all; in the order of `names`.

    Where the settings choose none, the `cells` have the budget in the order of their claim. All stay within it.

    Raises:
        UserError: a file is malformed.
    """
    budget = settings.megabytes * 1e6
    most_atlases = budget * SHARE_OF_ATLASES
    files = {name: Tensors(root, _path(name)) for name in names}
    abouts = {name: _about(file) for name, file in files.items()}
    if settings.cells is None:
        chosen = ordered(cells, {name: _network(about) for name, about in abouts.items()})
    else:
        chosen = [name for name in settings.cells if name in names]
    found: dict[str, Explorable] = {}
    later = sum(_size_of_atlas(file, images) for file in files.values())
    for name in [*chosen, *(name for name in names if name not in chosen)]:
        file, about = files[name], abouts[name]
        later -= _size_of_atlas(file, images)
        room = budget - min(later, most_atlases)
        reason = _obstacle(name, chosen, about)
        encoder = None if reason else _encoder(root, name)
        least = 0 if reason else (_weight(file, about) + (_weight(*encoder) if encoder else 0)) * LEAST_SHARE
        live = "" if reason or least > room else _live(root, file, about, encoder, images)
        atlas = ""
        if live and len(live) <= room:
            found[name] = _explorable(name, "live", "", live, about)
            if encoder:
                found[name] = replace(found[name], encoder=_exactness(root, name, encoder[1]))
        elif _size_of_atlas(file, images) <= budget and len(atlas := _atlas(file, about, images)) <= budget:
            found[name] = _explorable(name, "atlas", reason or SPENT, atlas, about)
        else:
            found[name] = _explorable(name, "none", SPENT, "", about)
        budget -= len(found[name].payload)
    return tuple(found[name] for name in names)


def _obstacle(name: str, chosen: Sequence[str], about: dict[str, Any]) -> str:
    """Why a decoder cannot be live whatever the budget; empty where it can."""
    if not about["layers"]:
        return "it has a layer that the page cannot run"
    return "" if name in chosen else "explorer.cells leaves it out"


def _network(about: dict[str, Any]) -> Network:
    if len(about["code"]) > 1:
        return "map"
    kinds = {layer["kind"] for layer in about["layers"] or ()}
    return "convolutional" if kinds & {"conv", "transposed"} else "dense"


def _path(name: str) -> str:
    return f"evaluation/{name}/explorer.safetensors"


def _about(file: Tensors, keys: Set[str] = KEYS) -> dict[str, Any]:
    try:
        about: dict[str, Any] = json.loads(file.metadata[KEY])
        if keys <= set(about):
            return about
    except (KeyError, TypeError, ValueError):
        pass
    raise UserError(f"{file.name}: not what the evaluation writes; delete it and run `dvc repro`")


def _encoder(root: Path, name: str) -> tuple[Tensors, dict[str, Any]] | None:
    """A cell's encoder and what is known of it; None where it has none."""
    file = _there(root, f"evaluation/{name}/encoder.safetensors")
    return (file, _about(file, ENCODER_KEYS)) if file else None


def _there(root: Path, path: str) -> Tensors | None:
    return Tensors(root, path) if (root / path).exists() else None


def _exactness(root: Path, name: str, about: dict[str, Any]) -> Encoder:
    """What the page says of an encoder, with the test images' places from what the evaluation has kept of them."""
    kept = _there(root, f"evaluation/{name}/images.safetensors")
    measure = "elbo" if about["gaussian"] and about["rate"] else "distortion"
    places: tuple[float, ...] = ()
    if kept and measure in kept:
        quantiles = np.quantile(kept[measure].astype(np.float64), np.linspace(0, 1, PLACES))
        places = tuple(float(value) for value in quantiles.round(2))
    return Encoder(bits=about["bits"], error=about["error"], measure=measure, places=places)


def _parts(about: dict[str, Any]) -> list[str]:
    """The names of the weights."""
    names = sorted(layer["weights"] for layer in about["layers"] if "weights" in layer)
    return [f"{name}.{part}" for name in names for part in ("weight", "scale", "bias", "a", "b")]


def _weight(file: Tensors, about: dict[str, Any]) -> int:
    """Bytes of the weights as they are stored."""
    return sum(file[key].nbytes for key in _parts(about) if key in file)


def _size_of_atlas(file: Tensors, images: TestImages) -> float:
    """Approximate bytes on the page: of the picture, and of two numbers per image."""
    return (file["atlas"].nbytes + 4 * len(images.rows)) * 4 / 3


def _explorable(name: str, way: str, reason: str, payload: str, about: dict[str, Any]) -> Explorable:
    error = about.get("error")
    known = finite(error) if isinstance(error, int | float) else None
    plane = len(about["code"]) == 1 and about["code"][0] <= 2
    hole = about.get("field", {}).get("hole")
    return Explorable(
        cell=name,
        way=way,
        reason=reason,
        plane=plane,
        hole=(float(hole[0]), float(hole[1])) if hole else None,
        payload=payload,
        bits=about.get("bits") if way == "live" else None,
        error=known if way == "live" else None,
    )


def _live(
    root: Path,
    file: Tensors,
    about: dict[str, Any],
    encoder: tuple[Tensors, dict[str, Any]] | None,
    images: TestImages,
) -> str:
    rows = list(images.rows)
    kept = [*_parts(about), *PLANE, "spread", "draws", "codebook", "entries", "field", *CLASSES]
    tensors = {key: file[key] for key in kept if key in file}
    if encoder:
        weights, own = encoder
        tensors |= {f"encoder.{key}": weights[key] for key in (*_parts(own), "codebook") if key in weights}
        layers = [layer | _renamed(layer) for layer in own["layers"]]
        about = about | {"encoder": own | {"layers": layers}}
    tensors |= {key: _half(file[key][rows]) for key in ("points", "logvar") if key in file}
    if "maps" in file:
        tensors["maps"] = file["maps"][rows]
    else:
        tensors["codes"] = _half(Tensors(root, f"codes/{file.name.split('/')[1]}.safetensors")["codes"][rows])
    return packed(tensors, about)


def _renamed(layer: dict[str, Any]) -> dict[str, str]:
    return {"weights": f"encoder.{layer['weights']}"} if "weights" in layer else {}


def _atlas(file: Tensors, about: dict[str, Any], images: TestImages) -> str:
    tensors = {key: file[key] for key in (*PLANE, "atlas", "field") if key in file}
    return packed(tensors | {"points": _half(file["points"][list(images.rows)])}, about | {"layers": None})


def _half(values: NDArray[Any]) -> NDArray[Any]:
    return values.clip(-LARGEST_HALF, LARGEST_HALF).astype("<f2")

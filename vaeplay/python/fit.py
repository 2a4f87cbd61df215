"""Train one model outside the pipeline: on any images, by the same loop and with the same bits as a cell."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from vaeplay import cli
from vaeplay.data import folder
from vaeplay.data import images as data
from vaeplay.errors import UserError
from vaeplay.models.parts import limits
from vaeplay.python.model import Model
from vaeplay.settings import params
from vaeplay.settings.cells import Cell
from vaeplay.settings.mistakes import nearest, printed
from vaeplay.training import checkpoint, devices, loop

PARAMS = Path(cli.__file__).parents[1] / "params.yaml"
"""Where a setting comes from that is not given: the project's own."""

Source = Tensor | NDArray[Any] | Dataset[Any] | str | Path


def fit(
    images: Source, model: str = "VAE", *, validation: Source | float = 0.1, size: int | None = None, **settings: Any
) -> Model:
    """A model, trained on images.

    `images` are a tensor or array, (N, channels, height, width) or (N, height, width), uint8 or in 0…1; a Dataset of
    such images, alone or with labels; or a folder of image files, which are brought to `size` pixels each way.
    `validation` is the share of them, spread evenly, that chooses the best epoch; or other images for it.

    `settings` are named as in params.yaml, whose value holds for any other: `latent_dim=8`, `depth=2`, `beta=4`,
    `epochs=20`, `hidden=400`, `likelihood="gaussian"`, `schedule={"name": "cyclical", "cycles": 2}`, `seed=1`.

    Raises:
        UserError: a setting does not exist or is not allowed, the images are of no such shape, or training diverged.
    """
    made = cell(model, settings)
    train = pixels(images, size)
    if isinstance(validation, float):
        held = held_out(len(train), validation)
        train, other = train[~held], train[held]
    else:
        other = pixels(validation, size)
    shape = tuple(train.shape[1:])
    if tuple(other.shape[1:]) != shape:
        raise UserError(f"validation: found images of {list(other.shape[1:])}; expected {list(shape)}, as in training")
    if reason := limits.refusal(shape, made.latent_dim, made.depth, made.settings):
        raise UserError(f"vaeplay.fit: {reason}")
    device = devices.set_up(made.device, made.threads)
    network = checkpoint.build(made, shape).to(device)
    loop.train(network, train.to(device), other.to(device), made)
    return Model(network)


def cell(model: str, settings: dict[str, Any]) -> Cell:
    """The cell of the grid that has these settings, and for the rest those of params.yaml.

    Raises:
        UserError: one of them does not exist, or is not allowed.
    """
    values = params.read(PARAMS).model_dump(mode="json")
    axes = {axis: chosen[:1] for axis, chosen in values["grid"]["dense"].items()}
    axes |= {"model": [model], "latent_dim": [8], "depth": [2]}
    for name, value in settings.items():
        if name in axes:
            axes[name] = [value]
            continue
        places = [place for place in (values["models"], values["train"], values) if name in place]
        if not places or (places[0] is values and name not in RUN):
            known = [*axes, *values["models"], *values["train"], *RUN]
            raise UserError(f"vaeplay.fit: {printed(name)}: no such setting{nearest(name, known)}")
        old = places[0][name]
        choice = {"name": value} if isinstance(old, dict) and isinstance(value, str) else value
        places[0][name] = old | choice if isinstance(old, dict) and isinstance(choice, dict) else choice
    values |= {"grid": {"fit": axes}, "repeats": [""]}
    values["explorer"]["cells"], values["verdicts"]["pairs"] = None, []
    values["report"]["megabytes"] = 500.0  # there is no page to fit into
    return next(iter(params.validate(values, "vaeplay.fit").cells()))


RUN = ("beta", "seed", "device", "threads")
"""Settings that stand alone in params.yaml."""


def pixels(source: Source, size: int | None) -> Tensor:
    """Images as the training takes them, uint8 (N, channels, height, width).

    Raises:
        UserError: they are no images.
    """
    if isinstance(source, str | Path):
        request = data.Request(name="folder", path=str(source), size=size, seed=0)
        return torch.from_numpy(np.array(folder.read(request).images))
    if isinstance(source, Dataset):
        items = (source[place] for place in range(len(source)))  # type: ignore[arg-type]
        source = np.stack([np.asarray(item[0] if isinstance(item, tuple | list) else item) for item in items])
    found = torch.as_tensor(source)
    if found.ndim == 3:
        found = found[:, None]
    if found.ndim != 4 or len(found) == 0 or found.shape[1] not in (1, 3):
        raise UserError(
            f"found images of shape {tuple(found.shape)}; expected (N, height, width), or (N, 1 or 3, height, width)"
        )
    if found.dtype == torch.uint8:
        return found
    if not (found.min() >= 0 and found.max() <= 1):
        raise UserError(f"found pixels from {found.min():g} to {found.max():g}; expected uint8, or floats in 0…1")
    return (found.float() * 255).round().to(torch.uint8)


def held_out(count: int, share: float) -> Tensor:
    """Which of the images, (count,) of bools, are the validation split: evenly spread, one at least.

    Raises:
        UserError: nothing would be left for one of the two.
    """
    if not 0 < share < 1 or count < 2:
        raise UserError(
            f"validation: found {share:g} of {count} images; expected a share between 0 and 1, of 2 or more"
        )
    held = torch.zeros(count, dtype=torch.bool)
    held[torch.linspace(0, count - 1, min(count - 1, max(1, round(share * count)))).round().long()] = True
    return held

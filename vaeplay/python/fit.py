"""Train one model outside the pipeline: on any images, by the same loop and with the same bits as a cell."""

from typing import Any

from vaeplay.errors import UserError
from vaeplay.python import inputs
from vaeplay.python.inputs import Source
from vaeplay.python.model import Model
from vaeplay.python.origin import PARAMS, Given
from vaeplay.settings import params
from vaeplay.settings.cells import Cell
from vaeplay.settings.mistakes import nearest, printed
from vaeplay.training import checkpoint, devices, loop


def fit(
    images: Source, model: str = "VAE", *, validation: Source | float = 0.1, size: int | None = None, **settings: Any
) -> Model:
    """A model, trained on images.

    `images` are a tensor or array, (N, channels, height, width) or (N, height, width), uint8 or in 0…1; a Dataset of
    such images, alone or with labels; a pair (images, labels), as `vaeplay.images` gives; or a folder of image files,
    which are brought to `size` pixels each way. A `ConditionalVAE` is trained with the labels, and metrics of classes
    need them; no other training uses them.
    `validation` is the share of them, spread evenly, that chooses the best epoch; or other images for it.

    `settings` are named as in params.yaml, whose value holds for any other: `latent_dim=8`, `depth=2`, `beta=4`,
    `epochs=20`, `hidden=400`, `likelihood="gaussian"`, `schedule={"name": "cyclical", "cycles": 2}`, `seed=1`.

    Raises:
        UserError: a setting does not exist or is not allowed, the images are of no such shape, a model lacks the labels
            that it is trained with, or training diverged.
    """
    made = cell(model, settings)
    train = inputs.read(images, size)
    if isinstance(validation, float):
        train, other = inputs.divided(train, validation)
    else:
        other = inputs.read(validation, size)
    shape, second = (tuple(part.images.shape[1:]) for part in (train, other))
    if second != shape:
        raise UserError(f"validation: found images of {list(second)}; expected {list(shape)}, as in training")
    if reason := made.refusal(shape):
        raise UserError(f"vaeplay.fit: {reason}")
    device = devices.set_up(made.device, made.threads)
    network = checkpoint.build(made, shape).to(device)
    splits = [part.to(device) for part in (train, other)]
    pixels, validation_pixels = (network.with_labels(split.images, split.labels) for split in splits)
    loop.train(network, pixels, validation_pixels, made)
    return Model(network, Given(train, other))


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

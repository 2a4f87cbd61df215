"""A trained model for a notebook: no gradient, no noise to make, and NumPy and torch alike."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vaeplay.data import drawing
from vaeplay.data.prepared import as_float, batches
from vaeplay.errors import UserError
from vaeplay.models.base import Autoencoder
from vaeplay.noise import Noise
from vaeplay.python import explorer
from vaeplay.python.origin import Origin, workspace_of
from vaeplay.python.workspace import checkpoint_of
from vaeplay.rows import evenly
from vaeplay.training import checkpoint

COLUMNS = 10  # images that a notebook shows side by side
STYLE = "min-width: 28em; image-rendering: pixelated"

Array = TypeVar("Array", Tensor, NDArray[Any])
"""What goes in as NumPy comes out as NumPy, on the CPU; tensors come out as tensors, on the model's device."""


def load(path: str | Path, device: str | torch.device = "cpu") -> "Model":
    """A trained model from its checkpoint, or by its cell's name as in `vaeplay.cells()`.

    `path` may also be a folder that `vaeplay export --hub` has written.

    Raises:
        UserError: there is no such file, folder or cell, or the file is damaged.
    """
    file = checkpoint_of(path)
    return Model(checkpoint.load(file, device), workspace_of(file))


class Model:
    """A trained model. Images x are (B, channels, height, width) in 0…1, or uint8 in 0…255; codes are (B, …).

    One image without its first dimension is a batch of one. `network` is the model that was trained: a torch module
    with the losses, whose methods are in `vaeplay.models.base.Autoencoder`. `origin` knows the images that it was
    trained on, for `vaeplay.evaluate`; None where nothing does.
    """

    def __init__(self, network: Autoencoder, origin: Origin | None = None) -> None:
        self.network = network.eval()
        self.origin = origin

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an image: (channels, height, width)."""
        return self.network.shape

    @property
    def code_shape(self) -> tuple[int, ...]:
        """The shape of a code: (latent_dim,), or (latent_dim, h, w) where a code is a map."""
        return self.network.code_shape

    def __call__(self, x: Array) -> Array:
        """As `reconstruct`."""
        return self.reconstruct(x)

    def encode(self, x: Array) -> Array:
        """The codes of images, without noise: (B, *code_shape).

        Raises:
            UserError: these are no images of the model's shape.
        """
        return self._each(self.network.encode, x, self.shape)

    def decode(self, z: Array) -> Array:
        """The expected images of codes: (B, *shape) in 0…1.

        Raises:
            UserError: these are no codes of the model's shape.
        """
        return self._each(self.network.decode, z, self.code_shape)

    def reconstruct(self, x: Array) -> Array:
        """The expected images of the codes of images: (B, *shape) in 0…1.

        Raises:
            UserError: as `encode`.
        """
        return self._each(self.network.reconstruct, x, self.shape)

    @torch.no_grad()
    def sample(self, count: int = 10, seed: int = 0) -> Tensor:
        """New images, (count, *shape) in 0…1: the same for the same seed."""
        return self.network.sample(count, Noise(seed, self.device))

    @torch.no_grad()
    def interpolate(self, a: Array, b: Array, steps: int = 8) -> Array:
        """Decoded codes on the straight line between those of two images: (steps, *shape) in 0…1.

        A VQ-VAE decodes the nearest codes that it knows.

        Raises:
            UserError: `a` or `b` is not one image of the model's shape.
        """
        first, second = (self._tensor(x, self.shape) for x in (a, b))
        if len(first) != 1 or len(second) != 1:
            raise UserError(f"interpolate: found {len(first)} and {len(second)} images; expected one and one")
        ends = self.network.encode(first), self.network.encode(second)
        share = torch.linspace(0, 1, steps, device=self.device).view(-1, *[1] * len(self.code_shape))
        images = self.network.decode(self.network.quantise(ends[0] + share * (ends[1] - ends[0])))
        return _as(images, a)

    def __repr__(self) -> str:
        network = self.network
        size = f"latent_dim={network.latent_dim}, depth={network.depth}, shape={self.shape}"
        return f"<{type(network).__name__}: {size}{', diverged' if network.failed else ''}>"

    def _repr_html_(self) -> str:
        """In a notebook: the model's name, images that it was not trained on, their reconstructions, and samples.

        Below them the model's explorer, where its decoder can run in a page of at most a megabyte.
        """
        rows, shown = [self.sample(COLUMNS)], "samples"
        if self.origin:
            images = self.origin.examples().images
            x = as_float(images[evenly(len(images), COLUMNS)]).to(self.device)
            if len(x) == COLUMNS:
                rows, shown = [x, self.reconstruct(x), *rows], "images, their reconstructions, samples"
        png = base64.b64encode(drawing.sheet(torch.stack(rows).cpu().numpy())).decode()
        name = repr(self).replace("<", "&lt;")
        picture = f'<img src="data:image/png;base64,{png}" alt="{shown}" style="{STYLE}">'
        live = explorer.frame(repr(self), self.network, self.origin)
        return f"<code>{name}</code><br>{shown}:<br>{picture}{live}"

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        return next(self.network.parameters()).device

    @torch.no_grad()
    def _each(self, verb: Callable[[Tensor], Tensor], x: Array, shape: tuple[int, ...]) -> Array:
        """What the network makes of `x`, a batch at a time."""
        done = torch.cat([verb(batch.to(self.device)) for batch in batches(self._tensor(x, shape))])
        return _as(done, x)

    def _tensor(self, x: Any, shape: tuple[int, ...]) -> Tensor:
        """A batch of `shape` as a tensor: uint8, or floats of the model's precision.

        Raises:
            UserError: it has another shape, or is empty.
        """
        try:
            found = torch.as_tensor(x)
        except (TypeError, ValueError, RuntimeError) as error:
            raise UserError(f"found {type(x).__name__}; expected a tensor or an array ({error})") from None
        given = tuple(found.shape)
        if given == shape:
            found = found[None]
        if tuple(found.shape[1:]) != shape or not len(found):
            raise UserError(f"found shape {given}; expected (N, {', '.join(map(str, shape))})")
        return found if found.dtype == torch.uint8 else found.to(self.device, torch.float32)


def _as(found: Tensor, like: Array) -> Array:
    return found if isinstance(like, Tensor) else np.asarray(found.cpu())

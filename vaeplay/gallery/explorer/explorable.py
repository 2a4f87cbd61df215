"""A cell in the explorer, as the page holds it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Explorable:
    """A cell in the explorer.

    `way` is `live` for a decoder that runs in the page, `atlas` for a picture of decoded codes, `none` for a cell
    beyond the budget; `reason` says why a cell is not live. `plane` says that its codes have two numbers, so that the
    plane is all of them, and `hole` is a place of it in a hole, in standard deviations. `payload` is base64 of a
    deflated safetensors file, `format` that of the weights, and `error` how far the decoder is from torch at most, in
    grey levels of 255.
    """

    cell: str
    way: str
    reason: str
    plane: bool
    hole: tuple[float, float] | None
    payload: str
    format: str
    error: float | None

"""A cell in the explorer, as the page holds it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Encoder:
    """A live encoder: how far its codes are from torch's at most, as a share of the code's standard deviation.

    `bits` are those of a weight. `places` are 101 quantiles over the test images of their `measure`, `elbo` or, for a
    model without one in the page, `distortion`; empty where they are not known.
    """

    bits: float
    error: float
    measure: str
    places: tuple[float, ...]


@dataclass(frozen=True)
class Explorable:
    """A cell in the explorer.

    `way` is `live` for a decoder that runs in the page, `atlas` for a picture of decoded codes, `none` for a cell
    beyond the budget; `reason` says why a cell is not live. `plane` says that its codes have two numbers, so that the
    plane is all of them, and `hole` is a place of it in a hole, in standard deviations. `payload` is base64 of a
    deflated safetensors file, `bits` those of a weight, and `error` how far the decoder is from torch at most, in grey
    levels of 255. `encoder` is in the payload too, where the page can run it.
    """

    cell: str
    way: str
    reason: str
    plane: bool
    hole: tuple[float, float] | None
    payload: str
    bits: float | None
    error: float | None
    encoder: Encoder | None = None

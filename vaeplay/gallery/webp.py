"""Pictures as the page holds them: a WebP in its own address, lossless unless it would be large."""

import base64
import io
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LOSSY = 85  # quality, at which an eye finds no difference on a screen


def address(pixels: NDArray[Any], quality: int = 0, most: float = math.inf) -> str:
    """The `data:` address of uint8 pixels: grey (height, width), RGB or RGBA (height, width, channels).

    A higher `quality`, up to 100, takes longer and saves bytes; the pixels are the same. An address of more than `most`
    bytes is made again with lossy compression, which shrinks photographs to a tenth.
    """
    found = _address(pixels, lossless=True, quality=quality)
    return found if len(found) <= most else lossy(pixels)


def lossy(pixels: NDArray[Any], quality: int = LOSSY) -> str:
    """The `data:` address of uint8 pixels with loss."""
    return _address(pixels, quality=quality)


def smaller(images: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Images (…, height, width, channels) with at most `side` pixels each way, each the mean of a square of theirs."""
    *counts, height, width, channels = images.shape
    step = -(-max(height, width) // side)
    if step == 1:
        return images
    high, wide = max(height // step, 1), max(width // step, 1)
    cut = images[..., : high * step, : wide * step, :].reshape(*counts, high, step, wide, step, channels)
    return cut.mean((-4, -2)).round().astype(np.uint8)


def tiled(images: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Images (n, height, width, channels) side by side, `columns` in a row, as one: grey ones without channels."""
    count, height, width, channels = images.shape
    rows = -(-count // columns)
    padded = np.zeros((rows * columns, height, width, channels), np.uint8)
    padded[:count] = images
    tiles = padded.reshape(rows, columns, height, width, channels).transpose(0, 2, 1, 3, 4)
    sheet = tiles.reshape(rows * height, columns * width, channels)
    return sheet[..., 0] if channels == 1 else sheet


def _address(pixels: NDArray[Any], **options: Any) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", method=1, **options)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()

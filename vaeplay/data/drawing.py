"""Pictures for `samples/`: images side by side, pixel for pixel, with the same bytes for the same images."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

GAP = 2  # pixels between images
PAPER = 255


def sheet(rows: NDArray[np.floating]) -> bytes:
    """A PNG of images in 0…1, (rows, columns, channels, height, width), with a white gap around each."""
    count, columns, channels, height, width = rows.shape
    pixels = np.full((count * (height + GAP) + GAP, columns * (width + GAP) + GAP, channels), PAPER, np.uint8)
    for row in range(count):
        for column in range(columns):
            top, left = GAP + row * (height + GAP), GAP + column * (width + GAP)
            tile = np.rint(rows[row, column].transpose(1, 2, 0) * 255).clip(0, 255)
            pixels[top : top + height, left : left + width] = tile.astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels if channels == 3 else pixels[..., 0]).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()

"""Pictures as the page holds them: a lossless WebP in its own address."""

import base64
import io
from typing import Any

from numpy.typing import NDArray
from PIL import Image


def address(pixels: NDArray[Any], quality: int = 0) -> str:
    """The `data:` address of uint8 pixels: grey (height, width), RGB or RGBA (height, width, channels).

    A higher `quality`, up to 100, takes longer and fewer bytes; the pixels are the same.
    """
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", lossless=True, quality=quality, method=1)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()

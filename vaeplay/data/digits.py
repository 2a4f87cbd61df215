"""1,797 real handwritten digits of 8×8 pixels, which scikit-learn carries: no download, and a grid in seconds."""

import numpy as np
from sklearn.datasets import load_digits

from vaeplay.data.images import Images, Request

SETS = {"digits": (1, 8, 8)}
FRAMES = {"digits": (1.0, 0.2, None)}


def read(_: Request | None = None) -> Images:
    """The digits: 8×8, one channel, 17 levels of grey that are spread over 0…255."""
    pixels, labels = load_digits(return_X_y=True)
    return Images(
        images=np.rint(pixels * (255 / 16)).astype(np.uint8).reshape(-1, 1, 8, 8),
        labels=labels.astype(np.int64),
        classes=tuple("0123456789"),
        title="UCI handwritten digits, 1,797 of them, 8×8",
        source="Alpaydin & Kaynak 1998, Optical Recognition of Handwritten Digits; as scikit-learn ships it",
        licence="CC BY 4.0 (UCI Machine Learning Repository); scikit-learn is BSD-3-Clause",
    )

"""VAE Playground: autoencoders trained, measured and shown under identical conditions.

model = vaeplay.load("VAE_latent2_depth1_ReLU")     # a checkpoint's path, or a cell's name
x, labels = vaeplay.images("test")
model.encode(x), model.reconstruct(x), model.sample(10), model.interpolate(x[0], x[1])
vaeplay.cells()                                      # the names of the cells that have been trained
vaeplay.fit(x, "ConvVAE", latent_dim=8)              # a model of other images
vaeplay.evaluate(model, x)                           # its metrics with intervals
"""

import importlib
from typing import Any

NAMES = {
    "cells": "vaeplay.python.workspace",
    "evaluate": "vaeplay.python.evaluate",
    "fit": "vaeplay.python.fit",
    "images": "vaeplay.python.workspace",
    "load": "vaeplay.python.model",
}
"""Name → the module that has it, imported on first use: each needs torch, and most who import this package do not."""


def __getattr__(name: str) -> Any:
    """One of `NAMES`, on first use."""
    if name in NAMES:
        return getattr(importlib.import_module(NAMES[name]), name)
    raise AttributeError(f"module 'vaeplay' has no attribute {name!r}")


def __dir__() -> list[str]:
    """`NAMES` beside what is there."""
    return sorted({*globals(), *NAMES})

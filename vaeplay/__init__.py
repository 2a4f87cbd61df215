"""VAE Playground: autoencoders trained, measured and shown under identical conditions.

`vaeplay.load("checkpoints/VAE_latent2_depth1_ReLU.safetensors")` gives back a trained model, ready to use.
"""

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    """`load` on first use: it needs torch, and most who import this package do not."""
    if name == "load":
        return importlib.import_module("vaeplay.training.checkpoint").load
    raise AttributeError(f"module 'vaeplay' has no attribute {name!r}")

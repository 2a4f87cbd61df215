"""Networks as the page holds them: a safetensors file, deflated, as base64."""

import base64
import json
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save as to_bytes

KEY = "explorer"  # of the metadata


def packed(tensors: dict[str, NDArray[Any]], about: dict[str, Any]) -> str:
    """Tensors and what is known of them; 16-bit weights are taken apart, see `planes`."""
    parts: dict[str, NDArray[Any]] = {}
    for key, value in tensors.items():
        parts |= planes(key, value) if value.dtype == np.int16 else {key: np.ascontiguousarray(value)}
    content = to_bytes(parts, {KEY: json.dumps(about)})
    deflater = zlib.compressobj(strategy=zlib.Z_HUFFMAN_ONLY)  # weights never repeat: looking for it only takes time
    return base64.b64encode(deflater.compress(content) + deflater.flush()).decode()


def planes(key: str, whole: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Whole numbers as their highest 8 bits, which deflate, and a plane of bits for each lower one, which would not."""
    flat = whole.astype(np.int16).reshape(-1)
    count = 0
    while (flat >> count).min() < -128 or (flat >> count).max() > 127:
        count += 1
    planes = [np.packbits((flat >> place & 1).astype(np.uint8)) for place in range(count)]
    low = np.concatenate([*planes, np.zeros(0, np.uint8)])
    return {f"{key}.high": (flat >> count).astype(np.int8), f"{key}.low": low}

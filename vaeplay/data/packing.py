"""The one file that every later stage reads the images from, written a block at a time.

It is safetensors, so that readers map it into memory instead of reading it: for each split `<split>_images`, uint8
(N, channels, height, width), `<split>_labels`, int64 (N,), and, where factors are known, `<split>_factors`, int64
(N, F). The metadata is one key, `data`, that holds JSON: `shape`, `classes`, `factors` (their names), `factor_sizes`,
and the provenance: `title`, `source`, `licence`, `counts`, `sha256`. What was left out stands in the card alone, so
that no cell reruns for a file that gave no image.

The library's own writer wants all tensors in memory; the format is a length, a JSON header and the tensors one after
another (https://huggingface.co/docs/safetensors), which is little to write.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vaeplay import files
from vaeplay.data.images import BLOCK, Images

KEPT = ("shape", "classes", "factors", "factor_sizes", "title", "source", "licence", "counts", "sha256")
DTYPES = {"int64": "I64", "uint8": "U8"}


def write(path: Path, data: Images, rows: dict[str, NDArray[np.intp]], card: dict[str, Any]) -> None:
    """Write the prepared file; equal data give equal bytes. `card` is `images.card`, from which provenance is kept."""
    header: dict[str, Any] = {"__metadata__": {"data": json.dumps({key: card[key] for key in KEPT})}}
    parts: list[tuple[NDArray[Any], NDArray[np.intp]]] = []
    end = 0
    sources: dict[str, NDArray[Any] | None] = {"labels": data.labels, "factors": data.factors, "images": data.images}
    for kind, source in sources.items():  # eight-byte numbers first, so that each tensor starts where its type must
        for split, chosen in rows.items():
            if source is not None:
                shape = [len(chosen), *source.shape[1:]]
                start, end = end, end + int(np.prod(shape)) * source.itemsize
                dtype = DTYPES[source.dtype.name]
                header[f"{split}_{kind}"] = {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}
                parts.append((source, chosen))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    with files.writing(path) as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for source, chosen in parts:
            for start in range(0, len(chosen), BLOCK):
                block = source[chosen[start : start + BLOCK]]
                file.write(np.ascontiguousarray(block, block.dtype.newbyteorder("<")).data)

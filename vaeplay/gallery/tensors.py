"""Safetensors files without torch: tensors mapped into memory, and a new file from arrays.

The format is a length, a JSON header and the tensors one after another (https://huggingface.co/docs/safetensors). The
library reads whole tensors; the page wants a few rows of files that may be large.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vaeplay.errors import UserError

DTYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "I16": np.dtype("<i2"),
    "I8": np.dtype("i1"),
    "U8": np.dtype("u1"),
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


class Tensors:
    """A safetensors file of the workspace `root`; `metadata` are its texts.

    Raises:
        UserError: the file is missing or is none of this format.
    """

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        try:
            with (root / name).open("rb") as file:
                length = int.from_bytes(file.read(8), "little")
                self.entries: dict[str, Any] = json.loads(file.read(min(length, 100_000_000)))
            self.metadata: dict[str, str] = self.entries.pop("__metadata__", {})
            self.content = np.memmap(root / name, np.uint8, "r", offset=8 + length)
        except FileNotFoundError:
            raise UserError(f"{name}: no such file; `dvc repro` makes it") from None
        except (OSError, ValueError, AttributeError) as error:
            raise UserError(f"{name}: not a safetensors file ({error}); delete it and run `dvc repro`") from None

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def __getitem__(self, key: str) -> NDArray[Any]:
        """A tensor by its name, read when it is used.

        Raises:
            UserError: there is none, or the file ends before it.
        """
        try:
            entry = self.entries[key]
            start, end = entry["data_offsets"]
            values = self.content[start:end].view(DTYPES[entry["dtype"]])
            return values.reshape(entry["shape"])
        except (KeyError, TypeError, ValueError):
            raise UserError(f"{self.name}: no tensor {key!r} that can be read; delete it and run `dvc repro`") from None


def pack(tensors: dict[str, NDArray[Any]], metadata: dict[str, str]) -> bytes:
    """The content of a file that holds `tensors`. Equal values give equal bytes."""
    header: dict[str, Any] = {"__metadata__": metadata}
    ordered = sorted(tensors.items(), key=lambda item: (-item[1].dtype.itemsize, item[0]))  # so that each is aligned
    end = 0
    for name, values in ordered:
        start, end = end, end + values.nbytes
        header[name] = {"dtype": NAMES[values.dtype], "shape": list(values.shape), "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(8, "little"), text, *(values.tobytes() for _, values in ordered)])

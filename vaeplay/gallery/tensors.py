"""Safetensors files without torch, read one tensor at a time."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from vaeplay.errors import UserError


class Tensors:
    """A safetensors file of the workspace `root`; `metadata` are its texts.

    Raises:
        UserError: the file is missing or not in this format.
    """

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        try:
            self.file = safe_open(root / name, framework="np")
        except FileNotFoundError:
            raise UserError(f"{name}: no such file; `dvc repro` makes it") from None
        except (OSError, SafetensorError) as error:
            raise UserError(f"{name}: not a safetensors file ({error}); delete it and run `dvc repro`") from None
        self.metadata: dict[str, str] = self.file.metadata() or {}
        self.names = frozenset(self.file.keys())

    def __contains__(self, key: str) -> bool:
        return key in self.names

    def __getitem__(self, key: str) -> NDArray[Any]:
        """A tensor by its name.

        Raises:
            UserError: there is none.
        """
        if key not in self.names:
            raise UserError(f"{self.name}: no tensor {key!r}; delete it and run `dvc repro`")
        found: NDArray[Any] = self.file.get_tensor(key)
        return found

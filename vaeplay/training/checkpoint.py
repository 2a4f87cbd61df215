"""A trained model as one file: safetensors with the model's settings inside. No pickle is written or read."""

import json
from pathlib import Path
from typing import Annotated, Any

import psutil
import torch
from pydantic import Field, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes

from vaeplay import files, models
from vaeplay.errors import UserError
from vaeplay.models.base import Autoencoder
from vaeplay.settings import cells
from vaeplay.settings.cells import Cell
from vaeplay.settings.strict import Settings
from vaeplay.torch_startup import compiler_left_out

KEY = "vaeplay"  # one metadata key holding JSON: safetensors writes several in random order

DTYPES = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64", torch.bool: "BOOL"}  # as safetensors says it

Size = Annotated[int, Field(ge=1, le=2**31)]


class Header(Settings):
    """A checkpoint's metadata: the cell and the shape (channels, height, width) of its images.

    `failed` says how the training diverged, if it did; the weights are then the last good ones.
    """

    cell: Cell
    failed: str | None = None
    shape: Annotated[tuple[Size, Size, Size], Field(strict=False)]


def build(cell: Cell, shape: tuple[int, ...]) -> Autoencoder:
    """A cell's model with the initial weights of its seed, on the CPU."""
    torch.manual_seed(cell.seed)
    return _model(cell, shape)


def _model(cell: Cell, shape: tuple[int, ...]) -> Autoencoder:
    """A cell's model, with initial weights from the current random state."""
    model = models.find(cell.model)(shape, cell.latent_dim, cell.depth, cell.activation, **cell.settings)
    return model.to(memory_format=torch.channels_last)  # convolutions are a third faster, and nothing else changes


def save(path: Path, model: Autoencoder, cell: Cell, failed: str | None = None) -> None:
    """Write a model and its cell's settings; `failed` says how its training failed, if it did."""
    tensors = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    header = {"cell": cell.model_dump(mode="json"), "shape": list(model.shape)}
    header |= {"failed": failed} if failed else {}
    files.write_bytes(path, to_bytes(tensors, {KEY: json.dumps(header, sort_keys=True)}))


def load(path: str | Path, device: str | torch.device = "cpu") -> Autoencoder:
    """A trained model from its file alone, in evaluation mode.

    Raises:
        UserError: the file is missing, damaged, or not a checkpoint of a model that this version knows.
    """
    try:
        if not Path(path).is_file():  # a device or a pipe would be read for ever
            raise UserError(f"{path}: cannot be read (there is no such file)")
        with safe_open(path, framework="pt") as file:
            header = Header.model_validate_json((file.metadata() or {}).get(KEY, ""))
            _check(header.cell, path)
            with torch.random.fork_rng(devices=[]):  # the caller's random state stays the same
                _check_tensors(file, header, path)
                model = _model(header.cell, header.shape)
            model.failed = header.failed
            model.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error})") from None
    except ValidationError as error:
        raise UserError(f"{path}: not a checkpoint of this project ({cells.first_mistake(error)})") from None
    except (SafetensorError, RuntimeError, ValueError) as error:
        raise UserError(f"{path}: damaged, or of another version ({' '.join(str(error).split())[:200]})") from None
    for name, value in model.state_dict().items():
        if not value.isfinite().all():
            raise UserError(f"{path}: damaged: {name} holds NaN or infinite numbers")
    return model.to(device).eval()


def _check_tensors(file: Any, header: Header, path: str | Path) -> None:
    """Reject tensors that are not the model's, and a model that does not fit into memory, before creating any."""
    with torch.device("meta"), compiler_left_out():
        expected = _model(header.cell, header.shape).state_dict()
    needed = sum(value.nbytes for value in expected.values())
    if needed > psutil.virtual_memory().available / 2:  # the file's pages and the model
        raise UserError(f"{path}: its model takes {needed / 1e9:.1f} GB, more than half of the free memory")
    names = set(file.keys())
    if names != set(expected):
        wrong = min(names ^ set(expected))
        said = "not expected" if wrong in names else "missing"
        raise UserError(f"{path}: damaged, or of another version ({wrong[:60]!r} is {said})")
    for name, value in expected.items():
        part = file.get_slice(name)
        stored = f"{part.get_dtype()} {part.get_shape()}"
        if stored != f"{DTYPES.get(value.dtype)} {list(value.shape)}":
            raise UserError(
                f"{path}: damaged, or of another version ({name} is {stored}; expected {DTYPES.get(value.dtype)} "
                f"{list(value.shape)})"
            )


def _check(cell: Cell, path: str | Path) -> None:
    if not models.known(cell.model):
        raise UserError(f"{path}: unknown model {cell.model[:60]!r}; there are {', '.join(models.names())}")
    if set(cell.settings) != set(models.uses(cell.model)):
        raise UserError(
            f"{path}: settings for {cell.model} are {', '.join(sorted(cell.settings)) or 'none'}; "
            f"expected {', '.join(models.uses(cell.model))}"
        )

"""`vaeplay export`: a cell as ONNX, for other runtimes, or as a folder for the Hugging Face Hub."""

import argparse
import json
import logging
from pathlib import Path
from typing import Any

import torch
import yaml
from safetensors import safe_open
from torch import Tensor, nn

from vaeplay import files
from vaeplay.errors import UserError
from vaeplay.evaluation.registry import BY_KEY
from vaeplay.gallery import columns, read
from vaeplay.gallery.page import Cell, Page
from vaeplay.models.base import Autoencoder
from vaeplay.python import workspace
from vaeplay.python.model import Model, load
from vaeplay.settings.mistakes import nearest, printed
from vaeplay.terminal import sheet, show
from vaeplay.training import checkpoint

LIBRARY = "vaeplay"
CARD = """---
{head}---

# {name}

{about}

```python
import vaeplay

model = vaeplay.load("{folder}")  # the folder of these files
model.sample(10), model.reconstruct(images), model.encode(images)
```

`config.json` has all settings of its training. Images are {shape} (channels, height, width), in 0…1.

![Test images above their reconstructions](reconstructions.png)

## Metrics

On {images} test images; the intervals are 95 % intervals over what was measured, not over trainings.

{table}
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("cell", metavar="CELL", help="a cell, as `vaeplay show` lists them")
    onnx_help = "write OUT.encoder.onnx and OUT.decoder.onnx for OUT.onnx; any number of images at once"
    parser.add_argument("--onnx", type=Path, metavar="OUT.onnx", help=onnx_help)
    hub_help = "write weights, settings and a model card, for the Hugging Face Hub and for `vaeplay.load`"
    parser.add_argument("--hub", type=Path, metavar="FOLDER", help=hub_help)


def main(arguments: argparse.Namespace) -> int:
    """Export the cell and print the paths of what was written.

    Raises:
        UserError: there is no such cell, its training diverged, or a path cannot be written to.
    """
    name, known = arguments.cell, workspace.cells()
    if not known:
        raise UserError("no trained cells yet; run `uv run dvc repro`")
    if name not in known:
        raise UserError(f"{printed(name)}: no such cell{nearest(name, known)}; `vaeplay show` lists them")
    if not arguments.onnx and not arguments.hub:
        raise UserError("nothing to export to: give --onnx OUT.onnx, --hub FOLDER, or both")
    model = load(name)
    if model.network.failed:
        raise UserError(f"{name}: its training diverged ({model.network.failed}); it is not exported")
    made = onnx(model, arguments.onnx) if arguments.onnx else []
    for path in made + (hub(name, model, arguments.hub) if arguments.hub else []):
        print(path)
    return 0


class Verb(nn.Module):
    """One method of a model as a module of its own, which is what can be traced."""

    def __init__(self, network: Autoencoder, verb: str) -> None:
        super().__init__()
        self.network, self.verb = network, verb

    def forward(self, x: Tensor) -> Tensor:
        """What the method gives."""
        found: Tensor = getattr(self.network, self.verb)(x)
        return found


def onnx(model: Model, path: Path) -> list[Path]:
    """Write the encoder and the decoder, for any number of images or codes at once: the two paths.

    `images` are floats in 0…1, (batch, channels, height, width), and `codes` those without noise, as `Model.encode`.

    Raises:
        UserError: a package is missing, or the model has an operation that ONNX lacks.
    """
    try:
        import onnxscript  # noqa: F401  # torch imports it and onnx, and says less well that they are missing
    except ImportError:
        raise UserError("--onnx needs the packages onnx and onnxscript: run `uv sync --group onnx`") from None
    for package in ("onnxscript", "onnx_ir", "torch.onnx"):
        logging.getLogger(package).setLevel(logging.ERROR)
    x = torch.zeros(2, *model.shape)
    z = model.encode(x)
    parts = {"encoder": ("encode", x, "images", "codes"), "decoder": ("decode", z, "codes", "images")}
    made = {}
    for part, (verb, example, given, gives) in parts.items():
        try:
            program = torch.onnx.export(
                Verb(model.network, verb).eval(),
                (example,),
                input_names=[given],
                output_names=[gives],
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                verbose=False,
            )
        except torch.onnx.OnnxExporterError as error:
            raise UserError(f"the {part} cannot be written as ONNX: {str(error).splitlines()[0]}") from None
        assert program is not None
        made[path.with_suffix(f".{part}.onnx")] = program.model_proto.SerializeToString()
    for place, content in made.items():
        files.write_bytes(place, content)
    return list(made)


def hub(name: str, model: Model, folder: Path) -> list[Path]:
    """Write a cell's weights, settings and model card into a folder, which `vaeplay.load` reads again: the folder.

    Raises:
        UserError: the folder holds other files, or the cell has no metrics yet.
    """
    if folder.exists() and not _is_ours(folder):
        raise UserError(f"{folder}: holds other files; name a new folder, or one that this command has written")
    page = read.measured(Path())
    cell = next((cell for cell in page.cells if cell.name == name and cell.metrics), None)
    if cell is None:
        raise UserError(f"{name}: no metrics yet; run `uv run dvc repro`")
    weights = workspace.checkpoint_of(name)
    with safe_open(weights, framework="pt") as file:
        header = json.loads(file.metadata()[checkpoint.KEY])
    config = {"library_name": LIBRARY, "architectures": [header["cell"]["model"]], **header}
    files.write_json(folder / "config.json", config)
    files.write_text(folder / "README.md", card(cell, page, model, folder.name))
    files.write_bytes(folder / "reconstructions.png", Path(f"samples/{name}.png").read_bytes())
    files.write_bytes(folder / workspace.WEIGHTS, weights.read_bytes())
    return [folder]


def _is_ours(folder: Path) -> bool:
    """Whether a folder was written by this command, or holds nothing but hidden files, as a new repository does."""
    if not folder.is_dir():
        return False
    try:
        ours: bool = json.loads((folder / "config.json").read_text("utf-8"))["library_name"] == LIBRARY
    except (OSError, ValueError, KeyError, TypeError):
        return all(path.name.startswith(".") for path in folder.iterdir())
    return ours


def card(cell: Cell, page: Page, model: Model, folder: str) -> str:
    """The model card, in the form of the Hub: data about the model, then Markdown."""
    found: list[dict[str, Any]] = [
        {"type": item.key, "name": BY_KEY[item.key].label, "value": item.value}
        for item in cell.metrics
        if BY_KEY[item.key].headline and item.value is not None
    ]
    task = {"type": "unconditional-image-generation"}
    result = {"task": task, "dataset": {"type": page.data.name, "name": page.data.title}, "metrics": found}
    head = {
        "library_name": LIBRARY,
        "pipeline_tag": task["type"],
        "tags": ["autoencoder", "vae", cell.model],
        "model-index": [{"name": cell.name, "results": [result]}],
    }
    network = model.network
    return CARD.format(
        head=yaml.safe_dump(head, allow_unicode=True, sort_keys=False),
        name=cell.name,
        about=f"A {type(network).__name__} of depth {network.depth} with codes of shape {list(model.code_shape)}, "
        f"trained by VAE Playground on: {page.data.title}.",
        folder=folder,
        shape=list(model.shape),
        images=cell.test_images or "the",
        table=sheet.markdown(show.of_cell(cell.name, columns.columns(page))),
    )

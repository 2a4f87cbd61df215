"""What share of a training's time goes into being able to resume it, and how large a resume file is.

    uv run python -m benchmarks.resume --epochs 20

Trains three cells of the default grid on the 5,000 embedded digits, with the settings of params.yaml, and counts the
seconds in which their state is copied and written. Prints a line a cell.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import torch

from vaeplay.data import images, mnist5k
from vaeplay.settings import params
from vaeplay.training import checkpoint, loop
from vaeplay.training.resume import Progress

MODELS = ("VAE", "ConvVAE", "VQVAE")


class Counted(Progress):
    """Progress that counts what it costs."""

    spent = 0.0
    copying = 0.0
    writes = 0
    largest = 0

    def after_epoch(self) -> None:
        """As usual."""
        started = time.perf_counter()
        super().after_epoch()
        self.spent += time.perf_counter() - started

    def remember(self) -> None:
        """As usual."""
        started = time.perf_counter()
        super().remember()
        self.copying += time.perf_counter() - started

    def write(self) -> None:
        """As usual."""
        super().write()
        self.writes += 1
        if self.path is not None:
            self.largest = max(self.largest, self.path.stat().st_size)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--every", type=float, help="seconds between writes; as in params.yaml by default")
    options = parser.parse_args()
    settings = params.read(Path("params.yaml"))
    settings = settings.model_copy(update={"train": settings.train.model_copy(update={"epochs": options.epochs})})
    torch.set_num_threads(settings.threads)
    found = mnist5k.read()
    rows = images.split(found.labels, settings.data.validation, settings.data.test, settings.seed)
    splits = {name: torch.from_numpy(found.images[chosen]) for name, chosen in rows.items()}
    for cell in settings.cells():
        if cell.model in MODELS and cell.depth == 2 and cell.latent_dim in {8, 16}:
            with tempfile.TemporaryDirectory() as folder:
                every = settings.train.checkpoint_every if options.every is None else options.every
                progress = Counted(Path(folder) / f"{cell.name}-benchmark.safetensors", every)
                model = checkpoint.build(cell, tuple(found.images.shape[1:]))
                loop.train(model, splits["train"], splits["validation"], cell, progress)
            in_epochs = sum(entry["seconds"] for entry in progress.history) + progress.spent
            figures = {
                "cell": cell.name,
                "epochs": len(progress.history),
                "seconds": round(in_epochs, 2),
                "share": round(progress.spent / in_epochs, 5),
                "share_of_copying": round(progress.copying / in_epochs, 5),
                "writes": progress.writes,
                "megabytes": round(progress.largest / 1e6, 2),
            }
            print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()

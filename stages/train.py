"""settings/<cell>.json, data/ → checkpoints/, film/, logs/cells/: train one cell, or resume a killed run."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from torch import Tensor

from stages import run, uninterrupted
from vaeplay import files
from vaeplay.data import prepared
from vaeplay.errors import Diverged, UserError
from vaeplay.models.base import Autoencoder
from vaeplay.settings import axes, cells
from vaeplay.settings.cells import Cell
from vaeplay.training import checkpoint, devices, log, loop, memory, resume
from vaeplay.training.film import Film
from vaeplay.training.resume import Progress

DATA = Path("data/images.safetensors")
RESUME = Path(".vaeplay/resume")
DIVERGED = Path(".vaeplay/diverged")


def main(name: str) -> None:
    """Seeded before the model is built, so that equal settings give equal bytes."""
    path = Path("settings") / f"{name}.json"
    cell = cells.read(path)
    asked = files.read_object(Path("settings/run.json"), on_failure=str)  # no result depends on it
    device = devices.set_up(cell.device, cell.threads)
    key = resume.key_of([path, DATA], device)
    progress = resume.begin(RESUME, name, key, asked["checkpoint_every"], device)
    with saved_when_interrupted(progress):
        with memory.recording(device) as recorder:
            splits = [prepared.read(DATA, split).to(device) for split in ("train", "validation")]
            model = checkpoint.build(cell, tuple(splits[0].images.shape[1:])).to(device)
            images, validation = (model.with_labels(split.images, split.labels) for split in splits)
            film = Film(prepared.read(DATA, "test").images.to(device), cell.train.epochs, RESUME / f"{name}-{key}")
            failed = trained(model, images, validation, cell, progress, film, asked["on_failure"])
            account = log.of(cell, model, progress.history, len(images), progress.seconds)
        status = {"status": "failed", "reason": failed} if failed else {"status": "complete"}
        checkpoint.save(Path("checkpoints") / f"{name}.safetensors", model, cell, failed)
        machine = {"device": str(device), "threads": cell.threads, "memory": recorder.entries()}
        files.write_json(Path("logs/cells") / f"{name}.json", account | machine | status)
        files.write_bytes(Path("film") / f"{name}.safetensors", film.content())
        progress.clear()
        film.clear()


@contextmanager
def saved_when_interrupted(progress: Progress) -> Iterator[None]:
    """If a signal ends the training, save how far it has come, and say so in the error."""
    try:
        yield
    except KeyboardInterrupt as error:
        with uninterrupted():
            error.args = (progress.leave(),)
        raise


def trained(
    model: Autoencoder,
    images: Tensor,
    validation: Tensor,
    cell: Cell,
    progress: Progress,
    film: Film,
    on_failure: str,
) -> str | None:
    """Train and return None, or how it failed, with the model at its last good weights, if `on_failure` allows that."""
    try:
        loop.train(model, images, validation, cell, progress, film)
    except Diverged as error:
        if on_failure == "stop":
            kept = DIVERGED / f"{cell.name}.safetensors"
            checkpoint.save(kept, model, cell, str(error))
            raise UserError(f"{error}; its weights before that epoch are in {kept}") from None
        print(f"failed: {error}", file=sys.stderr)
        return str(error)
    return None


if __name__ == "__main__":
    run(main, axes.named)

"""settings/<cell>.json, data/ → checkpoints/, logs/cells/, cost/: train one cell, from where a killed run left it."""

import sys
from pathlib import Path

from stages import run
from vaeplay import cells, checkpoint, dataset, devices, files, resume, training
from vaeplay.errors import Diverged, UserError

DATA = Path("data/images.safetensors")
RESUME = Path(".vaeplay/resume")
DIVERGED = Path(".vaeplay/diverged")


def main(name: str) -> None:
    """Seeded before the model is built, so that equal settings give equal bytes."""
    path = Path("settings") / f"{name}.json"
    cell = cells.read(path)
    asked = files.read_json(Path("settings/run.json"))  # no result depends on it
    device = devices.set_up(cell.device, cell.threads)
    images = dataset.read(DATA, "train").images.to(device)
    validation = dataset.read(DATA, "validation").images.to(device)
    progress = resume.begin(RESUME, name, resume.key_of([path, DATA], device), asked["checkpoint_every"])
    model = checkpoint.build(cell, tuple(images.shape[1:])).to(device)
    failed = None
    try:
        training.train(model, images, validation, cell, progress)
    except Diverged as error:
        if asked["on_failure"] == "stop":
            kept = DIVERGED / f"{name}.safetensors"
            checkpoint.save(kept, model, cell)
            raise UserError(f"{error}; its weights before that epoch are in {kept}") from None
        failed = str(error)
        print(f"failed: {error}", file=sys.stderr)
    except KeyboardInterrupt as error:
        raise type(error)(progress.leave()) from None
    log = training.log(cell, model, progress.history, len(images), progress.seconds)
    memory = devices.peak_memory()
    machine = {"device": str(device), "threads": cell.threads, "memory": memory}
    status = {"status": "failed", "reason": failed} if failed else {"status": "complete"}
    checkpoint.save(Path("checkpoints") / f"{name}.safetensors", model, cell, failed)
    files.write_json(Path("logs/cells") / f"{name}.json", log | machine | status)
    cost = {key: log[key] for key in ("seconds", "images_per_second", "parameters")}
    files.write_json(Path("cost") / f"{name}.json", cost | {"peak_bytes": max(entry["peak_bytes"] for entry in memory)})
    progress.clear()


if __name__ == "__main__":
    run(main, cells.named)

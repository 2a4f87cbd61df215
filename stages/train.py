"""settings/<cell>.json, data/ → checkpoints/, logs/cells/, cost/: train one cell."""

import time
from pathlib import Path

from stages import run
from vaeplay import cells, checkpoint, dataset, devices, files, memory, training

DATA = Path("data/images.safetensors")


def main(name: str) -> None:
    """Seeded before the model is built, so that equal settings give equal bytes."""
    cell = cells.read(Path("settings") / f"{name}.json")
    device = devices.set_up(cell.device, cell.threads)
    with memory.recording(device) as recorder:
        images = dataset.read(DATA, "train").images.to(device)
        validation = dataset.read(DATA, "validation").images.to(device)
        model = checkpoint.build(cell, tuple(images.shape[1:])).to(device)
        started = time.perf_counter()
        history = training.train(model, images, validation, cell)
        seconds = time.perf_counter() - started
    log = training.log(cell, model, history, len(images), seconds)
    used = recorder.entries()
    checkpoint.save(Path("checkpoints") / f"{name}.safetensors", model, cell)
    machine = {"device": str(device), "threads": cell.threads, "memory": used}
    files.write_json(Path("logs/cells") / f"{name}.json", log | machine)
    cost = {key: log[key] for key in ("seconds", "images_per_second", "parameters")}
    files.write_json(Path("cost") / f"{name}.json", cost | {"peak_bytes": max(entry["peak_bytes"] for entry in used)})


if __name__ == "__main__":
    run(main, cells.named)

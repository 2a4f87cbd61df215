"""How long the prepared file takes to load, and how much memory it holds, against the same images as PNG files.

    uv run python -m benchmarks.data

Writes N random-looking 28×28 images as a prepared file and, for the smaller N, as PNG files in class folders; then, in
a new process each, loads them, takes one shuffled epoch of batches of 500, and reports seconds and the growth of the
process's resident memory. Of resident memory, what is mapped from the file is counted apart: the system takes those
pages back whenever it needs them. Everything is written below `--folder` and removed again.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from vaeplay.data import images, packing

COUNTS = (60_000, 1_000_000)
BATCH = 500


def memory() -> dict[str, float]:
    """Resident memory of this process in MB: its own, and what is mapped from files."""
    info = psutil.Process().memory_info()
    shared = getattr(info, "shared", 0)
    return {"own": (info.rss - shared) / 1e6, "mapped": shared / 1e6}


def made(count: int) -> images.Images:
    """`count` images that compress about as well as digits do, made a block at a time."""
    generator = np.random.default_rng(0)
    few = np.zeros((1000, 1, 28, 28), np.uint8)
    few[:, :, 6:22, 8:20] = generator.integers(0, 256, (1000, 1, 16, 12))
    pixels = images.scratch((count, 1, 28, 28))
    for start in range(0, count, len(few)):
        pixels[start : start + len(few)] = few[: count - start]
    labels = np.arange(count) % 10
    return images.Images(pixels, labels, tuple("0123456789"), "synthetic", "this program", "none needed")


def write(folder: Path, count: int, png: bool) -> None:
    """The prepared file, and PNG files if asked for."""
    data = made(count)
    before, started = memory(), time.perf_counter()
    rows = images.split(data.labels, 0.01, 0.01, 0)
    packing.write(folder / "images.safetensors", data, rows, images.card("synthetic", data, rows))
    seconds, peak = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(json.dumps({"write_seconds": seconds, "own_before": before["own"], "peak_with_mapped_pages": peak}))
    if png:
        for row, label in enumerate(data.labels):
            place = folder / "png" / str(label)
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(data.images[row, 0]).save(place / f"{row:07}.png")


def load_prepared(folder: Path) -> None:
    """Map the training split; then touch all of it once, in random order, as an epoch does."""
    import torch

    from vaeplay.data import prepared

    before, started = memory(), time.perf_counter()
    split = prepared.read(folder / "images.safetensors", "train")
    loaded, after = time.perf_counter() - started, memory()
    started = time.perf_counter()
    for rows in torch.randperm(len(split.images)).split(BATCH):
        prepared.as_float(split.images[rows])
    report(before, after, loaded, time.perf_counter() - started, len(split.images))


def load_png(folder: Path) -> None:
    """Decode every PNG file into one tensor; then an epoch of it."""
    import torch

    from vaeplay.data import prepared

    before, started = memory(), time.perf_counter()
    paths = sorted((folder / "png").rglob("*.png"))
    pixels = torch.stack([torch.from_numpy(np.asarray(Image.open(path)).copy())[None] for path in paths])
    loaded, after = time.perf_counter() - started, memory()
    started = time.perf_counter()
    for rows in torch.randperm(len(pixels)).split(BATCH):
        prepared.as_float(pixels[rows])
    report(before, after, loaded, time.perf_counter() - started, len(pixels))


def report(before: dict[str, float], after: dict[str, float], loaded: float, epoch: float, count: int) -> None:
    """One line of JSON."""
    end = memory()
    grown = {f"{kind}_after_loading": after[kind] - before[kind] for kind in before}
    grown |= {f"{kind}_after_an_epoch": end[kind] - before[kind] for kind in before}
    rounded = {key: round(value, 1) for key, value in grown.items()}
    print(json.dumps({"images": count, "load_seconds": round(loaded, 4), "epoch_seconds": round(epoch, 2), **rounded}))


def main() -> None:
    """Run each measurement in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("benchmarks/.data"))
    parser.add_argument("--step", choices=["write", "prepared", "png"])
    parser.add_argument("--count", type=int)
    parser.add_argument("--png-up-to", type=int, default=60_000, help="PNG files are written for counts up to this")
    chosen = parser.parse_args()
    if chosen.step:
        chosen.folder.mkdir(parents=True, exist_ok=True)
        steps = {"prepared": load_prepared, "png": load_png}
        if chosen.step == "write":
            write(chosen.folder, chosen.count, chosen.count <= chosen.png_up_to)
        else:
            steps[chosen.step](chosen.folder)
        return
    for count in [chosen.count] if chosen.count else COUNTS:
        for step in ["write", "prepared", *(["png"] if count <= chosen.png_up_to else [])]:
            command = [sys.executable, "-m", "benchmarks.data", "--folder", str(chosen.folder), "--step", step]
            done = subprocess.run([*command, "--count", str(count)], stdout=subprocess.PIPE, text=True, check=True)
            print(f"{count:>9,} {step:<9} {done.stdout.strip()}", flush=True)
        shutil.rmtree(chosen.folder)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()

"""How long a stage takes before it does its own work: a new process, its imports, its settings and its images.

    uv run python -m benchmarks.startup

In a workspace of its own with this one's params.yaml, so that nothing of yours is touched. Seconds of wall time and of
the processor, medians over `--rounds` new processes, the first of which is shown apart: it may have to read torch from
disk. `python`, `torch` and `torch.optim` are what a stage cannot go below.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
CELL = "VAE_latent2_depth1_ReLU"
READ = "from vaeplay import cells, checkpoint, dataset, devices; cell = cells.read(Path('settings/{cell}.json')); "
READ += "device = devices.set_up('cpu', 2); images = dataset.read(Path('data/images.safetensors'), 'train').images; "
PROGRAMS = {
    "python": "pass",
    "torch": "import torch",
    "torch.optim": "import torch, torch.optim",
    "settings": "import stages.settings; stages.settings.main()",
    "prepare": "import stages.prepare",
    "train, ready to train": "from pathlib import Path; import stages.train; "
    + READ.format(cell=CELL)
    + "model = checkpoint.build(cell, tuple(images.shape[1:])).to(device); images.float().sum()",
    "evaluate, ready to load": "from pathlib import Path; import stages.evaluate; "
    + READ.format(cell=CELL)
    + "images.float().sum()",
    "report": "import stages.report",
}


def timed(program: str, folder: Path) -> tuple[float, float]:
    """Wall and processor seconds of a new process."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    before, started = os.times(), time.perf_counter()
    subprocess.run([sys.executable, "-c", program], cwd=folder, env=environment, check=True)
    wall, after = time.perf_counter() - started, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, used


def make(folder: Path) -> None:
    """A workspace with settings and data."""
    for name in ("params.yaml", "stages", "vaeplay", "images"):
        (folder / name).symlink_to(ROOT / name)
    for stage in ("settings", "prepare"):
        subprocess.run([sys.executable, "-m", f"stages.{stage}"], cwd=folder, check=True)


def main() -> None:
    """Print a row for each program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder)
        print(f"{'':26}{'first':>8}{'median':>8}{'processor':>11}  seconds")
        for program, text in PROGRAMS.items():
            first, *rest = (timed(text, folder) for _ in range(rounds + 1))
            walls, used = zip(*rest, strict=True)
            row = f"{first[0]:8.2f}{statistics.median(walls):8.2f}{statistics.median(used):11.2f}"
            print(f"{program:26}{row}", flush=True)


if __name__ == "__main__":
    main()

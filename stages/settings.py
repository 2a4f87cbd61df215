"""params.yaml → settings/: check every setting, and write what each stage and cell depends on."""

import importlib
from pathlib import Path

from stages import run
from vaeplay.settings import params, resolve


def main() -> None:
    """Write nothing unless everything is valid."""
    root = Path()
    read = params.read(root / "params.yaml")
    resolve.check(read, root)
    if read.device not in {"auto", "cpu"}:
        devices = importlib.import_module("vaeplay.training.devices")  # imports torch, which takes seconds
        devices.choose(read.device)
    resolve.write(resolve.resolve(read, root), root)


if __name__ == "__main__":
    run(main)

"""params.yaml → settings/: check every setting, and say for each stage and cell what it depends on."""

import importlib
from pathlib import Path

from stages import run
from vaeplay import params, resolve


def main() -> None:
    """Nothing is written unless everything is right."""
    root = Path()
    read = params.read(root / "params.yaml")
    resolve.check_folder(read, root)
    if read.device not in {"auto", "cpu"}:
        importlib.import_module("vaeplay.devices").choose(read.device)  # it needs torch, which takes seconds to import
    resolve.write(resolve.resolve(read, root), root)


if __name__ == "__main__":
    run(main)

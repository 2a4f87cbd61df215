"""params.yaml → settings/: check every setting, and say for each stage and cell what it depends on."""

from pathlib import Path

from stages import run
from vaeplay import params, resolve


def main() -> None:
    """Nothing is written unless everything is right."""
    root = Path()
    read = params.read(root / "params.yaml")
    resolve.check_folder(read, root)
    resolve.write(resolve.resolve(read, root), root)


if __name__ == "__main__":
    run(main)

"""DVC's command with a quicker way to write dvc.lock: `python -m vaeplay.runner.quick_dvc repro …`.

For every stage that has run, DVC reads the whole of dvc.lock and writes it anew, in pure Python: with 200 cells that
takes longer than all else that it does. Here a C library reads it, and only the lines of the stage are written anew.
The file is the same to the byte.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dvc.dvcfile
from dvc.cli import main
from dvc.utils.serialize import dumps_yaml, loads_yaml, modify_yaml

HEAD = "schema: '2.0'\nstages:\n"


@contextmanager
def modify(path: str, fs: Any = None) -> Iterator[dict[str, Any]]:
    """As DVC's `modify_yaml`: the value in a file, to be changed and then written."""
    file = Path(path)
    text = file.read_text(encoding="utf-8") if file.name == "dvc.lock" and file.exists() else ""
    if not text.startswith(HEAD):
        with modify_yaml(path, fs=fs) as value:
            yield value
        return
    lock: dict[str, Any] = loads_yaml(text)
    before = dict(lock["stages"])
    yield lock
    for name, stage in lock["stages"].items():
        if stage is not before.get(name):
            text = spliced(text, dumps_yaml({"stages": {name: stage}}).removeprefix("stages:\n"))
    file.write_text(text, encoding="utf-8")


def spliced(text: str, block: str) -> str:
    """dvc.lock with the lines of one stage in the place of those that it had, or at the end."""
    first, _, _ = block.partition("\n")
    start = text.find(f"\n{first}\n") + 1
    if not start:
        return text + block
    end = start + len(first) + 1
    while text.startswith("    ", end):
        end = text.index("\n", end) + 1
    return text[:start] + block + text[end:]


if __name__ == "__main__":
    dvc.dvcfile.modify_yaml = modify
    sys.exit(main())

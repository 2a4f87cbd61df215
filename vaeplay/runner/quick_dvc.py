"""DVC's command with a quicker way to read and write dvc.lock: `python -m vaeplay.runner.quick_dvc repro …`.

For every stage that has run, DVC reads the whole of dvc.lock twice and writes it anew, in pure Python: with 200 cells
that takes longer than all else that it does. Here only the lines of the stages in question are read and written anew.
The file is the same to the byte.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dvc.dvcfile
from dvc.cli import main
from dvc.dvcfile import Lockfile
from dvc.utils.serialize import dumps_yaml, loads_yaml, modify_yaml

HEAD = "schema: '2.0'\nstages:\n"
load_all = Lockfile.load


class Stages(dict[str, Any]):
    """The stages in the text of a dvc.lock, each read when it is asked for. What is set is held beside the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or bool(lines_of(self.text, str(name)))

    def get(self, name: str, default: Any = None) -> Any:
        """The stage `name`, `default` if there is none."""
        if not super().__contains__(name):
            lines = lines_of(self.text, name)
            return loads_yaml(self.text[lines.start : lines.stop])[name] if lines else default
        return super().get(name)

    def written(self) -> str:
        """The text with what was set, in the place where the stage stood before, or at the end."""
        for name, stage in self.items():
            block = dumps_yaml({"stages": {name: stage}}).removeprefix("stages:\n")
            lines = lines_of(self.text, name) or range(len(self.text), len(self.text))
            self.text = self.text[: lines.start] + block + self.text[lines.stop :]
        return self.text


def lines_of(text: str, name: str) -> range:
    """Where the lines of a stage stand in the text of a dvc.lock; empty if there are none."""
    first = "  " + dumps_yaml({name: None}).removesuffix("\n")
    start = text.find(f"\n{first}\n") + 1
    if not start:
        return range(0)
    end = start + len(first) + 1
    while text.startswith("    ", end):
        end = text.index("\n", end) + 1
    return range(start, end)


def text_of(path: str) -> str | None:
    """The text of a dvc.lock as DVC writes it; None for another file."""
    file = Path(path)
    text = file.read_text(encoding="utf-8") if file.name == "dvc.lock" and file.exists() else ""
    return text if text.startswith(HEAD) else None


@contextmanager
def modify(path: str, fs: Any = None) -> Iterator[dict[str, Any]]:
    """As DVC's `modify_yaml`: the value in a file, to be changed and then written."""
    text = text_of(path)
    if text is None:
        with modify_yaml(path, fs=fs) as value:
            yield value
        return
    stages = Stages(text)
    yield {"schema": "2.0", "stages": stages}
    Path(path).write_text(stages.written(), encoding="utf-8")


def load(lock: Lockfile, **options: Any) -> Any:
    """As DVC's `Lockfile.load`: the value in dvc.lock."""
    text = text_of(lock.path)
    return load_all(lock, **options) if text is None else {"schema": "2.0", "stages": Stages(text)}


if __name__ == "__main__":
    dvc.dvcfile.modify_yaml = modify
    Lockfile.load = load
    sys.exit(main())

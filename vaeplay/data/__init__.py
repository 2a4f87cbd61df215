"""The data sets: one file a family, each with a literal `SETS` and a function `read`.

`SETS` gives each name that `data.name` may hold the shape of its images, (channels, height, width), or None where that
is not known beforehand. `FILES` gives those that are read from `data.path` the patterns of their files there, each of
which is to match once; none for a folder of any images. `FRAMES` says how images were framed: the numbers of a `Frame`.
All are read off the file, not imported, so that settings are checked without numpy or torch. `read(request)` gives
`images.Images`. A new data set is one new file here and its name in params.yaml.
"""

import ast
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vaeplay.errors import UserError
from vaeplay.sources import parse

FOLDER = Path(__file__).parent

Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Frame:
    """How white ink on black was cut and placed: a drawing is to be framed likewise. In shares of the image's side.

    The box around the ink is scaled until its longer side is `longest`; `pen` is the usual width of a stroke. The
    ink's centre of mass lies at `mass` from the left and from the top; where that is None, the box is in the middle.
    """

    longest: float
    pen: float
    mass: float | None


@functools.cache
def _literals(name: str) -> dict[str, tuple[str, Any]]:
    """What every module's literal dictionary of this name holds, with the module, in the order of files and lines."""
    found: dict[str, tuple[str, Any]] = {}
    for path in sorted(FOLDER.glob("*.py")):
        for node in parse(path).body:
            if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
                try:
                    values = dict(ast.literal_eval(node.value))
                except (TypeError, ValueError):
                    raise UserError(f"{path}: {name} is not a plain dictionary of names and values") from None
                found |= {key: (f"{__name__}.{path.stem}", value) for key, value in values.items()}
    return found


def _sets() -> dict[str, tuple[str, Shape | None]]:
    return _literals("SETS")


def names() -> tuple[str, ...]:
    """The names that `data.name` may hold."""
    return tuple(sorted(_sets()))


def module(name: str) -> str:
    """Dotted name of the module that reads a data set."""
    return _sets()[name][0]


def shape(name: str) -> Shape | None:
    """The (channels, height, width) of a data set's images before any change, where that is known beforehand."""
    return _sets()[name][1]


def at_path(name: str) -> bool:
    """Whether a data set is read from `data.path`."""
    return name in _literals("FILES")


def patterns(name: str) -> tuple[str, ...]:
    """The patterns of a data set's files in `data.path`."""
    files: tuple[str, ...] = _literals("FILES")[name][1]
    return files


def framing(name: str) -> Frame | None:
    """How a data set's images were framed; None where they are photographs, say, cut to a square in their middle."""
    known = _literals("FRAMES").get(name)
    return Frame(*known[1]) if known else None

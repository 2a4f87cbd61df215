"""CelebA where it lies in `data.path`: the folder `img_align_celeba`, and `list_attr_celeba.txt` beside it.

The 40 attributes of a face are its factors, so that codes are measured by them; its class is whether it smiles, the
attribute that is nearest to one half of all. `list_eval_partition.txt`, where it is there, says which are for testing.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vaeplay.data import folder
from vaeplay.data.images import Images, Request
from vaeplay.data.located import located
from vaeplay.data.tree import Entry, shown
from vaeplay.errors import UserError

SETS = {"celeba": None}
FILES = {"celeba": ("list_attr_celeba.txt", "img_align_celeba")}

CLASSES = ("not smiling", "smiling")


def read(request: Request) -> Images:
    """The faces, in the order of the list, `limit` of them.

    Raises:
        UserError: as `folder.read`; or the list is not one of attributes.
    """
    listed, pictures = located("celeba", Path(request.path))
    files, names, attributes = _attributes(listed)
    smiles = attributes[:, names.index("Smiling")]
    entries = [Entry(pictures / file, CLASSES[smile]) for file, smile in zip(files, smiles, strict=True)]
    place = {entry.path: row for row, entry in enumerate(entries)}
    decoded = folder.decoded(entries, request, pictures, folder.Bad(request.on_error))
    rows = np.array([place[entry.path] for entry in decoded.entries])
    return Images(
        images=decoded.images,
        labels=smiles[rows],
        classes=CLASSES,
        title=f"CelebA, {len(rows):,} aligned faces with {len(names)} attributes",
        source="Liu et al. 2015, arXiv:1411.7766",
        licence="For non-commercial research only",
        factors=attributes[rows],
        factor_names=tuple(name.replace("_", " ").lower() for name in names),
        factor_sizes=(2,) * len(names),
        test=_for_testing(listed.with_name("list_eval_partition.txt"), decoded.entries),
        skipped=decoded.skipped,
    )


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]


def _attributes(path: Path) -> tuple[list[str], list[str], NDArray[np.int64]]:
    """The files, the names of the attributes, and for each file whether it has them: (N, F) of 0 and 1."""
    lines = [line.split() for line in _lines(path)]
    names, rows = (lines[1], lines[2:]) if len(lines) > 2 else ([], [])
    if "Smiling" not in names or any(len(row) != len(names) + 1 or not {*row[1:]} <= {"-1", "1"} for row in rows):
        raise UserError(
            f"{shown(path)}: not CelebA's list of attributes; expected a count, names, and a line of 1 and -1 "
            "for each file"
        )
    return [row[0] for row in rows], names, np.array([[value == "1" for value in row[1:]] for row in rows], np.int64)


def _for_testing(path: Path, entries: list[Entry]) -> NDArray[np.bool_] | None:
    """Which faces the published partition tests on, (N,); None where it is not there, or tests on none of these."""
    if not path.is_file():
        return None
    tested = {line.split()[0] for line in _lines(path) if line.split()[1:] == ["2"]}
    found = np.array([entry.path.name in tested for entry in entries])
    return found if found.any() and not found.all() else None

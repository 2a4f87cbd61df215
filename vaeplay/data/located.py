"""Which files of `data.path` a data set is, for those that are read where they lie.

Settings are checked with it: it needs neither numpy nor Pillow.
"""

from pathlib import Path

from vaeplay import data
from vaeplay.data.tree import shown
from vaeplay.errors import UserError


def located(name: str, folder: Path) -> list[Path]:
    """The files of a data set in a folder, in the order of its patterns.

    Raises:
        UserError: one is missing, or there are several.
    """
    found = []
    for pattern in data.patterns(name):
        matches = sorted(folder.glob(pattern))
        if len(matches) != 1:
            what = f"no {pattern}" if not matches else " and ".join(shown(path.name) for path in matches[:2])
            raise UserError(
                f"data.path: {shown(folder)} holds {what}; data.name {name} reads one {pattern} there, as it is "
                "published"
            )
        found += matches
    return found

"""Which files of `data.path` a data set is, for those that are read where they lie.

Settings are checked with it: it needs neither numpy nor Pillow.
"""

from pathlib import Path

from vaeplay.data.tree import shown
from vaeplay.errors import UserError

FILES = {
    "binarized_mnist": ("*train*.amat", "*valid*.amat", "*test*.amat"),
    "celeba": ("list_attr_celeba.txt", "img_align_celeba"),
    "dsprites": ("dsprites*.npz",),
    "omniglot": ("chardata*.mat",),
    "shapes3d": ("3dshapes*.h5",),
}
"""The names that the files of a data set have where it is published, as patterns; each is to be there once."""


def located(name: str, folder: Path) -> list[Path]:
    """The files of a data set in a folder, in the order of FILES.

    Raises:
        UserError: one is missing, or there are several.
    """
    found = []
    for pattern in FILES[name]:
        matches = sorted(folder.glob(pattern))
        if len(matches) != 1:
            what = f"no {pattern}" if not matches else " and ".join(shown(path.name) for path in matches[:2])
            raise UserError(
                f"data.path: {shown(folder)} holds {what}; data.name {name} reads one {pattern} there, as it is "
                "published"
            )
        found += matches
    return found

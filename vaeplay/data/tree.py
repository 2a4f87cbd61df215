"""A folder of images as a tree of files: which of them have to be images, before any is opened.

Settings are checked with it: it needs neither numpy nor Pillow.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vaeplay.errors import UserError, is_of_the_machine

PASSED_OVER = {
    *("readme", "readme.md", "readme.txt"),
    *("thumbs.db", "ehthumbs.db", "desktop.ini", "picasa.ini", "icon\r"),  # of Windows, Picasa and the Finder
}
SERVICE = {
    *("@eadir", "@recycle", "@tmp", "#recycle", "#snapshot"),  # of a NAS: thumbnails, what was deleted
    *("__macosx", "$recycle.bin", "system volume information", "lost+found"),
}
"""Folders that a system keeps for itself, in lower case; those with a dot in front are passed over anyway."""
TRAIN = {"train", "training"}
HELD_OUT = {"val", "valid", "validation", "dev", "test", "testing", "eval"}
NO_CLASS = "(no folder)"  # of images that lie beside class folders

Told = Callable[[Path, str], None]


@dataclass(frozen=True, slots=True)
class Entry:
    """A file below the folder: where it is, and the name of its class."""

    path: Path
    label: str


def shown(path: Path | str) -> str:
    """A path as one line that a terminal shows as it is: quoted and escaped where it holds anything but plain text."""
    text = str(path)
    return text if text.isprintable() and text == text.strip() else ascii(text)


def check(folder: Path, found: Sequence[Entry]) -> None:
    """Refuse a folder in which no file was `found` that may be an image, or whose classes would be splits.

    Raises:
        UserError: it is one of these.
    """
    names = {entry.label.lower(): entry.label for entry in found}
    train, held_out = ([names[name] for name in sorted(names) if name in split] for split in (TRAIN, HELD_OUT))
    if train and held_out:
        raise UserError(
            f"data.path: {shown(folder)} is divided into {', '.join([*train, *held_out])}, which would be taken for "
            f"classes; name one of them (data.path: {shown(folder / train[0])}), or put the classes of all together: "
            "data.validation and data.test say which shares are held out"
        )
    if not found:
        raise UserError(
            f"data.path: no image in {shown(folder)}; put some there, or name the folder that holds yours. A queued "
            "experiment sees only what git or DVC tracks: `dvc add` your folder, or give its absolute path"
        )


def entries(
    folder: Path, bad: Told = lambda path, what: None, passed: Told = lambda path, what: None
) -> Iterator[Entry]:
    """Every file below the folder that has to be an image, by name. Links are followed, but not in circles.

    `bad` is told what cannot be read, and `passed` which folders of the system are passed over.
    """

    def unread(error: OSError) -> None:
        if is_of_the_machine(error):
            raise error
        bad(Path(error.filename), f"cannot be read ({error.strerror})")

    above = {folder: {folder.resolve()}}
    for root, folders, names in os.walk(folder, followlinks=True, onerror=unread):
        here = Path(root)
        seen = above.pop(here)
        for name in sorted(folders):
            inner = here / name
            if name.startswith("."):
                folders.remove(name)
            elif name.lower() in SERVICE:
                folders.remove(name)
                passed(inner, "kept by a system for itself")
            elif inner.resolve() in seen:
                folders.remove(name)
                bad(inner, "a link to a folder that it lies in")
            else:
                above[inner] = seen | {inner.resolve()}
        folders.sort()
        parts = here.relative_to(folder).parts
        label = parts[0] if parts else NO_CLASS
        for name in sorted(names):
            if name.startswith(".") or name.lower() in PASSED_OVER or name.endswith(".dvc"):
                continue
            try:
                str(here / name).encode()
            except UnicodeEncodeError:  # it could not be written to the page
                bad(here / name, "its name is not UTF-8")
            else:
                yield Entry(here / name, label)

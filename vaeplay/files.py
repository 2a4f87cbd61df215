"""Writing files whole or not at all, and reading JSON with a one-line error."""

import contextlib
import itertools
import json
import os
import platform
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import psutil

from vaeplay.errors import UserError

HOST = re.sub(r"\W", "-", platform.node()) or "host"
_numbers = itertools.count()  # for the names of this process's temporary files


def cache_folder() -> Path:
    """The user's cache, outside any workspace: downloads, and results that workspaces can share."""
    return Path(os.environ.get("VAEPLAY_CACHE") or Path.home() / ".cache/vaeplay")


@contextmanager
def writing(path: Path) -> Iterator[IO[bytes]]:
    """A file that replaces `path` atomically: readers see the old file or the new one, never half of either.

    Raises:
        OSError: it cannot be written; the error names `path`, and no temporary file is left.
    """
    with _in_place_of(path) as temporary:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)


@contextmanager
def writing_folder(path: Path) -> Iterator[Path]:
    """A folder to write files into, which then replaces the folder `path`: whole, or not at all.

    Raises:
        OSError: as `writing`.
    """
    with _in_place_of(path) as temporary:
        temporary.mkdir()
        yield temporary
        if path.exists():
            shutil.rmtree(path)
        temporary.replace(path)


@contextmanager
def _in_place_of(path: Path) -> Iterator[Path]:
    """A temporary name beside `path` for its replacement. Leftovers are removed, also those of killed processes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in abandoned(path.parent):
        with contextlib.suppress(OSError):
            _remove(left)
    temporary = path.parent / f".{path.name}.{HOST}.{os.getpid()}.{next(_numbers)}.part"
    try:
        yield temporary
    except BaseException as error:
        _remove(temporary)
        own = isinstance(error, OSError) and (error.filename is None or str(error.filename).startswith(str(temporary)))
        if isinstance(error, OSError) and error.errno and own:
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def abandoned(folder: Path) -> list[Path]:
    """Temporary files that killed processes of this machine have left in a folder."""
    temporary = ((path, path.name.split(".")[-3]) for path in sorted(folder.glob(f".*.{HOST}.*.part")))
    return [path for path, process in temporary if process.isdigit() and not psutil.pid_exists(int(process))]


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` atomically."""
    with writing(path) as file:
        file.write(content)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically, keys sorted, so that equal values give equal bytes."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """The value in a JSON file.

    Raises:
        UserError: the file is missing or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; `dvc repro` makes it") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not readable as JSON ({error}); delete it and run `dvc repro`") from None


def read_object(path: Path, **kinds: type) -> dict[str, Any]:
    """The JSON object in a file, which must have these keys with values of these types.

    Raises:
        UserError: as `read_json`, or a key is missing or has a value of another type.
    """
    value = read_json(path)
    for key, kind in kinds.items():
        if not isinstance(value, dict) or not isinstance(value.get(key), kind):
            raise UserError(f"{path}: {key!r} is missing or wrong; delete the file and run `dvc repro`")
    checked: dict[str, Any] = value
    return checked

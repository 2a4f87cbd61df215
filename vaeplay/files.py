"""Writing files whole or not at all, and reading JSON with a one-line error."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from vaeplay.errors import UserError


@contextmanager
def writing(path: Path) -> Iterator[IO[bytes]]:
    """A file to write `path` through, atomically: readers see the old file or the new one, never half of either."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` atomically."""
    with writing(path) as file:
        file.write(content)


def _umask() -> int:
    """The process's umask. mkstemp makes files private; results are as readable as any other file."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


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
    """The JSON object in a file, which must have these keys, with values of these kinds.

    Raises:
        UserError: as `read_json`, or it has not.
    """
    value = read_json(path)
    for key, kind in kinds.items():
        if not isinstance(value, dict) or not isinstance(value.get(key), kind):
            raise UserError(f"{path}: {key!r} is missing or wrong; delete the file and run `dvc repro`")
    found: dict[str, Any] = value
    return found

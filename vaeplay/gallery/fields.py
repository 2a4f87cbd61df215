"""Reading JSON objects key by key, so that a wrong value is one line that names the file and the key."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vaeplay.errors import UserError
from vaeplay.files import read_json
from vaeplay.gallery.page import Scalar, Setting


def clean(text: str) -> str:
    """Text that UTF-8 can hold: JSON allows lone surrogates, files do not."""
    return text.encode("utf-8", "replace").decode()


class Fields:
    """One JSON object of a file; `where` names it in errors, as in `logs/cells/x.json: history[0].train`."""

    def __init__(self, value: Any, where: str) -> None:
        self.where = where
        if not isinstance(value, dict):
            raise UserError(f"{where}: expected an object, found {_short(value)}")
        self.values: dict[str, Any] = value

    def __contains__(self, key: str) -> bool:
        return self.values.get(key) is not None

    def _wrong(self, key: str, expected: str) -> UserError:
        return UserError(f"{self.where}: {key!r} should be {expected}, found {_short(self.values.get(key))}")

    def text(self, key: str, default: str | None = None) -> str:
        """A string; `default` stands in for an absent one, and None makes it obligatory."""
        value = self.values.get(key, default)
        if not isinstance(value, str):
            raise self._wrong(key, "text")
        return clean(value)

    def number(self, key: str) -> float | None:
        """A finite number, or None where it is absent, NaN or infinite."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(key, "a number")
        return finite(value)

    def integer(self, key: str) -> int | None:
        """A whole number, or None where it is absent."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(key, "a whole number")
        return value

    def integers(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers; empty where it is absent."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or any(isinstance(item, bool) or not isinstance(item, int) for item in value):
            raise self._wrong(key, "a list of whole numbers")
        return tuple(value)

    def pair(self, key: str) -> tuple[float | None, float | None]:
        """A list of two numbers; (None, None) where it is absent."""
        value = self.values.get(key)
        if value is None:
            return None, None
        if not isinstance(value, list) or len(value) != 2 or not all(map(_is_number, value)):
            raise self._wrong(key, "a list of two numbers")
        return finite(value[0]), finite(value[1])

    def points(self, key: str) -> tuple[tuple[float, float], ...]:
        """A list of pairs of numbers, those that are not finite left out; empty where it is absent."""
        value = self.values.get(key, [])
        if not isinstance(value, list):
            raise self._wrong(key, "a list of pairs of numbers")
        pairs = (Fields({key: item}, self.where).pair(key) for item in value)
        return tuple((x, y) for x, y in pairs if x is not None and y is not None)

    def texts(self, key: str, default: list[str] | None = None) -> tuple[str, ...]:
        """A list of strings; `default` stands in for an absent one, and None makes it obligatory."""
        value = self.values.get(key, default)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(key, "a list of text")
        return tuple(clean(item) for item in value)

    def object(self, key: str) -> "Fields":
        """An object; empty where it is absent."""
        return Fields(self.values.get(key, {}), f"{self.where}: {key}")

    def objects(self, key: str) -> Iterator["Fields"]:
        """The objects of a list; none where it is absent."""
        value = self.values.get(key, [])
        if not isinstance(value, list):
            raise self._wrong(key, "a list")
        return (Fields(item, f"{self.where}: {key}[{index}]") for index, item in enumerate(value))


def load(root: Path, name: str) -> Fields:
    """The JSON object in the file `name` of the workspace `root`.

    Raises:
        UserError: the file is missing or holds something else; the message names it relative to `root`.
    """
    path = root / name
    try:
        value = read_json(path)
    except UserError as error:
        raise UserError(clean(str(error).replace(str(path), name))) from None
    return Fields(value, name)


def finite(value: float) -> float | None:
    """`value` as a float if it is one that can be drawn, else None."""
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:  # a whole number beyond the floats
        return None


def flatten(value: Any, prefix: str = "") -> tuple[Setting, ...]:
    """Nested settings as dotted names: {"train": {"lr": 1}} becomes `train.lr`. Keys are sorted."""
    if isinstance(value, dict) and value:
        parts = [flatten(item, f"{prefix}.{key}" if prefix else str(key)) for key, item in sorted(value.items())]
        return tuple(setting for part in parts for setting in part)
    return (Setting(clean(prefix), scalar(value)),) if prefix else ()


def scalar(value: Any) -> Scalar:
    """A value as the page shows it: numbers and flags as they are, lists as JSON."""
    if isinstance(value, str):
        return clean(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return clean(json.dumps(value, sort_keys=True, ensure_ascii=False))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: Any) -> str:
    text = repr(value)
    return clean(text if len(text) <= 60 else text[:57] + "…")

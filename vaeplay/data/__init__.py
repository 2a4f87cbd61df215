"""The data sets: one file a family, each with a function `read` that gives `images.Images`."""

from pathlib import Path


def names() -> tuple[str, ...]:
    """The names that `data.name` may hold."""
    folder = Path(__file__).parent
    return tuple(sorted(path.stem for path in folder.glob("*.py") if path.stem not in {"__init__", "images"}))

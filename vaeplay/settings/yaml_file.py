"""Read params.yaml as plain values, and reject in one line what a YAML reader fails on or takes hours for.

Numbers follow YAML 1.2, which is also what DVC writes: `1e-05` is a number there, but text for PyYAML.
"""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent

from vaeplay.errors import UserError

LARGEST_FILE = 100_000  # bytes; params.yaml is a page of text
MOST_ALIASES = 20  # nested aliases grow exponentially
DEEPEST = 20  # levels of nesting; settings have three


def read(path: Path) -> Any:
    """The value in a YAML file of settings.

    Raises:
        UserError: the file cannot be read, is not YAML, or is of a form that no settings have.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise UserError(f"{path}: larger than {LARGEST_FILE:,} bytes; it holds settings only")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from None
    return parse(text, str(path))


def parse(text: str, origin: str) -> Any:
    """The value of a YAML text; `origin` names the text in errors.

    Raises:
        UserError: it is not YAML, or is of a form that no settings have.
    """
    try:
        _check_form(text, origin)
        return YAML(typ="safe", pure=True).load(text)
    except UserError:
        raise
    except Exception as error:  # the library raises many kinds of error: KeyError for `!!bool maybe`, for one
        said = " ".join(str(error).split()) if isinstance(error, YAMLError | ValueError) else "a value not of its tag"
        raise UserError(f"{origin}: not valid YAML: {_visible(said)[:300]}") from None


def _check_form(text: str, origin: str) -> None:
    """Reject what would take minutes or gigabytes to read: deep nesting, and aliases of aliases."""
    aliases = depth = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        aliases += isinstance(event, AliasEvent)
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if aliases > MOST_ALIASES or depth > DEEPEST:
            raise UserError(
                f"{origin}: allowed: up to {MOST_ALIASES} aliases (`*name`), and {DEEPEST} levels of nesting"
            )


def _visible(text: str) -> str:
    """Text without the characters that would move a terminal's cursor or reverse its line."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)

"""Messages for mistakes in params.yaml: each of pydantic's errors as one line that says what is allowed instead."""

import difflib
import functools
import reprlib
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

SHORT = reprlib.Repr()  # aliases can make infinite values
SHORT.maxstring = SHORT.maxlong = SHORT.maxother = 200


def line(detail: ErrorDetails, value: Any, settings: type[BaseModel]) -> str:
    """One line for one mistake in `value`: the key, what was found, what is allowed, the nearest valid name."""
    place, found = detail["loc"], detail["input"]
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{printed(part)}" for part in place)
    key = key.removeprefix(".") or "the file"
    node = _schema(settings, place[:-1] if detail["type"] == "extra_forbidden" else place)
    if detail["type"] == "missing":
        known = _known_keys(_schema(settings, place[:-1]))
        present = [name for name in _container(value, place[:-1]) if name not in known]
        return f"{key}: missing; allowed: {_allowed(node)}{nearest(place[-1], present, 'is it spelt {}?')}"
    if detail["type"] == "extra_forbidden":
        keys = _known_keys(node)
        return f"{key}: unknown key; allowed here: {', '.join(keys)}{nearest(place[-1], keys)}"
    if detail["type"] == "unknown_name":
        names = detail["ctx"]["known"]
        return f"{key}: found {short(found)}; allowed: {', '.join(names)}{nearest(found, names)}"
    if detail["type"] == "duplicate":
        return f"{key}: found {short(found)}; allowed: {detail['msg']}"
    if detail["type"] == "invalid_key":
        return f"{key}: found the key {short(found)}; allowed: keys that are names"
    if detail["type"] == "too_short":
        return f"{key}: empty; allowed: {_allowed(node)}"
    return f"{key}: found {short(found)}; allowed: {_allowed(node)}{nearest(found, node.get('enum', []))}"


def printed(name: str) -> str:
    """A key as written in the file, if that is short and printable; otherwise quoted and shortened."""
    return name if name.isprintable() and 0 < len(name) <= 60 else short(name)


def short(found: Any) -> str:
    """A value in at most 60 characters."""
    try:
        text = SHORT.repr(found)
    except ValueError:  # an integer with more digits than Python prints
        text = f"a {type(found).__name__} too large to print"
    return text if len(text) <= 60 else f"{text[:57]}..."


def nearest(name: Any, names: list[str], phrase: str = "did you mean {}?") -> str:
    """`phrase` with the one of `names` that is most like `name`; empty if none is."""
    by_lower = {known.lower(): known for known in names if isinstance(known, str)}
    close = difflib.get_close_matches(name[:60].lower(), by_lower, n=1) if isinstance(name, str) else []
    return f"; {phrase.format(printed(by_lower[close[0]]))}" if close else ""


def _container(value: Any, place: tuple[int | str, ...]) -> list[str]:
    for part in place:
        value = value[part]
    return [key for key in value if isinstance(key, str)] if isinstance(value, dict) else []


def _schema(settings: type[BaseModel], place: tuple[int | str, ...]) -> dict[str, Any]:
    """The JSON schema of the setting at `place`, which says what is allowed."""
    schema = node = _whole_schema(settings)
    for part in place:
        if isinstance(part, int):
            node = next((option["items"] for option in (node, *node.get("anyOf", [])) if "items" in option), {})
        elif part in node.get("properties", {}):
            node = node["properties"][part]
        else:
            further = node.get("additionalProperties")
            node = further if isinstance(further, dict) else {}
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    return node


@functools.cache
def _whole_schema(settings: type[BaseModel]) -> dict[str, Any]:
    return settings.model_json_schema()


def _known_keys(node: dict[str, Any]) -> list[str]:
    return list(node.get("properties", {}))


def _allowed(node: dict[str, Any]) -> str:
    """What a schema allows, in words."""
    if "enum" in node:
        return ", ".join(map(str, node["enum"]))
    kind = node.get("type")
    if kind == "array":
        least = "one or more of: " if node.get("minItems") else "any of: "
        return f"a list, {least}{_allowed(node['items'])}"
    if kind == "object":
        keys = _known_keys(node)
        return f"a mapping with the keys {', '.join(keys)}" if keys else "a mapping of groups"
    if kind == "string":
        return "a path" if node.get("format") == "path" else "a name"
    if kind == "boolean":
        return "true or false"
    if "anyOf" in node:
        return " or ".join(_allowed(option) for option in node["anyOf"])
    if kind not in {"integer", "number"}:
        return str(kind)
    words = "a whole number" if kind == "integer" else "a number"
    lower = _bound(node, "minimum", "exclusiveMinimum", "from", "above")
    upper = _bound(node, "maximum", "exclusiveMaximum", "to", "below")
    return f"{words}{lower}{upper}"


def _bound(node: dict[str, Any], inclusive: str, exclusive: str, word: str, strict_word: str) -> str:
    if inclusive in node:
        return f" {word} {node[inclusive]:g}"
    return f" {strict_word} {node[exclusive]:g}" if exclusive in node else ""

"""Scripts as one: ES modules after what they import, each in its own scope, with no tool but Python.

A page that opens from disk may not load modules, so they are joined here. Of the language's forms of import and export
a script uses three, each at the start of a line, and anything else is an error:

    import { name, other as alias } from './path.js';
    import './path.js';
    export const name = …        (or function, or class)
"""

import posixpath
import re
from collections.abc import Callable, Iterable

_IMPORT = re.compile(r"^import (?:\{([^}]*)\} from )?'([^']+)';\n?", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:const|function|async function|class) (\w+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def bundle(entries: Iterable[str], source: Callable[[str], str]) -> str:
    """One script that runs `entries` in order, each after what it imports; `source` gives the text of a script by path.

    What a script exports is in `modules[path]`, for other scripts and for whoever looks into a page.

    Raises:
        ValueError: scripts import each other in a circle, or a name that is not exported, or use another form.
    """
    exports: dict[str, list[str]] = {}
    parts: list[str] = []

    def visit(path: str, above: tuple[str, ...]) -> None:
        if path in above:
            circle = " → ".join((*above[above.index(path) :], path))
            raise ValueError(f"scripts import each other in a circle: {circle}")
        if path in exports:
            return
        text = source(path)
        for match in _IMPORT.finditer(text):
            visit(_resolved(path, match[2]), (*above, path))
        exports[path] = [match[1] for match in _EXPORT.finditer(text)]
        parts.append(_wrapped(path, text, exports))

    for entry in entries:
        visit(entry, ())
    return "\n".join(["'use strict';", "const modules = {};", *parts])


def _wrapped(path: str, text: str, exports: dict[str, list[str]]) -> str:
    """A script as a function that is called at once and returns what it exports."""

    def taken(match: re.Match[str]) -> str:
        needed = _resolved(path, match[2])
        if match[1] is None:
            return ""
        names = [name.strip() for name in match[1].split(",") if name.strip()]
        for name in names:
            if name.split(" as ")[0] not in exports[needed]:
                raise ValueError(f"{path}: {needed} does not export {name.split(' as ')[0]!r}")
        return f"const {{ {', '.join(name.replace(' as ', ': ') for name in names)} }} = modules['{needed}'];\n"

    body = _EXPORT.sub("", _IMPORT.sub(taken, text))
    if other := _OTHER.search(body):
        raise ValueError(f"{path}: {other[0]!r} is a form of import or export that vaeplay/gallery/bundle.py lacks")
    returned = f"return {{ {', '.join(exports[path])} }};\n" if exports[path] else "return {};\n"
    return f"modules['{path}'] = (() => {{\n{body.strip()}\n{returned}}})();"


def _resolved(path: str, needed: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), needed))

"""The code that a stage reaches through its imports, so that it reruns if, and only if, that code changes.

Imports are read from the syntax tree without running anything, so the stage that asks need not import torch. What
cannot change a result is left out: comments, docstrings, layout, line endings, and the messages of user errors, which
end a stage without a result.
"""

import ast
import functools
import hashlib
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

from vaeplay.errors import UserError

PACKAGES = ("stages", "vaeplay")
ASSETS = (".css", ".j2", ".js")  # suffixes of files that belong to a package's code
WORDS = frozenset({"vaeplay.advice", "vaeplay.pace"})  # modules that only say how a stage goes, or went wrong: see both


def parse(path: Path) -> ast.Module:
    """The syntax tree of a source file.

    Raises:
        UserError: the file is not Python.
    """
    return _parse(path.read_bytes(), path)


def _parse(content: bytes, path: Path) -> ast.Module:
    try:
        return ast.parse(content, filename=str(path))
    except (SyntaxError, ValueError) as error:
        raise UserError(f"{path}: not valid Python ({error})") from None


def reached(root: Path, modules: Iterable[str]) -> list[Path]:
    """Every file of the project that importing `modules` can load, sorted, relative to `root`.

    A package includes the assets below it, except those inside a nested package.
    """
    files: set[Path] = set()
    waiting = list(modules)
    seen = set(WORDS)
    while waiting:
        name = waiting.pop()
        if name in seen or name.split(".")[0] not in PACKAGES:
            continue
        seen.add(name)
        if "." in name:
            waiting.append(name.rpartition(".")[0])
        base = root.joinpath(*name.split("."))
        if base.with_suffix(".py").is_file():
            path = base.with_suffix(".py")
        elif (base / "__init__.py").is_file():
            path = base / "__init__.py"
            files |= {file for suffix in ASSETS for file in base.rglob(f"*{suffix}") if _is_asset(file, base)}
        else:
            continue  # `from package.module import name`: the name is not a module
        files.add(path)
        waiting += imports(path, name)
    return sorted(path.relative_to(root) for path in files)


def _is_asset(path: Path, package: Path) -> bool:
    """Whether `package` is the innermost package around the file, and neither it nor a folder on the way is hidden."""
    innermost = next(folder for folder in path.parents if (folder / "__init__.py").is_file() or folder == package)
    return innermost == package and not any(part.startswith(".") for part in path.relative_to(package).parts)


def imports(path: Path, name: str) -> list[str]:
    """Dotted names that a file imports, anywhere in it; `from a import b` counts as a and a.b."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    return _imports(path.read_bytes(), package, path)


@functools.cache
def _imports(content: bytes, package: str, path: Path) -> list[str]:
    names = []
    for node in ast.walk(_parse(content, path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            kept = parents[: len(parents) - node.level + 1] if node.level else []
            module = ".".join([*kept, *([node.module] if node.module else [])])
            names += [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return names


def digests(root: Path, modules: Iterable[str]) -> dict[str, str]:
    """The digest of every file that `modules` reach: {path relative to `root`: hexadecimal SHA-256}."""
    return {path.as_posix(): digest((root / path).read_bytes(), path.suffix) for path in reached(root, modules)}


@functools.cache
def digest(content: bytes, suffix: str) -> str:
    """SHA-256 of what a result can depend on in a file: the code of Python, the lines of anything else."""
    kept = "\0".join(code(content)).encode() if suffix == ".py" else content.replace(b"\r\n", b"\n")
    return hashlib.sha256(kept).hexdigest()


def code(source: bytes) -> list[str]:
    """The tokens of Python code that a result can depend on.

    Left out are comments, layout, lines that consist of a string alone (docstrings, and the strings below constants),
    and the message in `raise UserError(…)`. String literals, including f-strings, stay whole and as written. Tokens are
    kept as text, since token types, like syntax trees, differ between versions of Python.
    """
    kept: list[str] = []
    line: list[str] = []
    for text in _tokens(source):
        if text in (INDENT, DEDENT):
            kept.append(text)
        elif text != NEWLINE:
            line.append(text)
        else:
            if not all(map(STRING.match, line)):
                kept += [*_without_words(line), NEWLINE]
            line = []
    return kept


INDENT, DEDENT, NEWLINE = "\t", "\v", "\n"  # no token looks like these
STRING = re.compile("(?i:[bru]|br|rb)?['\"]")  # not an f-string


def _tokens(source: bytes) -> Iterator[str]:
    """The tokens as they are written, with f-strings whole (Python 3.12 splits them)."""
    encoding = tokenize.detect_encoding(io.BytesIO(source).readline)[0]
    text = io.TextIOWrapper(io.BytesIO(source), encoding).read()  # lines end in \n, as Python itself reads them
    lines = text.split("\n")
    opened: list[tuple[int, int]] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = tokenize.tok_name[token.type]
        if kind.endswith("STRING_START"):
            opened.append(token.start)
        elif kind.endswith("STRING_END"):
            start = opened.pop()
            if not opened:
                yield _between(lines, start, token.end)
        elif not opened:
            if kind in MARKS:
                yield MARKS[kind]
            elif kind not in ("COMMENT", "NL", "ENDMARKER"):
                yield token.string


MARKS = {"INDENT": INDENT, "DEDENT": DEDENT, "NEWLINE": NEWLINE}


def _between(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    """The text from one (line, column) to another; lines count from 1."""
    (top, left), (bottom, right) = start, end
    if top == bottom:
        return lines[top - 1][left:right]
    return "\n".join([lines[top - 1][left:], *lines[top : bottom - 1], lines[bottom - 1][:right]])


def _without_words(line: list[str]) -> list[str]:
    """A line of tokens, without the arguments of `raise UserError(…)`."""
    if line[:3] != ["raise", "UserError", "("]:
        return line
    depth = 0
    for place, text in enumerate(line):
        depth += (text == "(") - (text == ")")
        if text == ")" and depth == 0:
            return [*line[:3], *line[place:]]
    return line

"""Ways of being wrong in params.yaml, for hypothesis: files, and overrides as `dvc exp run -S` takes them."""

import copy
import io
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from ruamel.yaml import YAML

from .conftest import ROOT

TEXT = (ROOT / "params.yaml").read_text(encoding="utf-8")
VALUES = YAML(typ="safe", pure=True).load(TEXT)

NUMBERS = [0, -1, 1, 2**31, 2**63, 10**400, 1e-320, 1e308, float("nan"), float("inf"), -float("inf"), -0.0]
TEXTS = [
    "",
    " ",
    "null",
    "1e-5",
    "true",
    "é",
    "\u202e",
    "\x1b[31m",
    "a\nb",
    "\0",
    "../../etc/passwd",
    "/etc",
    "~",
    "x" * 300,
]
SHELL = [
    "; touch pwned",
    "$(touch pwned)",
    "`touch pwned`",
    "' touch pwned '",
    "| touch pwned",
    "__class__",
    "${seed}",
    "%s",
]

scalars = (
    st.none()
    | st.booleans()
    | st.sampled_from(NUMBERS)
    | st.integers()
    | st.floats()
    | st.sampled_from(TEXTS + SHELL)
    | st.text(max_size=20)
    | st.binary(max_size=4)
    | st.dates()
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=3),
    max_leaves=8,
)


def places(node: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every key and list entry."""
    keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    return [path for key in keys for path in [(*above, key), *places(node[key], (*above, key))]]


@st.composite
def wrong_values(draw: st.DrawFn) -> Any:
    """The settings with one to three of them changed, missing, misspelt, swapped, or with strangers beside them."""
    values = YAML(typ="safe", pure=True).load(TEXT)
    for _ in range(draw(st.integers(1, 3))):
        *above, key = draw(st.sampled_from(places(values) or [("seed",)]))
        node = values
        for part in above:
            node = node[part]
        change = draw(st.sampled_from(["value", "value", "value", "delete", "rename", "add", "wrap", "swap"]))
        if change == "delete":
            del node[key]
        elif change == "rename" and isinstance(node, dict):
            node[draw(st.sampled_from([f"{key}s", str(key)[:-1], str(key).upper(), "", 1, None]) | st.text())] = (
                node.pop(key)
            )
        elif change == "add" and isinstance(node, dict):
            node[draw(st.text(max_size=8) | st.integers() | st.none() | st.booleans())] = draw(anything)
        elif change == "wrap":
            node[key] = draw(st.sampled_from([[node[key]], {"x": node[key]}, [node[key]] * 3]))
        elif change == "swap":
            node[key] = copy.deepcopy(VALUES[draw(st.sampled_from(sorted(VALUES)))])
        elif isinstance(node, dict | list) and key in (node if isinstance(node, dict) else range(len(node))):
            node[key] = draw(anything)
    return values


def dumped(values: Any) -> bytes:
    """As YAML, or as JSON-like text where YAML's writer has no way."""
    stream = io.BytesIO()
    try:
        YAML(typ="safe", pure=True).dump(values, stream)
    except Exception:
        return repr(values).encode("utf-8", "surrogatepass")
    return stream.getvalue()


# fmt: off
TOKENS = [
    "&a ", "*a", "<<: *a\n", "<<: 1\n", "!!python/object/apply:os.system ['touch pwned'] ", "!!bool maybe ",
    "!!binary x ",
    "!!timestamp x ", "!!set {a} ", "!!int 0x", "!x ", "- ", ": ", "? ", "[", "]", "{", "}", "|\n", ">\n", "---\n",
    "...\n",
    "%YAML 1.1\n---\n", "\t", "\r", "#", '"', "'", "\\", "\ufeff", "\u2028", "é", "\x00", "\x1b[2J", '"\\ud800"',
    "0b1", "1_000",
    "9" * 5000, "0x" + "f" * 5000, "[" * 3000, "{a: " * 500, "@", "`", "${grid.dense.model}", "seed: 1\n",
    "\nseed: 1\n",
]
# fmt: on

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{above}'] * 9)}]\n" for above, name in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{name}: &{name} {{<<: [{', '.join([f'*{above}'] * 9)}]}}\n"
    for above, name in zip("abcdefgh", "bcdefghi", strict=True)
)
LOOP = "a: &a [*a]\n"
# fmt: off
FILES = [
    b"", b"\n", b"#", b"---", b"~", b"seed", b"[]", b"{}", b"1", b"\x00" * 100, b"\xff\xfe", b"\x89PNG\r\n\x1a\n",
    b"\x80\x04\x95",
    TEXT.encode("utf-16"), TEXT.encode("utf-32"), TEXT.encode("utf-8-sig"), TEXT.encode() + b"\xff",
    TEXT.encode("utf-8")[:-7],
    BOMB.encode(), MERGES.encode(), LOOP.encode(), (TEXT + BOMB).encode(), TEXT.replace("seed: 0",
    "seed: &a [*a]").encode(),
    b"[" * 99_000, b"{a: " * 20_000, b"a: " + b"[" * 40_000 + b"]" * 40_000, b"- " * 40_000, b"? " * 40_000,
    b"x" * 99_000,
    b"x" * 200_000, ("a: [" + "1, " * 20_000 + "]").encode(), (TEXT + TEXT).encode(), TEXT.replace("\n",
    "\r\n").encode(),
    TEXT.replace("latent_dim: [2, 8]", f"latent_dim: {list(range(1, 1025))}").encode(),
    TEXT.replace("latent_dim: [2, 8]", f"latent_dim: {list(range(15_000))}").encode(),
]
# fmt: on


@st.composite
def spoilt_texts(draw: st.DrawFn) -> bytes:
    """The file with tokens put in, pieces cut out or doubled, lines swapped, its end missing,
    or in another encoding."""
    text = TEXT
    for _ in range(draw(st.integers(1, 3))):
        at, length = draw(st.integers(0, len(text))), draw(st.integers(1, 40))
        change = draw(st.sampled_from(["insert", "insert", "value", "value", "cut", "double", "end", "line"]))
        piece = draw(st.sampled_from(TOKENS) | st.text(max_size=5))
        start = text.find(": ", at) + 2
        end = text.find("\n", start)
        if change == "value" and 2 <= start <= end:
            text = text[:start] + piece + text[end:]
        elif change == "cut":
            text = text[:at] + text[at + length :]
        elif change == "double":
            text = text[:at] + text[at : at + length] + text[at:]
        elif change == "end":
            text = text[:at]
        elif change == "line":
            lines = text.split("\n")
            lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(lines)))
            text = "\n".join(lines)
        else:
            text = text[:at] + piece + text[at:]
    encoding = draw(st.sampled_from(["utf-8"] * 8 + ["latin-1", "utf-16", "cp037"]))
    return text.encode(encoding, "replace" if encoding != "utf-8" else "surrogatepass")


files = st.integers(0, len(FILES) - 1).map(lambda number: FILES[number]) | wrong_values().map(dumped) | spoilt_texts()

keys = st.sampled_from([".".join(map(str, path)) for path in places(VALUES)]) | st.sampled_from(
    [
        "betta",
        "train.ler",
        "grid.dense.latent_dim[0]",
        "grid.x.model",
        "a" * 200,
        "",
        ".",
        "seed.x",
        "train",
        "grid",
        "é",
    ]
)
override_values = (
    st.sampled_from(
        [*map(str, NUMBERS[:5]), "1e-5", "1E400", "-1e400", "nan", "inf", "null", "Null", "true", "off", "0x10"]
    )
    | st.sampled_from(
        [
            "[]",
            "[1,2",
            "[2,[3]]",
            "{}",
            "{a:1}",
            "{a:{b:[x]}}",
            "'",
            '"',
            "\\",
            "${beta}",
            "${x}",
            "${oc.env:HOME}",
            "1,2,3",
        ]
    )
    | st.sampled_from(
        ["choice(1,2)", "range(1,9)", "glob(*)", "int(2.5)", "shuffle([1])", "sort(3,1)", "???", "@a", "!x", "&a", "*a"]
    )
    | st.sampled_from(TEXTS[:9] + SHELL)
    | st.integers().map(str)
    | st.floats().map(str)
    | st.text(max_size=12)
)
overrides = st.builds(
    lambda sign, key, equals, value: f"{sign}{key}{equals}{value}",
    st.sampled_from(["", "", "", "+", "++", "~"]),
    keys,
    st.sampled_from(["=", "=", "=", "=", "", "==", ":", "= "]),
    override_values,
)


Snapshot = dict[str, tuple[int, bytes]]


def snapshot(folder: Path) -> Snapshot:
    """Every file below a folder with its time of change and content, the links' targets left out."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, path.read_bytes()) for path in found}

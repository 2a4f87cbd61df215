"""Scripts as one: in the order of what they need, each in its own scope, and nothing that a script leaves unsaid."""

import re
import shutil
import subprocess

import pytest

from vaeplay.gallery import render
from vaeplay.gallery.bundle import bundle
from vaeplay.gallery.sections import SECTIONS

SCRIPTS = {
    "a/script.js": "import {\n  one,\n  two as alias,\n} from '../b/parts.js';\nimport './more.js';\n\n"
    "const own = one + alias();\nglobalThis.found = own;\n",
    "a/more.js": "import { one } from '../b/parts.js';\nconst own = one;\nglobalThis.more = own;\n",
    "b/parts.js": "const own = 1;\nexport const one = own;\nexport function two() {\n  return 2;\n}\n",
}


def names(text: str) -> list[str]:
    """The scripts of a bundle, in order."""
    return re.findall(r"^modules\['(.*)'\] = ", text, re.MULTILINE)


def test_a_script_stands_once_and_after_what_it_imports() -> None:
    text = bundle(["a/script.js", "b/parts.js"], SCRIPTS.__getitem__)
    assert names(text) == ["b/parts.js", "a/more.js", "a/script.js"]
    assert text == bundle(["a/script.js", "b/parts.js"], SCRIPTS.__getitem__)


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js")
def test_each_script_has_its_own_scope_and_gives_what_it_exports() -> None:
    text = bundle(["a/script.js"], SCRIPTS.__getitem__)
    code = f"{text}\nconsole.log(found, more, Object.keys(modules['b/parts.js']).join())"
    done = subprocess.run(["node", "-e", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("3 1 one,two\n", "")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"b/parts.js": "import './../a/more.js';\nexport const one = 1;\n"},
            "in a circle: b/parts.js → a/more.js → b/parts.js",
        ),
        ({"b/parts.js": "import './parts.js';\n"}, "in a circle: b/parts.js → b/parts.js"),
        ({"b/parts.js": "export const one = 1;\n"}, "a/script.js: b/parts.js does not export 'two'"),
        ({"b/parts.js": "const one = 1;\nexport { one };\n"}, r"b/parts.js: 'export \{ one \};' is a form"),
        ({"b/parts.js": "export default 1;\n"}, "b/parts.js: 'export default 1;' is a form"),
        ({"a/more.js": "import * as all from '../b/parts.js';\n"}, r"a/more.js: \"import \* as all"),
    ],
)
def test_what_cannot_be_joined_is_refused(changed: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bundle(["a/script.js"], (SCRIPTS | changed).__getitem__)


def test_every_script_and_style_of_the_page_is_in_it() -> None:
    folders = [section.name for section in SECTIONS]
    found = {path.relative_to(render.FOLDER).as_posix() for path in render.FOLDER.rglob("*.js")}
    assert {*names(render.script([*folders, "notebook"])), render.EARLY} == found
    style = render.style(folders)
    for path in render.FOLDER.rglob("*.css"):
        assert (path.read_text().strip() in style) == (path.parent.name not in ("experiments", "notebook")), path


def test_every_section_is_a_folder_and_every_folder_a_section() -> None:
    folders = {path.parent.name for path in render.FOLDER.glob("*/__init__.py")}
    assert {section.name for section in SECTIONS} == folders - {"frame", "experiments", "notebook"}
    known = {"__init__.py", "data.py", "template.html.j2", "after.html.j2", "style.css", "script.js"}
    for section in SECTIONS:
        own = {path.name for path in (render.FOLDER / section.name).iterdir() if path.is_file()}
        assert {"__init__.py", "data.py"} <= own and own & (known - {"__init__.py", "data.py"}), section

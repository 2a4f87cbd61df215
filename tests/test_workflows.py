"""The workflows run what they say, with the least rights and pinned actions; `.ci/run` lints them."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from .conftest import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))

UV = """#!/bin/sh
# Stands in for uv: notes what it was asked for, and makes the files that would come of it.
echo "$@" >> calls
mkdir -p reports
case "$*" in
    "run vaeplay repro -j 2") echo whole > reports/gallery.html ;;
    "run vaeplay try "*) echo "$4" > "reports/$4.html" ;;
    "run mkdocs build") cp -r docs site ;;
    *) exit 1 ;;
esac
"""


def jobs(path: Path) -> dict[str, Any]:
    jobs: dict[str, Any] = YAML(typ="safe", pure=True).load(path)["jobs"]
    return jobs


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_and_rights_are_few(path: Path) -> None:
    text = path.read_text("utf-8")
    assert YAML(typ="safe", pure=True).load(path)["permissions"] == {"contents": "read"}
    assert "secrets." not in text and "write-all" not in text
    used = [step["uses"] for job in jobs(path).values() for step in job["steps"] if "uses" in step]
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", use) for use in used), used


@pytest.mark.parametrize(("preset", "content"), [("default", "whole"), ("quick", "quick")])
def test_the_published_page_is_that_of_the_run(tmp_path: Path, preset: str, content: str) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "docs").mkdir()
    for name, script in (("uv", UV), ("git", "#!/bin/sh\n")):
        (tmp_path / "bin" / name).write_text(script)
        (tmp_path / "bin" / name).chmod(0o755)
    environment = {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}", "PRESET": preset}
    steps = [step for step in jobs(ROOT / ".github/workflows/pages.yml")["build"]["steps"] if "name" in step]
    for step in steps:
        subprocess.run(["bash", "-e", "-c", step["run"]], cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "site/gallery.html").read_text().strip() == content
    assert "](gallery.html)" in (tmp_path / "site/index.md").read_text()


def test_the_tests_that_the_systems_run_are_there() -> None:
    [command] = [
        step["run"]
        for step in jobs(ROOT / ".github/workflows/ci.yml")["systems"]["steps"]
        if "pytest" in step.get("run", "")
    ]
    assert all((ROOT / name).is_file() for name in command.split() if name.startswith("tests/"))

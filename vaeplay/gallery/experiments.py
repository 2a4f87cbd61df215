"""`vaeplay experiments`: DVC's experiments side by side, as a page of their own, reports/experiments.html.

DVC is asked as a process (`dvc exp show --json`), so that this package does not import it.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from markupsafe import Markup

from vaeplay import files
from vaeplay.errors import UserError
from vaeplay.gallery import render, sweep, views
from vaeplay.gallery.fields import Fields, clean
from vaeplay.gallery.plane import plane
from vaeplay.gallery.scale import MARKERS
from vaeplay.gallery.words import plural

PAGE = Path("reports/experiments.html")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command takes the revisions whose experiments are shown; without any, those of the current commit."""
    parser.add_argument("revisions", nargs="*", help="git revisions whose experiments to show (default: HEAD)")


def main(arguments: argparse.Namespace) -> int:
    """Write the page and say where it is."""
    found = sweep.read([Fields(entry, "dvc exp show") for entry in show(arguments.revisions)])
    files.write_text(PAGE, html(found))
    print(f"{PAGE}: {plural(found.count, 'experiment')}, {plural(len(found.cells), 'cell')}")
    return 0


def html(found: sweep.Sweep) -> str:
    """The page. Equal experiments give equal texts."""
    style = "\n".join(render.asset(f"{name}.css") for name in render.STYLES)
    scripts = [render.asset(f"{name}.js") for name in render.EARLY_SCRIPTS]
    template = render.environment().get_template("experiments.html.j2")
    return template.render(
        sweep=found,
        policy=render.policy([style], scripts),
        style=Markup(style),
        scripts=[Markup(script) for script in scripts],
        columns=found.columns,
        families=views.families(found.page),
        plane=plane(found.page),
        choices=(),
        markers=MARKERS,
    )


def show(revisions: list[str]) -> list[Any]:
    """What `dvc exp show --json` says.

    Raises:
        UserError: DVC is not there, fails, or says something else.
    """
    command = [sys.executable, "-m", "dvc", "exp", "show", "--json", *(f"--rev={name}" for name in revisions)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = clean(" ".join(done.stderr.split())[-300:])
        raise UserError(f"dvc exp show failed: {said or 'it said nothing'}")
    try:
        value = json.loads(done.stdout)
    except ValueError:
        raise UserError("dvc exp show: found no JSON; expected a list of revisions") from None
    if not isinstance(value, list):
        raise UserError("dvc exp show: found JSON of another kind; expected a list of revisions")
    return value

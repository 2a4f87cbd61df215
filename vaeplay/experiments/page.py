"""`vaeplay experiments`: DVC's experiments side by side on a page of their own, reports/experiments.html.

DVC runs as a subprocess (`dvc exp show --json`), so that this package does not import it. It says which results each
experiment has; the results themselves are in its cache.
"""

import argparse
import subprocess
import sys
from functools import partial
from pathlib import Path

from markupsafe import Markup

from vaeplay import files
from vaeplay.advice import of_dvc
from vaeplay.errors import UserError
from vaeplay.gallery import render, results
from vaeplay.gallery.experiments import sweep
from vaeplay.gallery.plane import data as plane
from vaeplay.gallery.views import view
from vaeplay.gallery.words import plural

PAGE = Path("reports/experiments.html")
FOLDER = Path(__file__).parent.name


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command takes the revisions whose experiments are shown; without any, those of the current commit."""
    parser.add_argument("revisions", nargs="*", help="git revisions whose experiments to show (default: HEAD)")


def main(arguments: argparse.Namespace) -> int:
    """Write the page and say where it is."""
    write(arguments.revisions)
    return 0


def write(revisions: list[str]) -> None:
    """Write the page of these git revisions' experiments, by default those of HEAD, and say where it is.

    Raises:
        UserError: DVC cannot say what experiments there are.
    """
    cache = Path(dvc("cache", "dir").strip())
    found = sweep.read(dvc("exp", "show", "--json", *(f"--rev={name}" for name in revisions)), partial(cached, cache))
    files.write_text(PAGE, html(found))
    print(f"{PAGE}: {plural(found.count, 'experiment')}, {plural(len(found.cells), 'cell')}")


def html(found: sweep.Sweep) -> str:
    """The page. Equal experiments give equal texts."""
    seen = view(found.page)
    style = render.style(("table", "plane", FOLDER))
    script = render.asset(render.EARLY)
    template = render.environment().get_template(f"{FOLDER}/template.html.j2")
    names = render.shared(seen) | plane.data(seen) | {"choices": ()}  # other axes need the page's scripts
    return template.render(
        names,
        sweep=found,
        policy=render.policy([style], [script]),
        style=Markup(style),
        script=Markup(script),
        columns=sweep.compared(seen),
    )


def cached(cache: Path, md5: str) -> dict[str, float | None]:
    """The metrics in DVC's cache whose content has this MD5; none if only another machine's cache has them.

    Raises:
        UserError: the cache holds something else there.
    """
    path = cache / "files/md5" / md5[:2] / md5[2:]
    return results.parse(path.read_text(encoding="utf-8"), str(path), results.Numbers) if path.is_file() else {}


def dvc(*arguments: str) -> str:
    """The output of a DVC command.

    Raises:
        UserError: DVC is not there, or fails.
    """
    done = subprocess.run([sys.executable, "-m", "dvc", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise UserError(f"dvc {arguments[0]} {arguments[1]} failed: {of_dvc(done.stderr)}")
    return done.stdout

"""`vaeplay experiments`: DVC's experiments side by side on a page of their own, reports/experiments.html.

DVC runs as a subprocess (`dvc exp show --json`), so that this package does not import it. It says which results each
experiment has; the results themselves are in its cache.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup

from vaeplay import files
from vaeplay.advice import of_dvc
from vaeplay.errors import UserError
from vaeplay.gallery import render
from vaeplay.gallery.experiments import steps, sweep
from vaeplay.gallery.experiments.states import Load
from vaeplay.gallery.plane import data as plane
from vaeplay.gallery.views import families, view
from vaeplay.gallery.words import plural

PAGE = Path("reports/experiments.html")
FOLDER = Path(__file__).parent.name
LEAD = (
    "The workspace, the commits and their DVC experiments, each with its cells. Add experiments with "
    "`uv run vaeplay try beta=0.5,1,2,4,8`, or make this page again with `uv run vaeplay experiments`."
)
COMPARED = "The results in the workspace and those of the experiment. Only cells that it changed have a second version."


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
    found = sweep.read(dvc("exp", "show", "--json", *(f"--rev={name}" for name in revisions)), cache())
    files.write_text(PAGE, html(found, plural(found.count, "experiment"), LEAD))
    print(f"{PAGE}: {plural(found.count, 'experiment')}, {plural(len(found.cells), 'cell')}")


def compare(name: str) -> Path:
    """Write a page that shows the workspace's results and those of one experiment side by side: its path.

    Raises:
        UserError: as `write`.
    """
    found = sweep.read(dvc("exp", "show", "--json"), cache(), only=("workspace", name))
    path = PAGE.with_name(f"compare-{name}.html")
    pages = {"the workspace": "gallery.html", name: f"{name}.html"}
    links = [(title, page) for title, page in pages.items() if PAGE.with_name(page).is_file()]
    files.write_text(path, html(found, f"Before and after {name}", COMPARED, links))
    return path


def html(found: sweep.Sweep, title: str, lead: str, links: Sequence[tuple[str, str]] = ()) -> str:
    """The page. Equal experiments give equal texts."""
    seen = view(found.largest.page)
    style = render.style(("table", "plane", FOLDER))
    script = render.asset(render.EARLY)
    template = render.environment().get_template(f"{FOLDER}/template.html.j2")
    names = render.shared(seen) | plane.data(seen) | {"choices": ()}  # other axes need the page's scripts
    return template.render(
        names | {"families": families(replace(found.largest.page, cells=found.cells))},
        title=title,
        lead=lead,
        links=links,
        policy=render.policy([style], [script]),
        style=Markup(style),
        script=Markup(script),
        groups=[shown(group, found) for group in found.groups],
    )


def shown(group: sweep.Group, found: sweep.Sweep) -> dict[str, Any]:
    """What the template shows of the experiments on one data set; cells that none of them changed have no chain."""
    seen = view(group.page)
    several = sum(bool(item.cells) for item in group.experiments) > 1 or len(found.groups) > 1
    chains = steps.chains(seen, found.values)
    return {
        "title": group.title,
        "experiments": group.experiments,
        "columns": sweep.compared(seen),
        "chains": [chain for chain in chains if not several or len(chain.versions) > 1 or changed(chain, group)],
    }


def changed(chain: steps.Chain, group: sweep.Group) -> bool:
    """Whether a cell of a single version comes from an experiment."""
    own = {cell.name for item in group.experiments if item.own for cell in item.cells}
    return chain.versions[0].name in own


def cache() -> Load:
    """What reads DVC's cache."""
    return partial(cached, Path(dvc("cache", "dir").strip()))


def cached(folder: Path, md5: str) -> bytes | None:
    """The content in DVC's cache that has this MD5; None if only another machine's cache has it."""
    path = folder / "files/md5" / md5[:2] / md5[2:]
    return path.read_bytes() if path.is_file() else None


def dvc(*arguments: str) -> str:
    """The output of a DVC command.

    Raises:
        UserError: DVC is not there, or fails.
    """
    done = subprocess.run([sys.executable, "-m", "dvc", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise UserError(f"dvc {arguments[0]} {arguments[1]} failed: {of_dvc(done.stderr)}")
    return done.stdout

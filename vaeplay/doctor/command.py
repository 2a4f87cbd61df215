"""`vaeplay doctor`: what this machine and this workspace are, what is wrong with them, and the command that mends it.

It changes nothing, but `dvc status`, which it asks, drops damaged objects of the cache. What it says is a list of
findings: fine, worth knowing, or to be mended.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from vaeplay.doctor import cache, lockfile, machine, results, stale
from vaeplay.doctor.finding import Finding
from vaeplay.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `vaeplay doctor`."""
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def main(arguments: argparse.Namespace) -> int:
    """Print what there is to say of this machine and the workspace in the current folder: 1 if something is wrong."""
    findings = examine(Path())
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=1, ensure_ascii=False))
    else:
        print("\n".join(line for finding in findings for line in finding.lines()))
    return int(any(finding.mark == "!" for finding in findings))


def examine(root: Path) -> list[Finding]:
    """Everything that is found, in the order in which it is worth reading.

    Raises:
        UserError: `root` is no workspace.
    """
    if not (root / "params.yaml").is_file() or not (root / "dvc.yaml").is_file():
        raise UserError("no params.yaml and dvc.yaml here; run it in the folder of the project")
    asked = stale.ask_dvc(root)  # it takes seconds: the rest is looked into meanwhile
    of_params, params = stale.settings(root)
    whole, of_lock = lockfile.read(root)
    lock, of_gone = lockfile.current(root, whole, params)
    return [
        *machine.findings(root, params),
        *of_params,
        *of_lock,
        *of_gone,
        *lockfile.processes(root),
        *cache.findings(root, lock),
        *results.findings(root, params),
        *stale.findings(root, lock, params, asked),
    ]

"""The command `vaeplay`: a table of sub-commands. Only the one that runs is imported."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

from vaeplay import advice
from vaeplay.errors import UserError

COMMANDS = {
    "show": ("vaeplay.terminal.show", "print the metrics of all cells, or of one", "--by elbo"),
    "open": ("vaeplay.terminal.browse", "open the page in the browser", ""),
    "try": ("vaeplay.experiments.command", "run the pipeline once with other settings, or a preset of them", "beta=4"),
    "export": (
        "vaeplay.python.export",
        "write a cell as ONNX, or as a folder for the Hugging Face Hub",
        "CELL --onnx FILE",
    ),
    "experiments": ("vaeplay.experiments.page", "write a page that shows DVC's experiments side by side", ""),
    "repro": ("vaeplay.runner.repro", "reproduce the pipeline, many cells at once", "-j 2"),
    "doctor": ("vaeplay.doctor.command", "find what is wrong with this machine and workspace, and how to fix it", ""),
}
"""Sub-command → its module, its help text, and the words of an example.

A module has `add_arguments(parser)` and `main(arguments) -> int`.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sub-command and return its exit code: 1 for an error that is not a bug, 2 for an invalid command line."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="vaeplay", description="VAE Playground's commands beside DVC's.")
    commands = parser.add_subparsers(metavar="command", required=True)
    for name, (module, summary, _) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if words[:1] == [name]:
            importlib.import_module(module).add_arguments(command)
            command.set_defaults(module=module)
    if not words:
        print(listing())
        return 0
    chosen = parser.parse_args(words)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a pipe on Windows cannot take every character
    try:
        if (root := workspace()) != Path.cwd():
            print(f"in {root}:", file=sys.stderr)  # where the paths begin that are printed
        os.chdir(root)
        return importlib.import_module(chosen.module).main(chosen)
    except BrokenPipeError:  # the reader has closed the pipe, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        said = advice.line(error, kept="")
        if said is None:
            raise
        print(said, file=sys.stderr)
        return 1


def listing() -> str:
    """The sub-commands, each with an example, one per line."""
    examples = {f"vaeplay {name} {example}".rstrip(): summary for name, (_, summary, example) in COMMANDS.items()}
    width = max(map(len, examples))
    return "\n".join(
        [
            "VAE Playground: autoencoders trained under identical conditions, measured and shown.",
            "`dvc repro` runs the pipeline and writes the page. Beside it there are, each with --help:",
            "",
            *(f"  {example:{width}}  {summary}" for example, summary in examples.items()),
        ]
    )


def workspace() -> Path:
    """The nearest DVC workspace: this folder or one above it.

    Raises:
        UserError: there is none.
    """
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / ".dvc").is_dir():
            return folder
    raise UserError(f"{Path.cwd()}: no DVC workspace here or above: run this in a clone of the project")

"""`vaeplay try`: run the pipeline once with other settings; params.yaml stays unchanged."""

import argparse
from pathlib import Path

from vaeplay.errors import UserError
from vaeplay.experiments import presets, results, run
from vaeplay.experiments.presets import Trial
from vaeplay.settings import params, resolve, yaml_file

INTERRUPTED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    what = "a preset, or a setting as key=value (beta=4, train.epochs=5); key=1,2,4 tries each; default: list presets"
    parser.add_argument("words", nargs="*", metavar="WHAT", help=what)


def main(arguments: argparse.Namespace) -> int:
    """Exit code 0 once everything asked for has run, 130 if interrupted."""
    root = Path()
    if not (root / "params.yaml").is_file() or not (root / "dvc.yaml").is_file():
        raise UserError("no params.yaml and dvc.yaml here: run this in the project's folder")
    if not arguments.words:
        print(listing(root))
        return 0
    trials = presets.trials(arguments.words, root)
    for trial in trials:
        resolve.check(trial.settings, root)
    try:
        for trial in trials:
            attempt(trial, root)
    except KeyboardInterrupt:
        print("interrupted: params.yaml is unchanged; DVC keeps the finished stages for the next try")
        return INTERRUPTED
    from vaeplay.experiments import page  # imports what draws the page

    if len(trials) > 1:
        page.write([])
    else:
        print(page.compare(trials[0].name))
    return 0


def attempt(trial: Trial, root: Path) -> None:
    """Run one experiment and print what it changed: the run's summary, the changed cells' metrics, its page.

    Results on other images stand alone.
    """
    before, sum_before = results.of_workspace(root), results.summary_of_workspace(root)
    if trial.settings.data != params.validate(yaml_file.read(root / "params.yaml")).data:
        before, sum_before = {}, {}
    print(f"{trial.name}:")
    made = results.Results(root, run.reproduce(trial, root))
    path = made.restore_page(trial.name)
    lines = results.table(before, made.metrics(trial.settings.cells())) or ["no cell's metrics have changed"]
    summed = results.summary_table(sum_before, made.summary())
    for block in (summed, lines, [path]):
        if block:
            print("", *block, sep="\n")


def listing(root: Path) -> str:
    """What `vaeplay try` accepts."""
    names = presets.names(root)
    width = max(map(len, names), default=0)
    lines = [f"  vaeplay try {name:{width}}  {presets.read(name, root).description}" for name in names]
    return "\n".join(
        [
            "Presets:",
            *lines,
            "",
            "Settings of params.yaml, one or several:",
            "  vaeplay try beta=4 train.epochs=5",
            "Several values, one after the other:",
            "  vaeplay try beta=1,2,4",
        ]
    )

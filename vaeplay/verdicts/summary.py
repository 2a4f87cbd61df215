"""reports/verdicts.json: a run in eight numbers, so that `dvc metrics diff` says in a few lines what has changed."""

from statistics import fmean

from vaeplay.evaluation.registry import BY_KEY
from vaeplay.verdicts.evidence import Evidence
from vaeplay.verdicts.pairs import Configuration
from vaeplay.verdicts.table import Table

SHOWN = {"mse": min, "elbo": max, "frechet": min}
"""The metrics that are summarised, and which end of each is the better."""


def summary(known: list[Configuration], evidence: Evidence, table: Table) -> dict[str, float | int]:
    """The numbers by their short names.

    `<metric>` is the mean over the configurations that have it, each the mean over its trainings, and `best_<metric>`
    the best of them. `holds` and `fails` count the verdicts of the ledger of claims; longer names would not fit into
    the table of `dvc metrics show`.
    """
    numbers: dict[str, float | int] = {}
    for key, best in SHOWN.items():
        samples = [evidence.sample(one.cells, key) for one in known]
        values = [float(sample.points.mean()) for sample in samples if sample is not None]
        if values:
            digits = BY_KEY[key].digits  # in a table of `dvc metrics show`, further ones take the room of a column
            numbers |= {key: round(fmean(values), digits), f"best_{key}": round(best(values), digits)}
    for verdict in ("holds", "fails"):
        numbers[verdict] = sum(judged.verdict == verdict for judged in table.claims)
    return numbers

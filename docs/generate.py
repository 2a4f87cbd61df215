"""Writes docs/models.md and docs/metrics.md from the models' docstrings and the registry of metrics.

Run `python -m docs.generate` after changing either; a test compares them.
"""

import ast
import textwrap
from pathlib import Path

from vaeplay.evaluation.registry import METRICS
from vaeplay.evaluation.registry.metric import Metric

DOCS = Path(__file__).parent
MODELS = DOCS.parent / "vaeplay/models"

ORDER = (
    *("ae", "vae", "conv_ae", "conv_vae", "vq_vae", "vq_vae2", "dvae", "multi_rate", "iwae", "dreg", "tc_vae"),
    *("factor_vae", "dip_vae", "info_vae", "capacity_vae", "mixture_vae", "vamp_vae", "conditional_vae"),
    *("flow_prior", "iaf_vae", "ladder_vae", "wae", "aae", "denoising", "sparse", "contractive", "rae"),
)
"""Files of the models as one would explain them; others follow by name."""

PARTS = (
    "losses",
    "likelihoods",
    "schedules",
    "quantisers",
    "codebooks",
    "scalar",
    "two_maps",
    "adversary",
    "flows",
    "nets",
    "residual",
)

WITHOUT = ("__init__", "base", "convolutional", "residual")
"""Files of the models' folder that hold no model."""

ABOUT_MODELS = """# Models

Each model is one short file in `vaeplay/models/` that begins with its maths, repeated here. Every model can be trained
under any likelihood, every VAE under any schedule of its rate, and all of them with the optimiser, learning-rate
schedule, gradient clipping, early stopping and weight averaging that `params.yaml` names. Models are named by class. A
model with dense networks has convolutional ones under a name with `Conv` before it, and residual ones with `Res`:
`ConvRAE`, `ResFactorVAE`. So has a model of maps of codes, whose own are convolutional: `ResVQVAE`, `ResVQVAE2`.
"""

ABOUT_METRICS = """# Metrics

Every metric that is measured. All are means over the images of the test split, unless the definition says otherwise.
The key is the metric's name in `metrics/<cell>.json`; the interval of each is over what the last column names.
"""


def models() -> str:
    """The page on models."""
    names = [path.stem for path in sorted(MODELS.glob("*.py"))]
    files = [*ORDER, *(name for name in names if name not in (*ORDER, *WITHOUT))]
    sections = [_section(MODELS / f"{name}.py") for name in files]
    parts = [_section(MODELS / "parts" / f"{name}.py") for name in PARTS]
    return "\n".join([ABOUT_MODELS, *sections, "# What models share\n", *parts])


def _section(path: Path) -> str:
    """A file's classes as a title, and its docstring: indented maths as a block, the rest as text."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    summary, *paragraphs = (ast.get_docstring(tree) or "").split("\n\n")
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    title = ", ".join(classes) if path.parent == MODELS else path.stem.replace("_", " ").capitalize()
    where = path.relative_to(DOCS.parent).as_posix()
    return "\n\n".join([f"## {title}", f"{summary} (`{where}`)", *map(_paragraph, paragraphs)]) + "\n"


def _paragraph(text: str) -> str:
    maths = [line for line in text.splitlines() if line.startswith("    ")]
    prose = [line for line in text.splitlines() if not line.startswith("    ")]
    block = f"```text\n{textwrap.dedent(chr(10).join(maths))}\n```" if maths else ""
    return "\n\n".join(filter(None, ["\n".join(prose), block]))


def metrics() -> str:
    """The page on metrics: a table for each group, in the order of the registry."""
    groups: dict[str, list[Metric]] = {}
    for metric in METRICS:
        groups.setdefault(metric.group, []).append(metric)
    tables = [f"## {group.capitalize()}\n\n{_table(members)}" for group, members in groups.items()]
    return "\n".join([ABOUT_METRICS, *tables])


def _table(members: list[Metric]) -> str:
    rows = ["| metric | key | unit | better | definition | interval over |", "|---|---|---|---|---|---|"]
    for metric in members:
        source = f" {metric.source}." if metric.source else ""
        cells = [metric.label, f"`{metric.key}`", metric.unit, metric.better or "–", metric.definition + source]
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in [*cells, f"{metric.over}s"]) + " |")
    return "\n".join(rows) + "\n"


def pages() -> dict[str, str]:
    """What the generated files have to hold, by name."""
    return {"models.md": models(), "metrics.md": metrics()}


if __name__ == "__main__":
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")

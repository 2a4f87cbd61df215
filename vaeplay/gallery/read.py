"""From the pipeline's files to the page's data.

Only the cells that `settings/report.json` lists are read, in its order, whatever other files lie around. A file that a
cell lacks is noted with the command that makes it; a file that is there and broken is an error that names it.
"""

import re
import shlex
from collections.abc import Container
from dataclasses import replace
from pathlib import Path

from vaeplay.evaluation.registry import METRICS
from vaeplay.gallery import budget, fields, provenance, views
from vaeplay.gallery.cells import codebook
from vaeplay.gallery.explorer import decoders
from vaeplay.gallery.fields import Fields
from vaeplay.gallery.map import points as maps
from vaeplay.gallery.page import (
    Cell,
    Cost,
    Curve,
    DataCard,
    Estimate,
    History,
    Judge,
    Memory,
    Missing,
    Page,
    Provenance,
    Spent,
    Split,
    Unit,
)
from vaeplay.gallery.wall import samples, sheets
from vaeplay.gallery.words import run

SPLITS = ("train", "validation", "test")
_REPEAT = re.compile(r"_r(\d+)$")


def read(root: Path) -> Page:
    """The page of the workspace `root`.

    Raises:
        UserError: `settings/report.json` or the data card is missing, or any file that is read is malformed.
    """
    report = fields.load(root, "settings/report.json")
    names = report.texts("cells")
    stages, params = report.object("stages"), report.object("params")
    card = _card(root)
    pictures = samples.of_cells(root, names)
    cells = label([_cell(root, name, pictures[name], stages.text(name, "")) for name in names])
    found, explorable = maps.found(root, names), decoders.present(root, names)
    images = maps.images(root, found, len(names)) if found or explorable else None
    kinds = {kind for found in pictures.values() for kind in found}
    page = Page(
        data=card,
        judge=_judge(root),
        provenance=_provenance(root, params),
        kinds=samples.describe(kinds | set(samples.EXPECTED)),
        thinned=False,
        megabytes=budget.megabytes(params.object("report"), len(names)),
        cells=cells,
        images=images,
        maps=maps.latent_maps(found, images) if images else (),
        explorer=(),
    )
    if images:
        first = views.explored_first(views.view(page))
        page = replace(page, explorer=decoders.read(root, explorable, params.object("explorer"), images, first))
    packed, thinned = sheets.packed(pictures, card.shape, budget.room(page))  # what the rest of the page leaves
    return replace(page, thinned=thinned, cells=tuple(replace(cell, samples=packed[cell.name]) for cell in cells))


def _provenance(root: Path, params: Fields) -> Provenance:
    commit, modified = provenance.commit(root)
    return Provenance(commit, modified, params.integer("seed"), params.number("beta"), fields.flatten(params.values))


def _judge(root: Path) -> Judge | None:
    """The classifier's card, with the metrics `floor_<metric>` that test images reach in the place of samples."""
    if not (root / "classifier/card.json").exists():
        return None
    card = fields.load(root, "classifier/card.json")
    floors = (Estimate(item.key, card.number(f"floor_{item.key}")) for item in METRICS if f"floor_{item.key}" in card)
    return Judge(card.text("task", "class"), card.number("accuracy"), tuple(floors))


def _card(root: Path) -> DataCard:
    examples = samples.png(root, "data/examples.png")
    card = fields.load(root, "data/card.json")
    counts, class_counts = card.object("counts"), card.object("class_counts")
    ordered = sorted(counts.values, key=lambda name: (SPLITS.index(name) if name in SPLITS else len(SPLITS), name))
    return DataCard(
        name=card.text("name"),
        title=card.text("title"),
        source=card.text("source", ""),
        licence=card.text("licence", ""),
        shape=card.integers("shape"),
        classes=card.texts("classes"),
        splits=tuple(
            Split(fields.clean(name), counts.integer(name) or 0, class_counts.integers(name)) for name in ordered
        ),
        factors=card.texts("factors", []),
        own_test=card.values.get("own_test") is True,
        skipped=card.integer("skipped") or 0,
        skipped_files=card.texts("skipped_files", []),
        sha256=card.text("sha256", ""),
        examples=sheets.picture("data/examples.png", examples) if examples else None,
    )


def _cell(root: Path, name: str, pictures: Container[str], stage: str) -> Cell:
    """One cell from its files, as far as they are there, still without its samples.

    `pictures` are the kinds of samples that it will have, `stage` is the last one that makes its files.
    """
    missing: list[Missing] = []

    def find(path: str) -> Fields | None:
        if (root / path).exists():
            return fields.load(root, path)
        missing.append(Missing(path, command))
        return None

    command = f"uv run dvc repro {shlex.quote(stage)}" if stage else "uv run dvc repro"
    cell = find(f"settings/{name}.json") or Fields({}, name)
    log = find(f"logs/cells/{name}.json")
    metrics = find(f"metrics/{name}.json") or Fields({}, name)
    details = find(f"details/{name}.json") or Fields({}, name)
    absent = (kind for kind in samples.EXPECTED if kind not in pictures)
    missing += [Missing(samples.path(name, kind), command) for kind in absent]
    settings = cell.object("settings")
    repeat = _REPEAT.search(name)
    return Cell(
        name=name,
        label=name,
        configuration=_REPEAT.sub("", name),
        run=int(repeat[1]) if repeat else 1,
        model=cell.text("model") if "model" in cell else None,
        latent_dim=cell.integer("latent_dim"),
        depth=cell.integer("depth"),
        activation=cell.text("activation") if "activation" in cell else None,
        seed=cell.integer("seed"),
        beta=settings.number("beta"),
        settings=fields.flatten(settings.values),
        train=fields.flatten(cell.object("train").values),
        metrics=_metrics(metrics, details),
        spectrum=_spectrum(details),
        usage=details.integers("usage"),
        codes=codebook.sheet(root, name, details.integers("usage")),
        best=details.integers("best"),
        worst=details.integers("worst"),
        test_images=details.integer("test_images"),
        history=_history(log) if log else None,
        cost=_cost(root, name, log) if log else None,
        prior=log.text("prior") if log and "prior" in log else None,
        command=command,
        missing=tuple(missing),
        failed=log.text("reason") if log and log.text("status", "complete") == "failed" else None,
    )


def _metrics(metrics: Fields, details: Fields) -> tuple[Estimate, ...]:
    intervals, counts = details.object("intervals"), details.object("counts")
    found = []
    for key in (metric.key for metric in METRICS if metric.key in metrics):
        low, high = intervals.pair(key)
        found.append(Estimate(key, metrics.number(key), low, high, counts.integer(key)))
    return tuple(found)


def _spectrum(details: Fields) -> tuple[Unit, ...]:
    return tuple(
        Unit(
            row.integer("dimension") or 0,
            row.number("rate"),
            row.values.get("active") is True,
            row.values.get("collapsed") is True,
        )
        for row in details.objects("spectrum")
    )


def _history(log: Fields) -> History | None:
    """The epochs of a log, whose terms are the keys `train_<term>` and `validation_<term>`; None where it has none."""
    rows = list(log.objects("history"))
    if not rows:
        return None
    keys = dict.fromkeys(key for row in rows for key in row.values)
    terms = dict.fromkeys(key.partition("_")[2] for key in keys if key.startswith(("train_", "validation_")))
    return History(
        epochs=tuple(row.integer("epoch") or number for number, row in enumerate(rows, 1)),
        lr=_known(rows, "lr"),
        rate_weight=_known(rows, "rate_weight"),
        curves=tuple(
            Curve(
                fields.clean(term),
                tuple(row.number(f"train_{term}") for row in rows),
                tuple(row.number(f"validation_{term}") for row in rows),
            )
            for term in sorted(terms)
        ),
    )


def _known(rows: list[Fields], key: str) -> tuple[float | None, ...]:
    """What each epoch says of `key`; nothing where none does."""
    values = tuple(row.number(key) for row in rows)
    return values if any(value is not None for value in values) else ()


def _cost(root: Path, name: str, log: Fields) -> Cost:
    path = f"cost/{name}_evaluation.json"
    parts = fields.load(root, path).object("seconds") if (root / path).exists() else Fields({}, path)
    return Cost(
        seconds=log.number("seconds"),
        images_per_second=log.number("images_per_second"),
        parameters=log.integer("parameters"),
        device=log.text("device", ""),
        threads=log.integer("threads"),
        memory=tuple(
            Memory(row.text("device"), row.integer("peak_bytes") or 0, row.points("samples"))
            for row in log.objects("memory")
        ),
        evaluation=tuple(Spent(fields.clean(part), parts.number(part)) for part in sorted(parts.values)),
    )


def label(cells: list[Cell]) -> tuple[Cell, ...]:
    """The cells with labels for readers, `VAE, latent 8, depth 2`, naming only what differs between cells.

    A cell whose label would not be its own keeps its name.
    """
    labels = [_label(cell, cells) for cell in cells]
    return tuple(
        replace(cell, label=text if labels.count(text) == 1 else cell.name)
        for cell, text in zip(cells, labels, strict=True)
    )


def _label(cell: Cell, cells: list[Cell]) -> str:
    if cell.model is None:
        return cell.name
    parts = [cell.model if cell.beta is None else f"{cell.model} β={cell.beta:g}"]
    if len({other.latent_dim for other in cells}) > 1:
        parts.append(f"latent {cell.latent_dim}")
    if len({other.depth for other in cells}) > 1:
        parts.append(f"depth {cell.depth}")
    if len({other.activation for other in cells}) > 1:
        parts.append(str(cell.activation))
    return ", ".join(parts) + (run(cell.run) if len({other.run for other in cells}) > 1 else "")

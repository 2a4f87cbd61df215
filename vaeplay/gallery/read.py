"""From the pipeline's files to the page's data.

Only the cells that `settings/report.json` lists are read, in its order, whatever other files lie around. A file that a
cell lacks is noted with the command that makes it; a file that is there and broken is an error that names it.
"""

import shlex
from collections.abc import Container, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pydantic_core import to_json

from vaeplay.evaluation.registry import METRICS
from vaeplay.gallery import budget, results
from vaeplay.gallery.answer.pairs import chosen
from vaeplay.gallery.beta import dials
from vaeplay.gallery.cells import codebook
from vaeplay.gallery.explorer import decoders
from vaeplay.gallery.film import frames
from vaeplay.gallery.image import rebuilt
from vaeplay.gallery.lab import images as lab
from vaeplay.gallery.map import points as maps
from vaeplay.gallery.page import (
    Cell,
    DataCard,
    Estimate,
    Judge,
    Missing,
    Page,
    Provenance,
    Split,
    Unit,
)
from vaeplay.gallery.provenance.commit import commit
from vaeplay.gallery.trained import Cost, Curve, History, Memory, Spent
from vaeplay.gallery.wall import samples, sheets
from vaeplay.gallery.words import run
from vaeplay.settings.axes import AXES, REPEAT
from vaeplay.settings.cells import Axes
from vaeplay.verdicts import table

SPLITS = ("train", "validation", "test")
Kind = TypeVar("Kind")


def read(root: Path) -> Page:
    """The page of the workspace `root`.

    Raises:
        UserError: `settings/report.json` or the data card is missing, or any file that is read is malformed.
    """
    report = results.load(root, "settings/report.json", results.Report)
    names = report.cells
    pictures = samples.of_cells(root, names)
    page = _measured(root, report, pictures)
    params = _params(report)
    found, explorable = maps.found(root, names), decoders.present(root, names)
    images = maps.images(root, found, len(names)) if found or explorable else None
    kinds = {kind for found in pictures.values() for kind in found}
    verdicts = root / "verdicts/verdicts.json"
    page = replace(
        page,
        kinds=samples.describe(kinds | set(samples.EXPECTED)),
        images=images,
        maps=maps.latent_maps(found, images) if images else (),
        verdicts=table.read(verdicts) if verdicts.exists() else None,
        reconstructions=rebuilt.read(root, names),
        references=_references(root),
        lab=lab.read(root),
    )
    if images:
        answers = {cell.name for item in chosen(page) for cell in (item.first, item.second)}
        claims = sorted(page.cells, key=lambda cell: cell.name not in answers)
        page = replace(page, explorer=decoders.read(root, explorable, params.explorer, images, claims))
    live = [item.cell for item in page.explorer if item.way == "live"]
    page = replace(page, films=frames.read(root, live), dials=dials.read(root, report.cells)[:1])
    packed, thinned = sheets.packed(pictures, page.data.shape, budget.room(page))  # what the rest of the page leaves
    return replace(page, thinned=thinned, cells=tuple(replace(cell, samples=packed[cell.name]) for cell in page.cells))


def measured(root: Path) -> Page:
    """The page's cells and metrics alone, without pictures, maps, decoders and verdicts: read in less than a second.

    Raises:
        UserError: as `read`.
    """
    return _measured(root, results.load(root, "settings/report.json", results.Report), {})


def _measured(root: Path, report: results.Report, pictures: Mapping[str, Container[str]]) -> Page:
    """The same. `pictures` are the kinds of samples that each cell will have."""
    params, names, card = _params(report), report.cells, _card(root)
    head, modified = commit(root)
    return Page(
        data=card,
        judge=_judge(root),
        provenance=Provenance(head, modified, params.seed, params.beta, results.flatten(report.params)),
        kinds=(),
        thinned=False,
        megabytes=budget.megabytes(params.report, len(names)),
        cells=label([_cell(root, name, card, pictures.get(name, ()), report.stages.get(name, "")) for name in names]),
        images=None,
        maps=(),
        explorer=(),
    )


def _params(report: results.Report) -> results.Params:
    return results.parse(to_json(report.params), "settings/report.json: params", results.Params)


def _judge(root: Path) -> Judge | None:
    """The classifier's card, with the metrics `floor_<metric>` that test images reach in the place of samples."""
    if not (root / "classifier/card.json").exists():
        return None
    card = results.load(root, "classifier/card.json", results.Classifier)
    floors = {key.removeprefix("floor_"): value for key, value in (card.model_extra or {}).items()}
    known = tuple(Estimate(item.key, floors[item.key]) for item in METRICS if item.key in floors)
    return Judge(card.task, card.accuracy, known)


def _references(root: Path) -> dict[str, tuple[Estimate, ...]]:
    path = "data/references.json"
    rows = results.load(root, path, tuple[results.Reference, ...]) if (root / path).exists() else ()
    return {row.name: _metrics(row.metrics, row) for row in rows}


def _card(root: Path) -> DataCard:
    examples = samples.png(root, "data/examples.png")
    card = results.load(root, "data/card.json", results.Card)
    ordered = sorted(card.counts, key=lambda name: (SPLITS.index(name) if name in SPLITS else len(SPLITS), name))
    splits = tuple(Split(name, card.counts[name], card.class_counts.get(name, ())) for name in ordered)
    picture = sheets.picture("data/examples.png", examples, card.shape) if examples else None
    own = card.model_dump(exclude={"counts", "class_counts", "frame"})
    return DataCard(**own, frame=card.frame, splits=splits, examples=picture)


def _cell(root: Path, name: str, card: DataCard, pictures: Container[str], stage: str) -> Cell:
    """One cell from its files, as far as they are there, still without its samples.

    `pictures` are the kinds of samples that it will have, `stage` is the last one that makes its files.
    """
    missing: list[Missing] = []
    command = f"uv run dvc repro {shlex.quote(stage)}" if stage else "uv run dvc repro"

    def find(path: str, kind: type[Kind]) -> Kind | None:
        if (root / path).exists():
            return results.load(root, path, kind)
        missing.append(Missing(path, command))
        return None

    own = find(f"settings/{name}.json", results.CellSettings) or results.CellSettings()
    log = find(f"logs/cells/{name}.json", results.Log)
    metrics = find(f"metrics/{name}.json", results.Numbers) or {}
    details = find(f"evaluation/{name}/details.json", results.Details) or results.Details()
    missing += [Missing(samples.path(name, kind), command) for kind in samples.EXPECTED if kind not in pictures]
    axes = Axes.parse(name)
    repeat = axes.repeat if axes else ""
    beta = own.settings.get("beta")
    return Cell(
        name=name,
        label=name,
        configuration=name.removesuffix(repeat),
        run=int(repeat.removeprefix("_r") or 1),
        axes=axes,
        seed=own.seed,
        beta=float(beta) if isinstance(beta, int | float) else None,
        settings=results.flatten(own.settings),
        train=results.flatten(own.train),
        metrics=_metrics(metrics, details),
        spectrum=tuple(Unit(row.dimension, row.rate, row.active, row.collapsed) for row in details.spectrum),
        usage=details.usage,
        code=codebook.named(details.usage, details.test_images, card.shape),
        codes=codebook.sheet(root, name, details.usage),
        best=details.best,
        worst=details.worst,
        test_images=details.test_images,
        history=_history(log) if log else None,
        cost=_cost(root, name, log) if log else None,
        prior=log.prior if log else None,
        command=command,
        missing=tuple(missing),
        failed=log.reason if log and log.status == "failed" else None,
    )


def _metrics(metrics: results.Numbers, details: results.Details) -> tuple[Estimate, ...]:
    return tuple(
        Estimate(key, metrics[key], *details.intervals.get(key, (None, None)), details.counts.get(key))
        for key in (metric.key for metric in METRICS)
        if key in metrics
    )


def _history(log: results.Log) -> History | None:
    """The epochs of a log, whose terms are the keys `train_<term>` and `validation_<term>`; None where it has none."""
    rows = log.history
    if not rows:
        return None
    keys = dict.fromkeys(key for row in rows for key in row)
    terms = dict.fromkeys(key.partition("_")[2] for key in keys if key.startswith(("train_", "validation_")))
    return History(
        epochs=tuple(int(row.get("epoch") or number) for number, row in enumerate(rows, 1)),
        lr=_known(rows, "lr"),
        rate_weight=_known(rows, "rate_weight"),
        curves=tuple(
            Curve(
                term,
                tuple(row.get(f"train_{term}") for row in rows),
                tuple(row.get(f"validation_{term}") for row in rows),
            )
            for term in sorted(terms)
        ),
        convergence=log.convergence,
        best_epoch=log.best_epoch,
    )


def _known(rows: tuple[results.Numbers, ...], key: str) -> tuple[float | None, ...]:
    """What each epoch says of `key`; nothing where none does."""
    values = tuple(row.get(key) for row in rows)
    return values if any(value is not None for value in values) else ()


def _cost(root: Path, name: str, log: results.Log) -> Cost:
    path = f"evaluation/{name}/seconds.json"
    parts = results.load(root, path, results.Numbers) if (root / path).exists() else {}
    return Cost(
        seconds=log.seconds,
        images_per_second=log.images_per_second,
        parameters=log.parameters,
        device=log.device,
        threads=log.threads,
        memory=tuple(Memory(entry.device, entry.peak_bytes, entry.samples) for entry in log.memory),
        evaluation=tuple(Spent(part, parts[part]) for part in sorted(parts)),
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
    if cell.axes is None:
        return cell.name
    parts = [cell.axes.model if cell.beta is None else f"{cell.axes.model} β={cell.beta:g}"]
    shown = (axis for axis in AXES[1:] if axis.field != REPEAT)
    varying = (axis for axis in shown if len({other.on(axis.field) for other in cells}) > 1)
    for axis in varying:
        named = axis.field == "latent_dim" and cell.code
        parts.append(named or f"{axis.before.strip('_')} {cell.on(axis.field)}".strip())
    return ", ".join(parts) + (run(cell.run) if len({other.run for other in cells}) > 1 else "")

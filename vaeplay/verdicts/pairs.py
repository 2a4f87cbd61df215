"""Which models are compared: pairs that differ in one thing, and those that params.yaml asks for.

A *configuration* is a cell without its repeat: one kind of model, trained once or more often. Two configurations form
a pair where they differ in

- the **objective**: a model and the one that its class extends, in networks of equal size; a model that extends none
  is compared with the AE. A model that the grid lacks is passed over for the next one above. Where both have a β, the
  lower one comes first. Of models with maps of codes, these are the VQ-VAE and the VQ-VAE-2, whose codes are two maps,
  or the DVAE, which draws its codes.
- the **network**: the same objective in dense networks and in others (convolutional, …) of equal `latent_dim` and
  `depth`. Dense networks have `depth` hidden layers and convolutional ones `depth` down-samplings, that is, `depth` + 1
  layers with weights each way in both. This makes equal depths partners, though the numbers of weights differ.
- the **code**: a continuous code and a map of codes. The number of values in an entry of a codebook is no latent
  dimension, so that the VQ-VAE's partners are the AE and the VAE of the nearest `depth` with the widest code.
- an **axis** of the grid, such as **latent_dim** or **depth**: the same model at the next value.
"""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Annotated

from pydantic import Field

from vaeplay.settings.axes import AXES, REPEAT
from vaeplay.settings.cells import Axes
from vaeplay.settings.strict import Settings

BASELINE = "AE"
PARTNERS_OF_MAPS = ("AE", "VAE")

Change = str
"""`objective`, `network`, `code`, the field of an axis, `asked`, or `none`: one configuration, two metrics of it."""


class Entry(Axes):
    """A cell in settings/verdicts.json: its axes, its group, and β where its model has one."""

    group: str
    beta: float | None


class ModelKin(Settings):
    """What a model has in common with others: see `vaeplay.models.Kin`."""

    core: str
    parent: str | None
    network: str
    quantised: bool


class VerdictSettings(Settings):
    """settings/verdicts.json: the cells in the order of params.yaml, all models, and the pairs that are asked for."""

    cells: Annotated[tuple[Entry, ...], Field(strict=False)]
    models: dict[str, ModelKin]
    pairs: Annotated[tuple[Annotated[tuple[str, str], Field(strict=False)], ...], Field(strict=False)]
    sources: dict[str, str]


class Configuration(Settings):
    """A kind of model: a cell without its repeat. `cells` are its trainings' names."""

    name: str
    entry: Entry
    kin: ModelKin
    cells: tuple[str, ...]


class Pair(Settings):
    """Two configurations, and what differs between them."""

    change: Change
    first: Configuration
    second: Configuration


def configurations(settings: VerdictSettings) -> list[Configuration]:
    """The grid's configurations in its order, each with its cells."""
    by_name: dict[str, list[Entry]] = {}
    for entry in settings.cells:
        by_name.setdefault(entry.name.removesuffix(entry.repeat), []).append(entry)
    return [
        Configuration(
            name=name,
            entry=entries[0],
            kin=settings.models[entries[0].model],
            cells=tuple(entry.name for entry in entries),
        )
        for name, entries in by_name.items()
    ]


def pairs(settings: VerdictSettings) -> list[Pair]:
    """Every pair, by what changes in it, each in the order of the grid; those that are asked for come last."""
    known = configurations(settings)
    derived = [*_objectives(known, settings), *_networks(known), *_codes(known), *_neighbours(known)]
    ends = {(pair.first.name, pair.second.name) for pair in derived}
    asked = (Pair(change="asked", first=_named(one, known), second=_named(two, known)) for one, two in settings.pairs)
    return [*derived, *(pair for pair in asked if (pair.first.name, pair.second.name) not in ends)]


def _objectives(known: list[Configuration], settings: VerdictSettings) -> Iterator[Pair]:
    parents = {kin.core: kin.parent for kin in settings.models.values()}
    places = {(one.kin.core, one.kin.network, _size(one)): one for one in known}
    for (core, network, size), one in places.items():
        above = parents[core]
        while above and (above, network, size) not in places:
            above = parents[above]
        if above:
            first, second = sorted((places[above, network, size], one), key=_beta)  # equal β: the class above is first
            yield Pair(change="objective", first=first, second=second)
        elif core != BASELINE and not one.kin.quantised and (BASELINE, network, size) in places:
            yield Pair(change="objective", first=places[BASELINE, network, size], second=one)


def _networks(known: list[Configuration]) -> Iterator[Pair]:
    dense = {(one.kin.core, _size(one)): one for one in known if one.kin.network == "dense"}
    for one in known:
        if one.kin.network != "dense" and (one.kin.core, _size(one)) in dense:
            yield Pair(change="network", first=dense[one.kin.core, _size(one)], second=one)


def _codes(known: list[Configuration]) -> Iterator[Pair]:
    for one in (one for one in known if one.kin.quantised):
        for core in PARTNERS_OF_MAPS:
            alike = [
                other
                for other in known
                if (other.kin.core, other.kin.network) == (core, one.kin.network)
                and other.entry.activation == one.entry.activation
            ]
            if alike:
                yield Pair(change="code", first=min(alike, key=partial(_far, one)), second=one)


def _far(one: Configuration, other: Configuration) -> tuple[int, int]:
    """How far two are apart in depth, and the latent size downwards."""
    return abs(other.entry.depth - one.entry.depth), -other.entry.latent_dim


def _neighbours(known: list[Configuration]) -> Iterator[Pair]:
    for axis in (axis.field for axis in AXES if axis.field not in ("model", REPEAT)):
        rows: dict[tuple[object, ...], list[Configuration]] = {}
        for one in known:
            rest = one.entry.model_dump(exclude={axis, REPEAT, "beta", "group"})
            rows.setdefault(tuple(rest.values()), []).append(one)
        for row in rows.values():
            values = [getattr(one.entry, axis) for one in row]
            if all(isinstance(value, int | float) for value in values):  # others have the order of the grid
                row.sort(key=lambda one: getattr(one.entry, axis))
            for first, second in pairwise(row):
                yield Pair(change=axis, first=first, second=second)


def _named(name: str, known: list[Configuration]) -> Configuration:
    """The configuration whose first cell has this name, or the one training of this name."""
    owner = next(one for one in known if name in one.cells)
    return owner if name == owner.cells[0] else owner.model_copy(update={"name": name, "cells": (name,)})


def _size(one: Configuration) -> tuple[object, ...]:
    """Where it is on every axis but that of models, the latent size first."""
    return tuple(getattr(one.entry, axis.field) for axis in AXES if axis.field not in ("model", REPEAT))


def _beta(one: Configuration) -> float:
    return 1.0 if one.entry.beta is None else one.entry.beta

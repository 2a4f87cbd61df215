"""What to try: `key=value` words and presets, as values that replace some of those in params.yaml.

A preset is a file in `presets/` with a `description` and the settings that it changes, nested as in params.yaml. A key
may also be written with dots: `train.epochs: 5`.
"""

import copy
import hashlib
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vaeplay.errors import UserError
from vaeplay.settings import params, yaml_file
from vaeplay.settings.mistakes import nearest, printed
from vaeplay.settings.params import Params

FOLDER = Path("presets")
LONGEST = 80  # characters of an experiment's name, which is also a file name


@dataclass(frozen=True)
class Preset:
    """The settings of a preset, {dotted key: value}, and what it is for."""

    description: str
    overrides: dict[str, Any]


@dataclass(frozen=True)
class Trial:
    """One experiment to run: `overrides` are {dotted key: value}, and `settings` all of them, checked."""

    name: str
    overrides: dict[str, Any]
    settings: Params


def trials(words: Sequence[str], root: Path) -> list[Trial]:
    """The experiments that `vaeplay try` runs: several if a key has several values, separated by commas.

    Later words override earlier ones.

    Raises:
        UserError: there is no such preset, or a setting is not allowed; nothing has run.
    """
    base = yaml_file.read(root / "params.yaml")
    params.validate(base)
    steps = [[preset_step(word, root)] if "=" not in word else list(value_steps(word)) for word in words]
    planned = []
    for chosen in itertools.product(*steps):
        name = experiment_name([label for label, _ in chosen])
        overrides: dict[str, Any] = {}
        for _, step in chosen:
            overrides |= step
        planned.append(Trial(name, overrides, composed(base, overrides, name)))
    return planned


def preset_step(name: str, root: Path) -> tuple[str, dict[str, Any]]:
    """A preset's name and overrides."""
    if name not in (known := names(root)):
        raise UserError(f"{printed(name)}: no such preset; there are {', '.join(known)}{nearest(name, known)}")
    return name, read(name, root).overrides


def value_steps(word: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(label, overrides) for each value in `key=value,value`. Values are YAML: `[2, 8]` is one value."""
    key, _, text = word.partition("=")
    try:
        values = yaml_file.parse(f"[{text}]", word)
    except UserError:
        values = []
    if not values:
        raise UserError(f"{printed(word)}: no value in YAML; allowed: key=value, as in beta=4 or repeats=['', _r2]")
    for value in values:
        yield f"{key}={shown(value)}", dict(leaves(value, key))


def names(root: Path) -> list[str]:
    """The presets there are."""
    return sorted(path.stem for path in (root / FOLDER).glob("*.yaml"))


def read(name: str, root: Path) -> Preset:
    """A preset of this name.

    Raises:
        UserError: its file cannot be read, or is not a preset.
    """
    value = yaml_file.read(root / FOLDER / f"{name}.yaml")
    if not isinstance(value, dict) or not isinstance(value.get("description"), str) or len(value) < 2:
        raise UserError(
            f"{FOLDER / name}.yaml: allowed: a mapping with a `description`, and settings as in params.yaml"
        )
    settings = {key: item for key, item in value.items() if key != "description"}
    return Preset(" ".join(value["description"].split()), dict(leaves(settings)))


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted key, value) of everything in nested mappings."""
    if not isinstance(value, dict) or not value:
        yield key, value
    else:
        for name, inner in value.items():
            yield from leaves(inner, f"{key}.{name}" if key else str(name))


def composed(base: Any, overrides: dict[str, Any], origin: str) -> Params:
    """The settings in `base` with some of them replaced.

    Raises:
        UserError: one of them does not exist, or is not allowed.
    """
    value = copy.deepcopy(base)
    for key, new in overrides.items():
        *folders, name = key.split(".")
        place = value
        for folder in folders:
            if not isinstance(place.get(folder), dict):
                place[folder] = {}
            place = place[folder]
        place[name] = new
    if added := sorted(set(value["grid"]) - set(base["grid"])) if isinstance(value["grid"], dict) else []:
        groups = list(base["grid"])
        raise UserError(
            f"{origin}: grid.{printed(added[0])}: no such group; there are {', '.join(groups)}"
            f"{nearest(added[0], groups)}"
        )
    return params.validate(value, origin)


def experiment_name(labels: Sequence[str]) -> str:
    """An experiment's name, made from the words of its command, that git, DVC and the file system accept."""
    whole = "_".join(labels)
    name = re.sub(r"\.(\.+|lock$)", "-", re.sub(r"[^\w.=-]+", "-", whole, flags=re.ASCII).strip("-.")).strip("-.")
    if len(name) > LONGEST:
        digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
        name = f"{name[: LONGEST - 9]}-{digest}"
    return name


def shown(value: Any) -> str:
    """A value as written in an experiment's name."""
    if isinstance(value, list):
        return ",".join(map(shown, value))
    words = {None: "null", True: "true", False: "false"}
    return words[value] if value is None or isinstance(value, bool) else str(value)


def hydra(value: Any) -> str:
    """A value as `dvc exp run -S` reads it, in Hydra's grammar: YAML with every string in quotes."""
    if isinstance(value, list):
        return f"[{','.join(map(hydra, value))}]"
    if not isinstance(value, str):
        return shown(value)
    escaped = re.sub(r"(\\*)('|$)", lambda match: match[1] * 2 + ("\\'" if match[2] else ""), value)
    return f"'{escaped}'"

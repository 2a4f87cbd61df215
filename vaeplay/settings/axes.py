"""The axes of the grid, one row each. Cell names, stage names and the page's labels follow from them.

A new axis needs a row here, a field of `vaeplay.settings.cells.Axes`, and lines in dvc.yaml, which the settings stage
prints.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from vaeplay.errors import UserError

Activation = Literal[
    "ReLU", "LeakyReLU", "ELU", "SELU", "GELU", "SiLU", "Mish", "Softplus", "Tanh", "Sigmoid", "Identity"
]
ACTIVATIONS: tuple[str, ...] = get_args(Activation)


@dataclass(frozen=True)
class Axis:
    """One axis: the field that holds a cell's value, and what comes `before` the value in the cell's name.

    `pattern` matches every value and no other axis's text. `title` and `noun` are the page's labels; without them the
    page does not show it as an axis.
    """

    field: str
    before: str
    pattern: str
    title: str = ""
    noun: str = ""


AXES = (
    Axis("model", "", r"[A-Za-z_]\w*", "Model", "model"),
    Axis("latent_dim", "_latent", r"[1-9]\d*", "Latent", "latent size"),
    Axis("depth", "_depth", r"0|[1-9]\d*", "Depth", "depth"),
    Axis("activation", "_", "|".join(ACTIVATIONS), "Activation", "activation"),
    Axis("repeat", "", r"(?:_r[1-9]\d*)?"),  # the page counts runs
)
REPEAT = "repeat"  # the axis that all groups share: its values are `repeats` in params.yaml
_NAME = re.compile("".join(f"{axis.before}(?P<{axis.field}>{axis.pattern})" for axis in AXES), re.ASCII)


def name(values: Mapping[str, object]) -> str:
    """The name of the cell with these axis values.

    >>> name({"model": "VAE", "latent_dim": 2, "depth": 1, "activation": "ReLU", "repeat": ""})
    'VAE_latent2_depth1_ReLU'
    """
    return "".join(f"{axis.before}{values[axis.field]}" for axis in AXES)


def parse(text: str) -> dict[str, str] | None:
    """The axis values in a cell's name, as text; None if it is not a cell's name."""
    match = _NAME.fullmatch(text)
    return match.groupdict() if match else None


def named(arguments: Sequence[str]) -> str:
    """The cell that a command line names, either by its name, or by its axes as options, as DVC does.

    >>> named(["--model", "VAE", "--latent_dim", "2", "--depth", "1", "--activation", "ReLU", "--repeat", ""])
    'VAE_latent2_depth1_ReLU'

    Raises:
        UserError: it names no cell, or one whose files would be in other folders.
    """
    values = {option.removeprefix("--"): value for option, value in zip(arguments[::2], arguments[1::2], strict=False)}
    if len(arguments) == 1:
        cell = arguments[0]
    elif len(arguments) == 2 * len(AXES) and set(values) == {axis.field for axis in AXES}:
        cell = name(values)
    else:
        raise UserError(f"found {' '.join(arguments)[:100] or 'no arguments'}; expected the name of one cell")
    if not re.fullmatch(r"\w+", cell, re.ASCII):
        raise UserError(f"found the cell {cell[:100]!r}; a cell's name has only letters, digits and underscores")
    return cell

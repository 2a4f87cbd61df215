"""The axes of the grid, a row each: the names of cells and of their stages, and the page's words, follow from them.

A new axis is a row here, a field of `vaeplay.settings.cells.Axes`, and its lines in dvc.yaml, of which the settings
stage says what they should be.
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
    """One axis: the field that holds a cell's value, and what stands `before` the value in the cell's name.

    `pattern` matches every value and no other axis's text. `title` and `noun` are the page's words; without them the
    page does not show the axis as one.
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
    """The name of the cell with these values on the axes.

    >>> name({"model": "VAE", "latent_dim": 2, "depth": 1, "activation": "ReLU", "repeat": ""})
    'VAE_latent2_depth1_ReLU'
    """
    return "".join(f"{axis.before}{values[axis.field]}" for axis in AXES)


def parse(text: str) -> dict[str, str] | None:
    """The values on the axes of the cell of this name, as text; None where it is no cell's name."""
    match = _NAME.fullmatch(text)
    return match.groupdict() if match else None


def named(arguments: Sequence[str]) -> str:
    """The cell that a command line names: by its name, or by its axes as options, which is how DVC gives them.

    >>> named(["--model", "VAE", "--latent_dim", "2", "--depth", "1", "--activation", "ReLU", "--repeat", ""])
    'VAE_latent2_depth1_ReLU'

    Raises:
        UserError: it names none, or one whose files would lie elsewhere.
    """
    values = {option.removeprefix("--"): value for option, value in zip(arguments[::2], arguments[1::2], strict=False)}
    if len(arguments) == 1:
        found = arguments[0]
    elif len(arguments) == 2 * len(AXES) and set(values) == {axis.field for axis in AXES}:
        found = name(values)
    else:
        raise UserError(f"found {' '.join(arguments)[:100] or 'no arguments'}; expected the name of one cell")
    if not re.fullmatch(r"\w+", found, re.ASCII):
        raise UserError(f"found the cell {found[:100]!r}; a cell's name has letters, digits and underscores alone")
    return found

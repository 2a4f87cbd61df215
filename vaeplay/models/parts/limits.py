"""Limits on a model's size, which both its constructor and the check of params.yaml apply.

Nothing here imports torch: settings are checked without it.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from vaeplay.errors import UserError

MOST_CODES = 65536  # entries of a codebook


def refusal(
    shape: Sequence[int] | None, latent_dim: int, depth: int, settings: Mapping[str, Any], maps: int
) -> str | None:
    """Why these settings make no model for images of `shape`, if known, and what to change; None if they do.

    `maps` is how many maps of codes a model with a quantiser has.
    """
    try:
        if "channels" in settings and depth == 0:
            return "depth: found 0; allowed: 1 or more, as a convolutional model halves its images at least once"
        if shape is not None and "channels" in settings:
            halved(shape, depth)
        match settings.get("quantiser"):
            case {"name": "fsq", "levels": levels}:
                codes_of_maps(fsq_codes(latent_dim, levels), maps)
            case {"name": "lfq"}:
                codes_of_maps(lfq_codes(latent_dim), maps)
            case {"name": "residual", "codes": codes, "stages": stages}:
                codes_of_maps(residual_codes(codes, stages), maps)
            case {"codes": codes}:
                codes_of_maps(codes, maps)
    except UserError as error:
        return str(error)
    return None


def halved(shape: Sequence[int], depth: int) -> list[tuple[int, int]]:
    """Height and width before each of `depth` halvings, and after the last; odd sizes are rounded down.

    >>> halved((1, 28, 30), 3)
    [(28, 30), (14, 15), (7, 7), (3, 3)]

    Raises:
        UserError: the image is too small for so many halvings.
    """
    sizes = [(shape[1], shape[2])]
    for _ in range(depth):
        sizes.append((sizes[-1][0] // 2, sizes[-1][1] // 2))
    if 0 in sizes[-1]:
        most = min(shape[1:]).bit_length() - 1
        raise UserError(
            f"depth: found {depth}; allowed: up to {most}, as images of {shape[1]}×{shape[2]} can be halved {most} "
            "times; or a larger data.size"
        )
    return sizes


def fsq_codes(dimensions: int, levels: int | Sequence[int]) -> int:
    """How many codes there are with `levels` levels in each of `dimensions` dimensions, or with a list of their levels.

    Raises:
        UserError: more than MOST_CODES, or a list for another number of dimensions.
    """
    if isinstance(levels, int):
        _check_power(dimensions, levels, "fsq", f" with {levels} levels", "; or fewer models.quantiser.levels")
        return levels**dimensions
    if len(levels) != dimensions:
        raise UserError(
            f"latent_dim: found {dimensions}; allowed: {len(levels)}, as models.quantiser.levels has those of "
            f"{len(levels)} dimensions"
        )
    if math.prod(levels) > MOST_CODES:
        raise UserError(
            f"latent_dim: found {dimensions}; allowed: up to {MOST_CODES:,} codes, and models.quantiser.levels "
            f"make {math.prod(levels):,}"
        )
    return math.prod(levels)


def lfq_codes(dimensions: int) -> int:
    """How many codes the signs of so many dimensions make.

    Raises:
        UserError: more than MOST_CODES.
    """
    _check_power(dimensions, 2, "lfq")
    return 2**dimensions


def _check_power(dimensions: int, levels: int, name: str, more: str = "", otherwise: str = "") -> None:
    most = next(size for size in range(MOST_CODES) if levels ** (size + 1) > MOST_CODES)
    if dimensions > most:
        raise UserError(
            f"latent_dim: found {dimensions}; allowed: up to {most}, as {name}{more} makes {levels}^{dimensions} "
            f"codes, and {MOST_CODES:,} are the most{otherwise}"
        )


def residual_codes(codes: int, stages: int) -> int:
    """How many codes `stages` codebooks of so many make together.

    Raises:
        UserError: more than MOST_CODES.
    """
    if codes**stages > MOST_CODES:
        most = next(size for size in range(stages) if codes ** (size + 1) > MOST_CODES)
        raise UserError(
            f"model: residual with models.quantiser.stages {stages} makes {codes}^{stages} codes, and {MOST_CODES:,} "
            f"are the most; allowed: up to {most} stages, or fewer models.quantiser.codes"
        )
    return codes**stages


def codes_of_maps(codes: int, maps: int) -> int:
    """How many codes one position has in `maps` maps together, each with so many.

    Raises:
        UserError: more than MOST_CODES, in several maps.
    """
    if maps > 1 and codes**maps > MOST_CODES:
        most = next(size for size in range(codes) if (size + 1) ** maps > MOST_CODES)
        raise UserError(
            f"model: {maps} maps of {codes:,} codes each make {codes:,}^{maps} together, and {MOST_CODES:,} are the "
            f"most; allowed: up to {most} codes in a map, by models.quantiser"
        )
    return codes**maps

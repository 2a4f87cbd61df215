"""Verdicts in plain sentences, each with its evidence and its limits. Text only; templates escape it.

A number is joined to its sign and its unit by no-break spaces, so that no line ends between them.
"""

from math import floor, log10

from vaeplay.evaluation.registry import BY_KEY as METRICS
from vaeplay.evaluation.registry.metric import Metric
from vaeplay.verdicts.pairs import Entry, Pair
from vaeplay.verdicts.table import ALPHA, Comparison, Difference, Outcome

ABSOLUTE = {"nats / image": "nats", "dB": "dB", "dimensions": "dimensions", "codes": "codes"}
"""Units in which a difference means the same whatever it is taken from, by the unit of the metric."""

SHARES = ("share of", "0…1", "1 is equal")

NO_BREAK = "\u00a0"

ONCE = "Each was trained once: this is about these two trained models, not about the kinds of model."

UNFINISHED = {
    (False, False): "",
    (True, False): "The first was still improving when its training ended.",
    (False, True): "The second was still improving when its training ended.",
    (True, True): "Both were still improving when their training ended.",
}


def outcome(comparison: Comparison) -> Outcome:
    """What came of a comparison: of kinds of model where there are repeats, else of the two trained models."""
    difference = decisive(comparison)
    if difference is None:
        return "cannot be compared"
    if not difference.shown:
        return "no difference shown"
    higher = difference.difference > 0
    direction = METRICS[comparison.metric].better
    if direction is None:
        return "higher" if higher else "lower"
    return "better" if higher == (direction == "higher") else "worse"


def decisive(comparison: Comparison) -> Difference | None:
    """The difference that decides: that of the kinds, where it is known."""
    return comparison.kinds or comparison.models


def title(pair: Pair) -> str:
    """What changes in a pair, as in `From AE to VAE at 8 dimensions, depth 2`."""
    first, second = pair.first.entry, pair.second.entry
    size, depth, model = f"{first.latent_dim} dimensions", f"depth {first.depth}", _model(first)
    others = "" if first.activation == "ReLU" else f", {first.activation}"
    if pair.first.kin.quantised:
        size = f"{first.latent_dim} numbers per codebook entry"
    match pair.change:
        case "objective":
            return f"From {model} to {_model(second)} at {size}, {depth}{others}"
        case "network":
            return f"From dense to {pair.second.kin.network} {model} at {size}, {depth}{others}"
        case "code":
            return f"From {model} at {size}, {depth}, to {_model(second)}, depth {second.depth}{others}"
        case "latent_dim":
            return f"From {first.latent_dim} to {second.latent_dim} {size.partition(' ')[2]}: {model}, {depth}{others}"
        case "depth":
            return f"From depth {first.depth} to {second.depth}: {model} at {size}{others}"
        case "activation":
            return f"From {first.activation} to {second.activation}: {model} at {size}, {depth}"
    return f"From {pair.first.name} to {pair.second.name}"


def _model(entry: Entry) -> str:
    return entry.model if entry.beta is None else f"{entry.model} (β = {entry.beta:g})"


def finding(comparison: Comparison) -> str:
    """What was found, as in `MSE 9.1 % worse (± 1.2 %), on 83 % of images`."""
    metric, difference, found = METRICS[comparison.metric], decisive(comparison), outcome(comparison)
    if difference is None:
        return f"{metric.label} cannot be compared, as {comparison.obstacle}"
    if found == "no difference shown":
        return f"{metric.label}: no difference shown{corrected(difference)} ({signed(metric, comparison, difference)})"
    size = f"{amount(metric, comparison, abs(difference.difference))} {found}"
    half = amount(metric, comparison, (difference.high - difference.low) / 2)
    margin = f" ({plus_minus(half)})" if difference.high > difference.low else ""
    return f"{metric.label} {size}{margin}{_on_images(metric, comparison, found)}"


def corrected(difference: Difference) -> str:
    """Why a difference whose interval leaves out zero is not shown; empty for any other."""
    return " once corrected for all metrics of the pair" if difference.p < ALPHA else ""


def _on_images(metric: Metric, comparison: Comparison, found: Outcome) -> str:
    """On how many images the sentence holds: of two trained models, where each image has a value of its own."""
    of_kinds = comparison.kinds is not None
    if of_kinds or not comparison.models or comparison.models.better is None or found not in ("better", "worse"):
        return ""
    share = comparison.models.better[0]
    return f", on {percent(share if found == 'better' else 1 - share)} of {_plural(metric.over)}"


def unsettled(comparison: Comparison) -> str:
    """A metric in which no difference was shown, and about how many trainings of each would show it, if known."""
    label, kinds = METRICS[comparison.metric].label, comparison.kinds
    if kinds is None or kinds.needed is None:
        return label
    return f"{label} (about{NO_BREAK}{kinds.needed})"


def signed(metric: Metric, comparison: Comparison, difference: Difference) -> str:
    """An interval with its signs, as in `−0.8 to +1.6 %`."""
    factor, unit = _scale(metric, comparison)
    return span(factor * difference.low, factor * difference.high, unit)


def amount(metric: Metric, comparison: Comparison, size: float) -> str:
    """The size of a difference: in the metric's unit or in points where it has one, else in per cent of the first."""
    factor, unit = _scale(metric, comparison)
    return percent(factor * size / 100) if unit == "%" else with_unit(short(factor * size), unit)


def _scale(metric: Metric, comparison: Comparison) -> tuple[float, str]:
    """What a difference is multiplied by to be shown, and the unit it then has."""
    first, second = comparison.first, comparison.second
    if metric.unit.startswith((*ABSOLUTE, *SHARES)) or first is None or second is None or min(first, second) <= 0:
        return own_scale(metric)
    return 100 / first, "%"


def own_scale(metric: Metric) -> tuple[float, str]:
    """The same in the metric's own unit: shares in percentage points."""
    if metric.unit.startswith("share of"):
        return 100.0, "points"
    return 1.0, next((name for unit, name in ABSOLUTE.items() if metric.unit.startswith(unit)), "")


def span(low: float, high: float, unit: str) -> str:
    """An interval with signs and one unit.

    >>> span(-0.83, 1.64, "nats").replace("\u00a0", " ")
    '−0.8 to +1.6 nats'
    """
    places = decimals(low, high, unit)
    return with_unit(f"{with_sign(low, places)}{NO_BREAK}to{NO_BREAK}{with_sign(high, places)}", unit)


def decimals(low: float, high: float, unit: str) -> int:
    """How many decimals the ends of an interval need: as many as give half its width two digits, in per cent one."""
    half = (high - low) / 2
    if unit in ("%", "points"):
        return 1 if half < 10 else 0
    return max(0, 1 - floor(log10(half))) if half > 0 else 0


def with_sign(value: float, places: int) -> str:
    """A difference with its sign, a true minus; zero has none.

    >>> with_sign(-0.25, 2), with_sign(3.0, 0), with_sign(-0.001, 1)
    ('−0.25', '+3', '0.0')
    """
    text = f"{abs(value):.{places}f}"
    return text if float(text) == 0 else f"{'−' if value < 0 else '+'}{text}"


def with_unit(text: str, unit: str) -> str:
    """A number with its unit, if it has one."""
    singular = unit.removesuffix("s") if text.lstrip("+−") == "1" else unit
    return f"{text}{NO_BREAK}{singular}" if unit else text


def plus_minus(text: str) -> str:
    """Half the width of an interval, as it stands behind its value."""
    return f"±{NO_BREAK}{text}"


def percent(share: float) -> str:
    """A share in per cent, below ten with a decimal.

    >>> [percent(share).replace("\u00a0", " ") for share in (0.51, 0.0269, 0.00001, 0.0)]
    ['51 %', '2.7 %', '<0.1 %', '0.0 %']
    """
    value = 100 * share
    if 0 < value < 0.05:
        return f"<0.1{NO_BREAK}%"
    return f"{value:.{1 if value < 9.95 else 0}f}{NO_BREAK}%"


def short(value: float) -> str:
    """A number with two significant digits at least, and no more decimals than it needs.

    >>> short(123.4), short(3.39), short(0.00203), short(2.0)
    ('123', '3.4', '0.002', '2')
    """
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def plural(count: int, noun: str) -> str:
    """A count with its noun, as in `1 pair`, `12 pairs`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _plural(over: str) -> str:
    return f"{over.removeprefix('test ')}s"

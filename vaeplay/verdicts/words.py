"""Verdicts in plain sentences, each with its evidence and its limits. Text only; templates escape it."""

from collections.abc import Callable

from vaeplay.evaluation.registry import BY_KEY as METRICS
from vaeplay.evaluation.registry.metric import Metric
from vaeplay.verdicts.claims import BY_KEY as CLAIMS
from vaeplay.verdicts.claims import Claim
from vaeplay.verdicts.pairs import Entry, Pair
from vaeplay.verdicts.table import ALPHA, Compared, Comparison, Difference, Judged, Outcome, Piece

ABSOLUTE = {"nats / image": "nats", "dB": "dB", "dimensions": "dimensions", "codes": "codes"}
"""Units in which a difference means the same whatever it is taken from, by the unit of the metric."""

SHARES = ("share of", "0…1", "1 is equal")

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
        size = f"{first.latent_dim} numbers an entry"
    match pair.change:
        case "objective":
            return f"From {model} to {_model(second)} at {size}, {depth}{others}"
        case "network":
            return f"From dense to {pair.second.kin.network} {model} at {size}, {depth}{others}"
        case "code":
            there = f"the map of codes of {_model(second)}, depth {second.depth}"
            return f"From {model} of {size}, {depth}, to {there}{others}"
        case "latent_dim":
            return (
                f"From {first.latent_dim} to {second.latent_dim} {size.partition(' ')[2]} of {model}, {depth}{others}"
            )
        case "depth":
            return f"From depth {first.depth} to {second.depth} of {model} at {size}{others}"
        case "activation":
            return f"From {first.activation} to {second.activation} of {model} at {size}, {depth}"
    return f"From {pair.first.name} to {pair.second.name}"


def _model(entry: Entry) -> str:
    return entry.model if entry.beta is None else f"{entry.model} (β = {entry.beta:g})"


def sentence(pair: Compared, metric: str) -> str:
    """One metric of a pair in one sentence, and its limits in another.

    Raises:
        KeyError: the pair has no such metric.
    """
    comparison = {item.metric: item for item in pair.comparisons}[metric]
    unfinished = "" if outcome(comparison) == "cannot be compared" else UNFINISHED[pair.falling]
    return " ".join(filter(None, (f"{pair.title}: {finding(comparison)}.", limits(comparison), unfinished)))


def finding(comparison: Comparison) -> str:
    """What was found, as in `MSE 9 % worse (± 1 %), on 83 % of images`."""
    metric, difference, found = METRICS[comparison.metric], decisive(comparison), outcome(comparison)
    if difference is None:
        return f"{metric.label} cannot be compared, as {comparison.obstacle}"
    if found == "no difference shown":
        corrected = " once corrected for all metrics of the pair" if difference.p < ALPHA else ""
        return f"{metric.label}: no difference shown{corrected} ({signed(metric, comparison, difference)})"
    size = f"{amount(metric, comparison, abs(difference.difference))} {found}"
    half = amount(metric, comparison, (difference.high - difference.low) / 2)
    margin = f" (± {half})" if difference.high > difference.low else ""
    return f"{metric.label} {size}{margin}{_on_images(metric, comparison, found)}"


def _on_images(metric: Metric, comparison: Comparison, found: Outcome) -> str:
    """On how many images the sentence holds: of two trained models, where each image has a value of its own."""
    of_kinds = comparison.kinds is not None
    if of_kinds or not comparison.models or comparison.models.better is None or found not in ("better", "worse"):
        return ""
    share = comparison.models.better[0]
    return f", on {percent(share if found == 'better' else 1 - share)} of {_plural(metric.over)}"


def limits(comparison: Comparison) -> str:
    """What the finding is of, and what is not known."""
    kinds = comparison.kinds
    if decisive(comparison) is None:
        return ""
    if kinds is None:
        return ONCE
    one, two = kinds.trainings
    trainings = f"{one} trainings of each" if one == two else f"{one} and {two} trainings"
    over = f"Over {trainings}{' and the ' + _plural(METRICS[comparison.metric].over) if kinds.over_images else ''}."
    if kinds.shown:
        return over
    if comparison.models is not None and comparison.models.shown:
        over += " The first trainings of the two differ; that the kinds of model do is not shown yet."
    if kinds.needed is None:
        why = "there is none, or it is too small for this many images"
        return f"{over} Even 100 trainings of each would not show a difference: {why}."
    return f"{over} About {kinds.needed} trainings of each would show it, if the difference is as large as it looks."


def signed(metric: Metric, comparison: Comparison, difference: Difference) -> str:
    """An interval with its signs, as in `−1 % to +3 %`."""
    ends = (difference.low, difference.high)
    return " to ".join(f"{sign(end)}{amount(metric, comparison, abs(end))}" for end in ends)


def amount(metric: Metric, comparison: Comparison, size: float) -> str:
    """The size of a difference: in the metric's unit or in points where it has one, else in per cent of the first."""
    first, second = comparison.first, comparison.second
    if metric.unit.startswith((*ABSOLUTE, *SHARES)) or first is None or second is None or min(first, second) <= 0:
        return in_unit(metric, size)
    return percent(size / first)


def in_unit(metric: Metric, size: float) -> str:
    """The size of a difference in the metric's own unit, as in `3.4 nats`; of shares in percentage points."""
    if metric.unit.startswith("share of"):
        return f"{short(100 * size)} points"
    name = next((name for unit, name in ABSOLUTE.items() if metric.unit.startswith(unit)), "")
    return f"{short(size)} {name.removesuffix('s') if short(size) == '1' else name}".rstrip()


def claim(judged: Judged) -> str:
    """A claim and what this run says of it: what was predicted, where it is so, and the least favourable pair."""
    said = f"{CLAIMS[judged.claim].sentence} {judged.verdict.capitalize()}"
    if not judged.evidence:
        return f"{said}: {judged.obstacle}." if judged.obstacle else f"{said}."
    return f"{said}. {evidence(judged)}"


def evidence(judged: Judged, called: Callable[[str], str] = str) -> str:
    """The evidence of a claim that has some; `called` gives the name of a configuration for readers."""
    about, pieces = CLAIMS[judged.claim], judged.evidence
    weakest = min(pieces, key=lambda piece: -abs(piece.effect) if about.direction == "equal" else piece.effect)
    held = sum(about.borne_out(piece.low, piece.high) for piece in pieces)
    where = " → ".join(dict.fromkeys((called(weakest.first), called(weakest.second))))
    return (
        f"Predicted: {prediction(about)}. True in {held} of {plural(len(pieces), 'pair')}, least clearly in {where}: "
        f"{measured(about, weakest)}. {basis(judged)}"
    )


def prediction(about: Claim) -> str:
    """The metric, direction and least difference of a claim, as in `MSE at least 2 % higher`."""
    least = _size(about, about.least)
    other = METRICS[about.against].label if about.against else ""
    if about.direction == "equal":
        size = f"no more than {least} from {other}" if other else f"no more than {least} apart"
    else:
        size = f"at least {least} {about.direction}{' than ' + other if other else ''}"
    return f"{METRICS[about.metric].label if about.metric in METRICS else about.metric.replace('_', ' ')} {size}"


def measured(about: Claim, piece: Piece) -> str:
    """What was measured, with the sign that the metric itself has, as in `+20 % (+18 % to +22 %)`."""
    turned = -1 if about.direction == "lower" else 1
    low, high = sorted((turned * piece.low, turned * piece.high))
    effect, first, last = (f"{sign(value)}{_size(about, abs(value))}" for value in (turned * piece.effect, low, high))
    return f"{effect} ({first} to {last})" if low < high else effect


def basis(judged: Judged) -> str:
    """What a claim with evidence was judged of."""
    if judged.of == "models":
        return "This is about these trained models only: without repeats, it says nothing about the kinds of model."
    least = min(min(piece.trainings) for piece in judged.evidence)
    return f"This is about the kinds of model, from at least {least} trainings of each."


def _size(about: Claim, value: float) -> str:
    return percent(value) if about.relative else in_unit(METRICS[about.metric], value)


def sign(value: float) -> str:
    """The sign of a difference, a true minus sign."""
    return "−" if value < 0 else "+"


def percent(share: float) -> str:
    """A share in per cent, with a decimal where it is small.

    >>> percent(0.0912), percent(0.0123), percent(0.00001)
    ('9 %', '1.2 %', '<0.1 %')
    """
    value = 100 * share
    if value >= 2:
        return f"{value:.0f} %"
    return f"{value:.1f} %" if value >= 0.05 or value == 0 else "<0.1 %"


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

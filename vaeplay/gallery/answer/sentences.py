"""What a pair gains and loses, in words: a clause a topic, each with its difference, interval and direction.

Everything is taken from the verdicts: paired differences, significant after Holm's correction or not shown. Text only;
templates escape it.
"""

from dataclasses import dataclass
from typing import Literal

from vaeplay.evaluation.registry import BY_KEY
from vaeplay.gallery.answer.pairs import Chosen
from vaeplay.gallery.page import Cell
from vaeplay.gallery.words import number
from vaeplay.verdicts import words
from vaeplay.verdicts.table import Comparison, Difference

SAMPLES = ("frechet", "coverage", "density", "recall")
"""The measures of samples, which must agree before samples are called better or worse."""
ONCE = "Each was trained once, so this is about these two trained models."

Kind = Literal["Gain", "Loss", "Cannot tell", "Changed", "Unchanged"]


@dataclass(frozen=True)
class Clause:
    """One thing that a change gains, loses or changes, in words that end without a full stop, by one metric."""

    kind: Kind
    text: str
    metric: str


def clauses(item: Chosen) -> tuple[Clause, ...]:
    """What is known of a pair: reconstructions, samples, holes and rate, as far as both cells have them."""
    known = {comparison.metric: comparison for comparison in item.pair.comparisons if words.decisive(comparison)}
    found = [reconstructions(known["mse"])] if "mse" in known else []
    if measured := [known[key] for key in SAMPLES if key in known]:
        found.append(samples(measured, item, known.get("frechet_gaussian")))
    if "holes" in known:
        found.append(holes(known["holes"]))
    if "rate" in known and words.outcome(known["rate"]) in ("higher", "lower"):
        found.append(rate(known["rate"]))
    return tuple(found)


def reconstructions(comparison: Comparison) -> Clause:
    """The squared error."""
    metric, found = BY_KEY[comparison.metric], words.outcome(comparison)
    difference = words.decisive(comparison)
    assert difference is not None
    if found == "no difference shown":
        shown = f"no difference in {metric.label} was shown{words.corrected(difference)}"
        return Clause("Cannot tell", f"{shown} ({words.signed(metric, comparison, difference)})", "mse")
    size, half = (words.percent(value / (comparison.first or 1.0)) for value in _size(difference))
    text = f"reconstructions are {size} {found} in {metric.label} ({words.plus_minus(half)}){_share(comparison)}"
    return Clause(_kind(found), text, "mse")


def _size(difference: Difference) -> tuple[float, float]:
    """How large a difference is, and half the width of its interval."""
    return abs(difference.difference), (difference.high - difference.low) / 2


def _share(comparison: Comparison) -> str:
    """On how many test images, for two trained models."""
    if comparison.kinds or not comparison.models or not comparison.models.better:
        return ""
    found, share = words.outcome(comparison), comparison.models.better[0]
    on = share if found == "better" else 1 - share
    share_of = f"more than {words.percent(0.99)}" if 0.995 <= on < 1 else words.percent(on)
    return f", and {found} on {share_of} of the test images"


def holes(comparison: Comparison) -> Clause:
    """The share of draws that fall into holes."""
    found, difference = words.outcome(comparison), words.decisive(comparison)
    assert difference is not None
    second, first = (words.percent(value or 0.0) for value in (comparison.second, comparison.first))
    if found == "no difference shown":
        shown = f"no difference in holes was shown{words.corrected(difference)}"
        text = f"{shown}: {second} of draws fall into one, instead of {first}"
        return Clause("Cannot tell", text, "holes")
    fewer = "fewer" if found == "better" else "more"
    half = words.plus_minus(words.with_unit(number(100 * _size(difference)[1], 1), "points"))
    text = f"the latent space has {fewer} holes: {second} of draws fall into one, instead of {first} ({half})"
    return Clause(_kind(found), text, "holes")


def rate(comparison: Comparison) -> Clause:
    """What the code says of an image: neither a gain nor a loss by itself."""
    difference = words.decisive(comparison)
    assert difference is not None
    size, half = (number(value, BY_KEY[comparison.metric].digits) for value in _size(difference))
    moves = "rises" if difference.difference > 0 else "falls"
    text = f"the rate {moves} by {words.with_unit(size, 'nats')} per image ({words.plus_minus(half)})"
    return Clause("Changed", text, "rate")


def samples(measured: list[Comparison], item: Chosen, equal: Comparison | None) -> Clause:
    """Every measure of samples; they are better or worse only where no measure says the opposite."""
    by = {found: [one for one in measured if words.outcome(one) == found] for found in ("better", "worse")}
    still_open = [one for one in measured if one not in by["better"] and one not in by["worse"]]
    unshown = f"; no difference was shown in {_listed(still_open)}" if still_open else ""
    after = f"{unshown}{_samplers(item, equal)}"
    if by["better"] and by["worse"]:
        text = f"samples are better in {_values(by['better'])}, but worse in {_values(by['worse'])}{after}"
        return Clause("Cannot tell", text, "frechet")
    for found, shown in by.items():
        if len(shown) == 1 < len(measured):
            text = f"samples are {found} in one measure only, {_values(shown)}{after}"
            return Clause("Cannot tell", text, "frechet")
        if shown:
            share = "all" if len(shown) == len(measured) else f"{len(shown)} of"
            measures = words.plural(len(measured), "measure")
            text = f"samples are {found} in {share} {measures}: {_values(shown)}{after}"
            return Clause(_kind(found), text, "frechet")
    text = f"no difference between samples was shown in {_listed(measured)}{_samplers(item, equal)}"
    return Clause("Cannot tell", text, "frechet")


def _values(shown: list[Comparison]) -> str:
    """The first of these measures with both values and the half-width of their difference, and the others' names."""
    comparison, *others = shown
    metric, difference = BY_KEY[comparison.metric], words.decisive(comparison)
    assert difference is not None
    second, first = (number(value, metric.digits) for value in (comparison.second, comparison.first))
    half = words.plus_minus(number(_size(difference)[1], metric.digits))
    also = f" and {_listed(others)}" if len(others) == 1 else f", {_listed(others)}" if others else ""
    return f"{inline(comparison.metric)} ({second} instead of {first}, {half}){also}"


def _listed(comparisons: list[Comparison]) -> str:
    return joined([inline(one.metric) for one in comparisons])


def inline(key: str) -> str:
    """A measure of samples inside a sentence.

    >>> inline("coverage"), inline("frechet")
    ('coverage', 'Fréchet distance')
    """
    label = BY_KEY[key].label
    return label if key == "frechet" else label.lower()


def joined(texts: list[str]) -> str:
    """A list as a sentence has it.

    >>> joined(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


def _samplers(item: Chosen, equal: Comparison | None) -> str:
    """Where the two were sampled in different ways, what comes out when both are sampled alike."""
    if equal is None or item.first.prior == item.second.prior:
        return ""
    key, found = equal.metric.removesuffix("_gaussian"), words.outcome(equal)
    second, first = (number(value, BY_KEY[key].digits) for value in (equal.second, equal.first))
    return (
        f". The two were sampled in different ways; with a Gaussian fitted to the codes of each, {inline(key)} is "
        f"{second} instead of {first} ({found})"
    )


def _kind(found: str) -> Kind:
    return "Gain" if found == "better" else "Loss"


def limits(item: Chosen) -> tuple[str, ...]:
    """How far the sentences reach: how often each was trained, and whether to the end; what is beaten by PCA."""
    known = {comparison.metric: comparison for comparison in item.pair.comparisons}
    trainings = [one.kinds.trainings for one in known.values() if one.kinds]
    parts = [ONCE]
    if trainings:
        parts = [f"Each was trained at least {min(trainings[0])} times, so this is about the kinds of model."]
    parts.append(words.UNFINISHED[item.pair.falling] or "Both trainings had converged.")
    below = [cell.label for cell in (item.first, item.second) if is_below_pca(cell)]
    if below:
        parts.append(f"PCA with as many components reconstructs better than {joined(below)}.")
    return tuple(parts)


def is_below_pca(cell: Cell) -> bool:
    """Whether PCA with as many components reconstructs better; False where that is not known."""
    values = {item.key: item.value for item in cell.metrics}
    error, floor = values.get("mse"), values.get("pca_mse")
    return error is not None and floor is not None and error > floor


def title(item: Chosen) -> str:
    """What changes, and of a map of codes what it is and how many bits it has."""
    if not item.second.code:
        return item.pair.title
    bits = next((f", {number(one.value, 0)} bits" for one in item.second.metrics if one.key == "bits"), "")
    return f"{item.pair.title} ({item.second.code}{bits})"

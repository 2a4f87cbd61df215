"""The ledger of claims in words: what is claimed, in how many pairs it holds, and by how much. Text only."""

from typing import Literal

from vaeplay.evaluation.registry import BY_KEY as METRICS
from vaeplay.verdicts import words
from vaeplay.verdicts.claims import BY_KEY, Claim
from vaeplay.verdicts.table import Judged, Piece, Verdict

So = Literal["yes", "no", "too close"]


def so(judged: Judged, piece: Piece) -> So:
    """Whether a pair is as claimed.

    A pair counts against a claim only where the claim fails: its verdict is the more cautious of the two.
    """
    about = BY_KEY[judged.claim]
    if about.borne_out(piece.low, piece.high):
        return "yes"
    return "no" if judged.verdict == "fails" and about.contradicted(piece.low, piece.high) else "too close"


def noun(judged: Judged) -> str:
    """What the pairs of a claim are called: one model, measured in two ways, is no pair."""
    return "model" if all(piece.first == piece.second for piece in judged.evidence) else "pair"


def tally(judged: Judged) -> str:
    """In how many pairs a claim with evidence holds, as in `1 of 4 pairs, fails in 3`."""
    found = [so(judged, piece) for piece in judged.evidence]
    said = f"{found.count('yes')} of {words.plural(len(found), noun(judged))}"
    others: tuple[tuple[So, str], ...] = (("no", "fails in"), ("too close", "too close to the threshold in"))
    return ", ".join([said, *(f"{text} {found.count(state)}" for state, text in others if state in found)])


def least_favourable(judged: Judged) -> Piece:
    """The pair that speaks least for a claim with evidence: one that is not as claimed, if any; else the smallest."""
    states: tuple[So, ...] = ("no", "too close", "yes")
    equal = BY_KEY[judged.claim].direction == "equal"

    def favour(piece: Piece) -> tuple[int, float]:
        return states.index(so(judged, piece)), -abs(piece.effect) if equal else piece.effect

    return min(judged.evidence, key=favour)


def prediction(about: Claim) -> str:
    """What a claim predicts of a pair, with its threshold, as in `the deeper model's MSE is at least 1 % lower`."""
    return about.predicts.format(_threshold(about))


def _threshold(about: Claim) -> str:
    factor, unit = _scale(about)
    return words.with_unit(f"{factor * about.least:g}", unit)


def _scale(about: Claim) -> tuple[float, str]:
    return (100.0, "%") if about.relative else words.own_scale(METRICS[about.metric])


def measured(about: Claim, piece: Piece) -> str:
    """What was measured, with the sign that the metric itself has, as in `+20.1 % (+18.2 to +22.0 %)`."""
    factor, unit = _scale(about)
    turned = -factor if about.direction == "lower" else factor
    low, high = sorted((turned * piece.low, turned * piece.high))
    effect = words.with_unit(words.with_sign(turned * piece.effect, words.decimals(low, high, unit)), unit)
    return f"{effect} ({words.span(low, high, unit)})" if low < high else effect


def basis(judged: Judged) -> str:
    """What a claim with evidence was judged of."""
    if judged.of == "models":
        return "Each model was trained once, so this is about these trained models, not about the kinds of model."
    least = min(min(piece.trainings) for piece in judged.evidence)
    return f"This is about the kinds of model, from at least {least} trainings of each."


def summary(verdicts: list[Verdict]) -> str:
    """How many claims hold, fail, and so on, as in `6 hold, 7 fail, 1 is undecided, 3 have no pair in this grid`."""
    said: tuple[tuple[Verdict, str, str], ...] = (
        ("holds", "holds", "hold"),
        ("fails", "fails", "fail"),
        ("cannot tell", "is undecided", "are undecided"),
        ("no such pair in this grid", "has no pair in this grid", "have no pair in this grid"),
    )
    counts = [(verdicts.count(verdict), one, many) for verdict, one, many in said]
    return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in counts if count)

"""Claims judged by the pairs of a run.

In each pair the difference has an interval in the claim's direction. With the claim's threshold t:

- the claim **holds** if in every pair the interval lies beyond t. Each interval has the level of 95 %: a claim that has
  to pass every test needs no correction for their number (the intersection–union test, Berger 1982,
  doi:10.1080/00401706.1982.10487790).
- it **fails** if in any pair the interval lies short of t: the difference is too small, or goes the other way.
  With m pairs these intervals have the level 1 − 0.05 / m (Bonferroni), so that one unlucky pair does not tip it.
- else one **cannot tell**.

It is judged of kinds of model where every pair has repeats, and otherwise of the trained models alone. A pair that
lacks a metric says nothing. A count, such as that of active dimensions, is exact for a trained model.
"""

from dataclasses import replace

import numpy as np

from vaeplay.evaluation.registry import BY_KEY as METRICS
from vaeplay.verdicts import compare
from vaeplay.verdicts.claims import Claim
from vaeplay.verdicts.evidence import Evidence, Sample
from vaeplay.verdicts.pairs import Pair
from vaeplay.verdicts.statistics import ALPHA
from vaeplay.verdicts.table import Judged, OfKinds, OfModels, Piece, Verdict

Both = tuple[Pair, Sample, Sample]


def judge(claim: Claim, pairs: list[Pair], evidence: Evidence) -> Judged:
    """What a run with these pairs says of a claim; among them each configuration paired with itself (change `none`)."""
    about = [pair for pair in pairs if claim.about(pair)]
    if not about:
        return _undecided(claim, "no such pair in this grid")
    reasons = [claim.unless(evidence.convergence, pair) for pair in about]
    if all(reasons):
        return _undecided(claim, "cannot tell", reasons[0])
    speaking = [pair for pair, reason in zip(about, reasons, strict=True) if reason is None]
    known = [both for pair in speaking if (both := _samples(claim, pair, evidence)) is not None]
    if not known:
        return _undecided(claim, "cannot tell", f"no pair has the metrics that it is about ({_metrics(claim)})")
    return _judged(claim, known)


def _judged(claim: Claim, known: list[Both]) -> Judged:
    of_kinds = all(min(len(first.points), len(second.points)) > 1 for _, first, second in known)
    pieces = [_piece(claim, *both, of_kinds, ALPHA) for both in known]
    cautious = [_piece(claim, *both, of_kinds, ALPHA / len(known)) for both in known]
    sure = [
        (piece, wide) for piece, wide in zip(pieces, cautious, strict=True) if piece is not None and wide is not None
    ]
    if not sure:
        return _undecided(claim, "cannot tell", compare.NO_SPREAD)
    verdict: Verdict = "cannot tell"
    if all(claim.borne_out(piece.low, piece.high) for piece, _ in sure):
        verdict = "holds"
    elif any(claim.contradicted(wide.low, wide.high) for _, wide in sure):
        verdict = "fails"
    evidence = tuple(piece for piece, _ in sure)
    return Judged(
        claim=claim.key, verdict=verdict, of="kinds" if of_kinds else "models", evidence=evidence, obstacle=None
    )


def _samples(claim: Claim, pair: Pair, evidence: Evidence) -> Both | None:
    second = evidence.sample(pair.second.cells, claim.metric)
    if second is None:
        return None
    if claim.against == "":
        return pair, replace(second, points=second.points * 0, values=second.values * 0), second
    first = evidence.sample(pair.first.cells, claim.against or claim.metric)
    return None if first is None else (pair, first, second)


def _piece(claim: Claim, pair: Pair, first: Sample, second: Sample, of_kinds: bool, alpha: float) -> Piece | None:
    """The evidence of one pair at this level; None where nothing says how sure the difference is."""
    difference: OfModels | OfKinds | None
    if of_kinds:
        difference = compare.of_kinds(first, second, alpha, same=pair.change == "none")
        values = float(first.points.mean()), float(second.points.mean())
    else:
        difference = compare.of_models(first, second, None, alpha)
        values = float(first.points[0]), float(second.points[0])
    scale = abs(values[0]) if claim.relative else 1.0
    if difference is None or scale == 0:
        return None
    ends = np.array([difference.low, difference.difference, difference.high]) / scale
    low, effect, high = sorted(-ends) if claim.direction == "lower" else ends
    trainings = (len(first.points), len(second.points)) if of_kinds else (1, 1)
    return Piece(
        first=pair.first.name,
        second=pair.second.name,
        values=values,
        effect=float(effect),
        low=float(low),
        high=float(high),
        trainings=trainings,
    )


def _undecided(claim: Claim, verdict: Verdict, obstacle: str | None = None) -> Judged:
    return Judged(claim=claim.key, verdict=verdict, of=None, evidence=(), obstacle=obstacle)


def _metrics(claim: Claim) -> str:
    names = [name for name in (claim.against, claim.metric) if name]
    return " and ".join(METRICS[name].label if name in METRICS else name.replace("_", " ") for name in names)

r"""Whether each number of the code belongs to one factor of the images: where the data set knows its factors.

Two matrices, both with a row for each of D codes and a column for each of F factors:

    information[i, j] = I(code_i; factor_j), nats       importance[i, j] of code_i in telling factor_j, columns sum to 1

Where the papers leave room, this follows Locatello et al. 2019, arXiv:1811.12359: the codes are the posterior means,
cut into 20 equally wide bins for the information, and the shape is a factor like the others (Chen et al. 2018,
arXiv:1802.04942, leave it out of MIG on dSprites). One thing differs: importances come from random forests, as in
Eastwood & Williams 2018, and not from gradient-boosted trees, which take minutes. Maps of codes and codes of a single
number have none of these metrics, and a factor that has one value alone among the images has no part in them.

MIG and modularity have intervals. The importances come of training codes, so that other test images would not change
what follows from them, and ten further fits of all forests would cost more than the rest of an evaluation.
"""

import math

import torch
from torch import Tensor

from vaeplay.evaluation.metrics.intervals import Estimate, jackknife
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.noise import Noise
from vaeplay.rows import evenly

BINS = 20
MOST = 5_000  # training codes, and as many test codes, that trees and thresholds see: spread evenly over the splits
TREES = 10  # Eastwood & Williams 2018; the depth is that of those below which is best on codes held out
DEPTHS = (2, 4, 6, 8)
VOTES, VOTE_OF = 800, 64  # groups of images with one factor in common, and images in each: Kim & Mnih 2018


def metrics(subject: Subject) -> dict[str, Estimate]:
    """Every metric of this file, where the factors are known."""
    known, factors = subject.train.factors, subject.test.factors
    if known is None or factors is None or not subject.vectors or subject.model.latent_dim < 2:
        return {}
    known, factors = known.cpu(), factors.cpu()
    some, of_test = evenly(len(known), MOST), evenly(len(factors), MOST)
    varied = [column for column in range(factors.shape[1]) if _varies(known[some, column], factors[:, column])]
    if len(varied) < 2:
        return {}
    known, factors = known[:, varied], factors[:, varied]
    codes, train_codes = subject.codes.double().cpu(), subject.train_codes.double().cpu()
    train, test = (train_codes[some], known[some]), (codes[of_test], factors[of_test])
    drawn = subject.trained_on[1].double().cpu()
    importance, accuracy = forests(*train, *test, seed=subject.seed_for("forests"))
    values = {
        "sap": separated_predictability(thresholds(*train, *test)),
        "dci_disentanglement": disentanglement(importance),
        "dci_completeness": completeness(importance),
        "dci_informativeness": accuracy,
        "factor_vae": factor_vae(train_codes, known, codes, factors, subject.noise_for("votes")),
    }

    def gap(codes: Tensor, rows: Tensor) -> float:
        return mutual_information_gap(information(codes, factors[rows]), factors[rows])

    return {
        "mig": jackknife(lambda rows: gap(codes[rows], rows), len(codes)),
        "mig_quantile": jackknife(lambda rows: gap(ranks(codes[rows]), rows), len(codes)),
        "mig_drawn": jackknife(lambda rows: gap(drawn[rows], rows), len(codes)),
        "modularity": jackknife(lambda rows: modularity(information(codes[rows], factors[rows])), len(codes)),
    } | {name: Estimate(value, len(codes)) for name, value in values.items()}


def _varies(known: Tensor, tested: Tensor) -> bool:
    """Whether a factor has several values among the training images that are looked at, and in the test split."""
    return len(known.unique()) > 1 and len(tested.unique()) > 1


def information(codes: Tensor, factors: Tensor) -> Tensor:
    """I(code; factor) in nats, the codes cut into bins: (N, D), (N, F) → (D, F)."""
    low, high = codes.min(0).values, codes.max(0).values
    bins = ((codes - low) / torch.where(high > low, high - low, 1) * BINS).long().clamp(max=BINS - 1)
    sizes = factors.max(0).values + 1
    columns = [
        torch.stack([_information(bins[:, row] * size + factors[:, column], int(size)) for row in range(bins.shape[1])])
        for column, size in enumerate(sizes)
    ]
    return torch.stack(columns, dim=1)


def ranks(codes: Tensor) -> Tensor:
    """Which quantile each number of a code is in, 0 … BINS − 1, equal numbers in the same: (N, D) → (N, D).

    An outlier, which leaves equally wide bins empty, moves nothing here.
    """
    edges = torch.quantile(codes, torch.arange(1, BINS, dtype=codes.dtype) / BINS, dim=0)
    return torch.searchsorted(edges.T.contiguous(), codes.T.contiguous(), right=True).T.to(codes.dtype)


def _information(both: Tensor, size: int) -> Tensor:
    shares = torch.bincount(both, minlength=BINS * size).reshape(BINS, size).double() / len(both)
    rows, columns, joint = (torch.special.entr(part).sum() for part in (shares.sum(1), shares.sum(0), shares))
    return (rows + columns - joint).clamp(min=0)


def mutual_information_gap(information: Tensor, factors: Tensor) -> float:
    """How much more the best code says of a factor than the next, over the factor's entropy. arXiv:1802.04942."""
    counts = [torch.bincount(factor).double() for factor in factors.T]
    entropies = torch.stack([torch.special.entr(count / count.sum()).sum() for count in counts])
    best = information.topk(2, dim=0).values
    return float(((best[0] - best[1]) / entropies).mean())


def modularity(information: Tensor) -> float:
    """How far each code says something of one factor alone; a code that says nothing counts 0. arXiv:1802.05312."""
    squares = information.square()
    most = squares.max(1).values
    others = (squares.sum(1) - most) / (most * (squares.shape[1] - 1))
    return float(torch.where(most > 0, 1 - others, torch.zeros_like(others)).mean())


def separated_predictability(accuracies: Tensor) -> float:
    """How much better the best single code tells a factor than the next: (D, F) → SAP. arXiv:1711.00848."""
    best = accuracies.topk(2, dim=0).values
    return float((best[0] - best[1]).mean())


def thresholds(codes: Tensor, factors: Tensor, test_codes: Tensor, test_factors: Tensor) -> Tensor:
    """Accuracy of a linear classifier of each factor on each code alone: (N, D), (N, F), (M, D), (M, F) → (D, F).

    The classifier is the linear support vector machine of Locatello et al. 2019: one against all others, C = 0.01,
    classes weighted alike.
    """
    from sklearn.svm import LinearSVC

    accuracies = torch.zeros(codes.shape[1], factors.shape[1], dtype=torch.double)
    for code in range(codes.shape[1]):
        for factor in range(factors.shape[1]):
            machine = LinearSVC(C=0.01, class_weight="balanced", dual=False)
            machine.fit(codes[:, [code]].numpy(), factors[:, factor].numpy())
            accuracies[code, factor] = machine.score(test_codes[:, [code]].numpy(), test_factors[:, factor].numpy())
    return accuracies


def forests(
    codes: Tensor, factors: Tensor, test_codes: Tensor, test_factors: Tensor, seed: int
) -> tuple[Tensor, float]:
    """Importance of each code in telling each factor, (D, F), and the accuracy on the test codes, mean over factors.

    A random forest a factor, of TREES trees that see all codes; its depth is chosen on every third code, held out.
    """
    from sklearn.ensemble import RandomForestClassifier

    held = torch.arange(len(codes)) % 3 == 2
    columns, accuracies = [], []
    for factor, test_factor in zip(factors.T.numpy(), test_factors.T.numpy(), strict=True):
        fitted = [
            RandomForestClassifier(TREES, max_depth=depth, max_features=None, random_state=seed).fit(
                codes[~held].numpy(), factor[~held]
            )
            for depth in DEPTHS
        ]
        forest = max(fitted, key=lambda one: one.score(codes[held].numpy(), factor[held]))
        columns.append(torch.from_numpy(forest.feature_importances_))
        accuracies.append(forest.score(test_codes.numpy(), test_factor))
    return torch.stack(columns, dim=1), sum(accuracies) / len(accuracies)


def disentanglement(importance: Tensor) -> float:
    """One minus the entropy of each code's importances over factors, a mean weighted by the codes' importance."""
    weights = importance.sum(1)
    return float((weights * (1 - _entropy_over_columns(importance))).sum() / weights.sum()) if weights.sum() else 0.0


def completeness(importance: Tensor) -> float:
    """One minus the entropy of each factor's importances over codes, a mean weighted by the factors' importance."""
    return disentanglement(importance.T)


def _entropy_over_columns(matrix: Tensor) -> Tensor:
    """Entropy of each row, as a share of the highest possible; 1 for a row of zeros: (R, C) → (R,)."""
    sums = matrix.sum(1, keepdim=True)
    shares = torch.where(sums > 0, matrix / torch.where(sums > 0, sums, 1), 1 / matrix.shape[1])
    return torch.special.entr(shares).sum(1) / math.log(matrix.shape[1])


def factor_vae(train_codes: Tensor, known: Tensor, codes: Tensor, factors: Tensor, noise: Noise) -> float:
    """Accuracy of telling which factor a group of images shares from the code that varies least. arXiv:1802.05983.

    Votes of the training images say which factor each code stands for; the score is taken on votes of the test images.
    """
    scale = train_codes.var(0)
    active = scale > 0
    if not active.any():
        return 0.0
    cast = [votes(some[:, active], of, scale[active], noise) for some, of in ((train_codes, known), (codes, factors))]
    factor_of = cast[0].argmax(1)
    return float(cast[1][torch.arange(len(factor_of)), factor_of].sum() / cast[1].sum())


def votes(codes: Tensor, factors: Tensor, scale: Tensor, noise: Noise) -> Tensor:
    """How often each code varied least in a group of images with one value of a factor: (N, D), (N, F) → (D, F).

    The factor, the image whose value of it is taken, and the images of the group are drawn, these with replacement.
    """
    counts = torch.zeros(codes.shape[1], factors.shape[1], dtype=torch.double)
    alike = [[(column == value).nonzero()[:, 0] for value in range(int(column.max()) + 1)] for column in factors.T]
    drawn = noise.uniform((VOTES, 2 + VOTE_OF)).cpu().double()
    for numbers in drawn:
        factor = int(numbers[0] * factors.shape[1])
        group = alike[factor][int(factors[int(numbers[1] * len(factors)), factor])]
        rows = group[(numbers[2:] * len(group)).long()]
        counts[int((codes[rows].var(0) / scale).argmin()), factor] += 1
    return counts

"""Which pairs of a grid a claim is about."""

from collections.abc import Callable

from vaeplay.verdicts.pairs import Configuration, Pair


def objectives(first: str, second: str) -> Callable[[Pair], bool]:
    """Of a change of the objective from the model `first` to `second`."""
    return lambda pair: pair.change == "objective" and (pair.first.kin.core, pair.second.kin.core) == (first, second)


def changes(axis: str) -> Callable[[Pair], bool]:
    """Of models whose code is a vector: in a map of codes, both sizes mean something else."""
    return lambda pair: pair.change == axis and not pair.first.kin.quantised


def to_convolutions(pair: Pair) -> bool:
    """Of a change from a dense network to a convolutional one."""
    return changes("network")(pair) and pair.second.kin.network == "convolutional"


def beta_up(pair: Pair) -> bool:
    """A VAE and a β-VAE of another β, the lower β first."""
    return {pair.first.kin.core, pair.second.kin.core} == {"VAE", "BetaVAE"} and (
        pair.change == "objective" and 1 not in {pair.first.entry.beta, pair.second.entry.beta}
    )


def has_prior(pair: Pair) -> bool:
    """One configuration alone that is sampled from a prior of its model: a pair of a metric with another."""
    fitted = "AE" in {pair.first.kin.core, pair.first.kin.parent}  # an autoencoder's, or one of its kind's
    return vectors(pair) and not fitted


def vectors(pair: Pair) -> bool:
    """One configuration alone whose code is a vector."""
    return pair.change == "none" and not pair.first.kin.quantised


def linear_autoencoder(pair: Pair) -> bool:
    """One configuration alone that is a linear autoencoder."""
    return pair.change == "none" and pair.first.kin.core == "AE" and is_linear(pair.first)


def is_linear(one: Configuration) -> bool:
    """Whether the networks are matrices: without a hidden layer, or with the identity as activation."""
    return one.entry.depth == 0 or str(one.entry.activation) == "Identity"

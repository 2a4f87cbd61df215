"""What is known of a training run: its losses by epoch, its length, and what it cost."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Curve:
    """One term of the loss over the epochs, as means per image; None where absent, NaN or infinite."""

    term: str
    train: tuple[float | None, ...]
    validation: tuple[float | None, ...]


@dataclass(frozen=True)
class History:
    """A training run: the epochs' numbers, a curve per term, and what the validation curve says of its length.

    `lr` is the learning rate in each epoch and `rate_weight` what the rate weighed at its end; empty where not known.
    `convergence` is one of `vaeplay.training.convergence`, and `best_epoch` that of the lowest validation loss.
    """

    epochs: tuple[int, ...]
    lr: tuple[float | None, ...]
    rate_weight: tuple[float | None, ...]
    curves: tuple[Curve, ...]
    convergence: str | None = None
    best_epoch: int | None = None


@dataclass(frozen=True)
class Memory:
    """The most memory that a device held during training, in bytes, and (seconds, bytes) over its course."""

    device: str
    peak_bytes: int
    samples: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Spent:
    """The wall seconds that one part of an evaluation took."""

    part: str
    seconds: float | None


@dataclass(frozen=True)
class Cost:
    """What a training run cost: wall seconds, images per second, trainable parameters, and memory.

    `evaluation` has the seconds of each part of the evaluation, where they are known.
    """

    seconds: float | None
    images_per_second: float | None
    parameters: int | None
    device: str
    threads: int | None
    memory: tuple[Memory, ...]
    evaluation: tuple[Spent, ...]

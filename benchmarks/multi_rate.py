"""One multi-rate VAE against β-VAEs trained separately, on the embedded digits at the settings of params.yaml.

    uv run python -m benchmarks.multi_rate [--seeds 3] [--conv]

Prints rate, distortion and the objective distortion + β · rate of test images, per β: means over seeds, and the
difference of the objective (multi-rate less separate) with its 95 % t interval over seeds, paired by seed. In a second
table, the separate models share the epochs of the one.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import stats

from vaeplay.data.prepared import as_float
from vaeplay.models.multi_rate import MultiRateVAE
from vaeplay.noise import Noise
from vaeplay.settings import params
from vaeplay.settings.cells import Cell
from vaeplay.training import checkpoint, loop

BETAS = (0.25, 0.5, 1.0, 2.0, 4.0)
ROOT = Path(__file__).parent.parent


def cell(model: str, seed: int, epochs: int | None, **changes: Any) -> Cell:
    """The cell of `model` with eight dimensions, at the depth of the default grid."""
    values = params.read(ROOT / "params.yaml").model_dump(mode="json")
    conv = model.startswith("Conv")
    size = {"model": [model], "latent_dim": [8], "depth": [2 if conv else 1], "activation": ["ReLU"]}
    values |= {"seed": seed, "grid": {"one": size}, "repeats": [""], "device": "cpu"} | changes
    if epochs:
        values["train"]["epochs"] = epochs
    return next(iter(params.validate(values).cells()))


def split() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The digits as 3,500 for training, 500 for validation and 1,000 for testing, uint8."""
    from vaeplay.data import mnist5k

    images = torch.from_numpy(mnist5k.read().images)
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    train, validation, test = images[order].split([3500, 500, 1000])
    return train, validation, test


def trained(one: Cell, images: tuple[torch.Tensor, ...]) -> tuple[Any, float]:
    """A trained model, and the seconds that it took."""
    model = checkpoint.build(one, tuple(images[0].shape[1:]))
    started = time.perf_counter()
    loop.train(model, images[0], images[1], one)
    return model, time.perf_counter() - started


@torch.no_grad()
def terms(model: Any, test: torch.Tensor) -> tuple[float, float]:
    """Rate and distortion of test images."""
    measured = model.measure(as_float(test), Noise(1))
    return float(measured["rate"].mean()), float(measured["distortion"].mean())


def rows(mine: dict[float, list[Any]], theirs: dict[float, list[Any]]) -> Iterator[str]:
    """The table's rows, one for each β."""
    for beta in BETAS:
        one, other = np.array(mine[beta]), np.array(theirs[beta])
        difference = (one - other) @ [beta, 1]
        mean = difference.mean()
        half = stats.t.ppf(0.975, len(one) - 1) * stats.sem(difference) if len(one) > 1 else float("nan")
        numbers = "".join(f"{value:10.2f}" for value in (*one.mean(0), *other.mean(0)))
        yield f"{beta:6.2f}{numbers}{mean:10.2f} ± {half:.2f}"


def main() -> None:
    """Train, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--conv", action="store_true", help="the convolutional twin")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    prefix, images = "Conv" if arguments.conv else "", split()
    mine: dict[float, list[Any]] = {beta: [] for beta in BETAS}
    whole: dict[float, list[Any]] = {beta: [] for beta in BETAS}
    share: dict[float, list[Any]] = {beta: [] for beta in BETAS}
    seconds = {"multi-rate": 0.0, "one separate": 0.0}
    for seed in range(arguments.seeds):
        model, took = trained(cell(f"{prefix}MultiRateVAE", seed, None), images)
        assert isinstance(model, MultiRateVAE)
        seconds["multi-rate"] += took
        epochs = cell(f"{prefix}BetaVAE", seed, None).train.epochs
        for beta in BETAS:
            mine[beta].append(terms(model.at(beta), images[2]))
            other, took = trained(cell(f"{prefix}BetaVAE", seed, None, beta=beta), images)
            seconds["one separate"] += took / len(BETAS)
            whole[beta].append(terms(other, images[2]))
            fewer = max(1, epochs // len(BETAS))
            share[beta].append(terms(trained(cell(f"{prefix}BetaVAE", seed, fewer, beta=beta), images)[0], images[2]))
    print({name: round(value / arguments.seeds, 1) for name, value in seconds.items()}, "seconds per training")
    for title, others in (("equal epochs each", whole), ("equal epochs in all", share)):
        print(
            f"\n{title}\n     β      rate  distortion (multi-rate), rate  distortion (separate), difference of D + β R"
        )
        print("\n".join(rows(mine, others)))


if __name__ == "__main__":
    main()

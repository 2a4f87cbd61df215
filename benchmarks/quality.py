"""How long a training takes to reach a given validation loss: the usual ways, and this project at its defaults.

    uv run --group benchmark python -m benchmarks.quality

Every contender trains the same network (a VAE of the default grid) on the same 3,500 digits, in this one process, on
as many threads as params.yaml says. All are watched on the same 500 others with the same noise; watching is not
counted. The three others train an epoch each in turn, with the learning rate that they are known by; this project's
training, whose schedule has an end, is run before, between and after them, and its median counts.

    vaeplay       the settings of params.yaml
    pythae        Pythae's trainer at its defaults: batches of 64, Adam, 1e-4
    pythae 1e-3   the same at 1e-3
    tutorial      the loop of the PyTorch examples: batches of 128, Adam, 1e-3

The aim is the validation loss that the worst of this project's runs ends with; beside it stand looser ones.
"""

import argparse
import os
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks import throughput
from vaeplay.settings import params
from vaeplay.settings.cells import Cell

TRAINED, WATCHED = 3500, 500
LOOSER = (0.0, 1.0, 3.0, 6.0)  # nats per image above the aim
RUNS = 3  # of this project's training
Curve = list[tuple[float, float]]  # after each epoch: seconds of training so far, validation loss


@dataclass
class Rival:
    """A contender that trains for as long as it is asked to."""

    epoch: Callable[[], object]
    networks: tuple[Any, Any]
    curve: Curve = field(default_factory=list)


def main() -> None:
    """Print, for each aim, the seconds that each contender took, and how many times sooner this project was there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latent", type=int, default=8)
    parser.add_argument("--depth", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=150, help="that a contender gets at most")
    chosen = parser.parse_args()

    import logging

    import torch

    from vaeplay.training import devices

    cell = default_cell(chosen.latent, chosen.depth)
    device = devices.set_up("cpu", cell.threads)
    logging.disable(logging.INFO)  # Pythae's own words
    train, watched = digits()
    rivals = rivals_of(cell, train.to(device))
    ours = [our_curve(cell, train, watched)]
    aim = ours[0][-1][1]
    for number in range(chosen.epochs):
        waiting = [rival for rival in rivals.values() if not rival.curve or min(loss for _, loss in rival.curve) > aim]
        if not waiting:
            break
        for rival in waiting:
            before = rival.curve[-1][0] if rival.curve else 0.0
            taken = throughput.seconds(rival.epoch, repeatable=False)
            rival.curve.append((before + taken, watch(rival.networks, watched)))
        if number in {10, 40}:
            ours.append(our_curve(cell, train, watched))
    while len(ours) < RUNS:
        ours.append(our_curve(cell, train, watched))
    print(f"torch {torch.__version__}, {cell.name}, {cell.threads} thread(s): seconds (times as long as vaeplay)")
    print(f"{'loss':>8} {'vaeplay':>9} " + " ".join(f"{name:>16}" for name in rivals))
    for looser in LOOSER:
        target = max(curve[-1][1] for curve in ours) + looser
        mine = statistics.median(reached(curve, target) or float("nan") for curve in ours)
        row = [shown(reached(rival.curve, target), mine, rival.curve[-1][0]) for rival in rivals.values()]
        print(f"{target:8.2f} {mine:9.1f} " + " ".join(f"{text:>16}" for text in row))


def default_cell(latent: int, depth: int) -> Cell:
    """A VAE with the settings of params.yaml."""
    values = params.read(throughput.ROOT / "params.yaml").model_dump(mode="json")
    values["grid"] = {"one": {"model": ["VAE"], "latent_dim": [latent], "depth": [depth], "activation": ["ReLU"]}}
    return next(iter(params.validate(values).cells()))


def digits() -> tuple[Any, Any]:
    """Real digits, uint8: (TRAINED, 1, 28, 28) and (WATCHED, 1, 28, 28), both with every class."""
    import torch

    from vaeplay.data import mnist5k

    images = torch.from_numpy(mnist5k.read().images)
    rows = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    return images[rows[:TRAINED]], images[rows[TRAINED : TRAINED + WATCHED]]


def rivals_of(cell: Cell, images: Any) -> dict[str, Rival]:
    """The other contenders, each with a network of its own."""
    made = {}
    for name, contender, rate, batch in (
        ("pythae", throughput.pythae, 1e-4, 64),
        ("pythae 1e-3", throughput.pythae, 1e-3, 64),
        ("tutorial", throughput.tutorial, 1e-3, 128),
    ):
        train = cell.train.model_copy(update={"lr": rate, "batch_size": batch})
        networks = throughput.plain_networks(cell, images)
        made[name] = Rival(contender(cell.model_copy(update={"train": train}), images, networks), networks)
    return made


def our_curve(cell: Cell, train: Any, watched: Any) -> Curve:
    """This project's training, watched after each epoch."""
    from vaeplay.training import checkpoint, loop

    model = checkpoint.build(cell, tuple(train.shape[1:]))
    history = loop.train(model, train, watched, cell)
    seconds = 0.0
    curve = []
    for entry in history:
        seconds += entry["seconds"]  # its own validation is in there
        curve.append((seconds, entry["validation_total"]))
    return curve


def watch(networks: tuple[Any, Any], images: Any) -> float:
    """The negative ELBO of the watched images, nats per image, with the same noise each time."""
    import torch
    from torch.nn import functional

    encoder, decoder = networks
    x = images.float() / 255
    with torch.no_grad():
        mean, logvar = encoder(x).chunk(2, dim=1)
        normal = torch.randn(mean.shape, generator=torch.Generator().manual_seed(0))
        logits = decoder(mean + (0.5 * logvar).exp() * normal)
        distortion = functional.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)
        rate = 0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum(1)
    return float((distortion + rate).mean())


def reached(curve: Curve, target: float) -> float | None:
    """Seconds until the loss was first as low; None if it never was."""
    return next((seconds for seconds, loss in curve if loss <= target), None)


def shown(seconds: float | None, mine: float, limit: float) -> str:
    """Seconds with their ratio to this project's, or from where on it was given up."""
    return f"> {limit:.1f} ({limit / mine:.1f}×)" if seconds is None else f"{seconds:.1f} ({seconds / mine:.1f}×)"


if __name__ == "__main__":
    os.environ["TQDM_DISABLE"] = "1"
    main()

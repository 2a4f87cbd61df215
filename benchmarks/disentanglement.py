"""Whether a price on the total correlation buys codes of one factor each: MIG and DCI of VAE, β-VAE and β-TCVAE.

    uv run python -m benchmarks.disentanglement

Trains each model from three seeds on the same small images of `shapes` and prints a table: mean and range over the
seeds. Nothing is chosen by these figures: β is `--beta` for both models that have one, and what has no option here is
as params.yaml says. Takes some minutes on two cores.
"""

import argparse
import time
from pathlib import Path

import torch
from tqdm import tqdm

from vaeplay.classifier.network import Classifier
from vaeplay.data import images, shapes
from vaeplay.data.prepared import Split
from vaeplay.evaluation.metrics import disentanglement, reconstruction
from vaeplay.evaluation.metrics.subject import Subject
from vaeplay.settings import params
from vaeplay.settings.cells import Cell
from vaeplay.training import checkpoint, loop

MODELS = ("VAE", "BetaVAE", "BetaTCVAE")
COLUMNS = ("mig", "dci_disentanglement", "dci_completeness", "dci_informativeness", "factor_vae", "sap", "mse")


def cells(options: argparse.Namespace) -> list[Cell]:
    """Each model with each seed, all else as params.yaml has it."""
    values = params.read(Path("params.yaml")).model_dump(mode="json")
    values |= {"beta": options.beta, "threads": options.threads, "device": "cpu", "repeats": ["", "_r2", "_r3"]}
    values["train"]["epochs"] = options.epochs
    axes = {"model": list(MODELS), "latent_dim": [options.latent_dim], "depth": [2], "activation": ["ReLU"]}
    values["grid"] = {"dense": axes}
    return list(params.validate(values).cells())


def splits(options: argparse.Namespace) -> dict[str, Split]:
    """Images with their factors, divided as the pipeline does."""
    found = shapes.read(images.Request("shapes", 0, size=options.size, limit=options.images))
    assert found.factors is not None
    rows = images.split(found.labels, 0.05, 0.25, 0)
    return {
        name: Split(*(torch.from_numpy(part[chosen].copy()) for part in (found.images, found.labels, found.factors)))
        for name, chosen in rows.items()
    }


def measured(cell: Cell, data: dict[str, Split]) -> dict[str, float]:
    """The figures of one cell, trained here."""
    shape = tuple(data["train"].images.shape[1:])
    model = checkpoint.build(cell, shape)
    loop.train(model, data["train"].images, data["validation"].images, cell)
    nothing = torch.zeros(0, 2)
    subject = Subject(
        model=model.eval(),
        train=data["train"],
        test=data["test"],
        classifier=Classifier(shape, 2, 1, 2),
        real_train=nothing,
        real_test=nothing,
        seed=0,
        batch_size=500,
        importance_samples=1,
        classes=1,
    )
    found = disentanglement.metrics(subject) | reconstruction.metrics(subject)
    return {key: figure.value for key, figure in found.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=8000)
    parser.add_argument("--size", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--beta", type=float, default=4.0)
    parser.add_argument("--latent-dim", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    data, started = splits(options), time.perf_counter()
    scores: dict[str, list[dict[str, float]]] = {name: [] for name in MODELS}
    for cell in tqdm(cells(options), desc="cells", disable=None):
        scores[cell.model].append(measured(cell, data))
    print(f"| model | {' | '.join(COLUMNS)} |\n|{'---|' * (len(COLUMNS) + 1)}")
    for name, runs in scores.items():
        columns = [[run[key] for run in runs] for key in COLUMNS]
        texts = [f"{sum(column) / len(column):.3f} ({min(column):.3f}…{max(column):.3f})" for column in columns]
        print(f"| {name} | {' | '.join(texts)} |")
    print(f"{vars(options)}, {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()

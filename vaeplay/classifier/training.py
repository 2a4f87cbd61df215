"""How the classifier is trained, calibrated and tested.

If the images have no classes, it learns to tell by how many quarter turns an image was rotated (Gidaris et al. 2018,
arXiv:1803.07728); images that are not square are flipped either way or turned by half.

Its probabilities are calibrated by a temperature chosen on the validation split (Guo et al. 2017, arXiv:1706.04599), so
that "sure" means what it says. Its features are scaled to a mean square of 1 over the training images: their own scale
is arbitrary, and every distance would depend on it.
"""

import math

import torch
from torch import Tensor, nn
from tqdm import tqdm

from vaeplay import optimisers
from vaeplay.classifier.network import Classifier, features
from vaeplay.data.prepared import Split, as_float, batches
from vaeplay.seeds import seed_for

BATCH = 64
WAYS = 4  # to turn or flip an image without classes
TEMPERATURES = torch.logspace(-1, 2, 121, 2, dtype=torch.double)  # 1/2 … 4, the candidates for calibration
BINS = 10


def train(
    data: Split, validation: Split, classes: int, seed: int, *, channels: int, features: int, epochs: int, lr: float
) -> Classifier:
    """A classifier of these images by their labels, or by how they were turned if there is only one class."""
    torch.manual_seed(seed_for(seed, "classifier"))
    shape = tuple(data.images.shape[1:])
    model = Classifier(shape, classes if classes > 1 else WAYS, channels, features).to(data.images.device)
    order = torch.Generator().manual_seed(seed_for(seed, "classifier's batches"))
    steps = epochs * math.ceil(len(data.images) / BATCH)
    optimiser = optimisers.optimiser("Adam", model.parameters(), lr=lr)
    rates = optimisers.one_cycle(optimiser, lr, steps)
    for _ in tqdm(range(epochs), desc="classifier", unit="epoch", disable=None):
        for rows in torch.randperm(len(data.images), generator=order).to(data.images.device).split(BATCH):
            x, labels = task(as_float(data.images[rows]), data.labels[rows], classes)
            loss = nn.functional.cross_entropy(model(x), labels)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            rates.step()
    model.eval()
    scale(model, data.images)
    calibrate(model, validation, classes)
    return model


def task(x: Tensor, labels: Tensor, classes: int) -> tuple[Tensor, Tensor]:
    """The classifier's inputs and targets: images and their labels, or turned images and how they were turned."""
    return (x, labels) if classes > 1 else turned(x)


def task_name(data: Split, classes: int) -> str:
    """What the classifier predicts, in words."""
    height, width = data.images.shape[2:]
    return "class" if classes > 1 else "quarter turn" if height == width else "flip or half turn"


def turned(x: Tensor) -> tuple[Tensor, Tensor]:
    """Images, an equal share turned in each of four ways that keep their shape, and which way, (B,)."""
    ways = torch.arange(len(x), device=x.device) % WAYS
    y = x.clone()
    for way in range(1, WAYS):
        some = x[way::WAYS]
        if x.shape[2] == x.shape[3]:
            y[way::WAYS] = some.rot90(way, (2, 3))
        else:
            y[way::WAYS] = some.flip([(2,), (3,), (2, 3)][way - 1])
    return y, ways


@torch.no_grad()
def scale(model: Classifier, images: Tensor) -> None:
    """Bring the mean square of the features over images, uint8 (N, *shape), to 1; all logits stay the same."""
    size = features(model, images).double().square().mean().sqrt().clamp(min=1e-12)
    for part in (model.hidden.weight, model.hidden.bias):
        part.div_(size)
    model.head.weight.mul_(size)


@torch.no_grad()
def calibrate(model: Classifier, data: Split, classes: int) -> None:
    """Divide the logits by the temperature that makes the labels of `data` likeliest; no answer changes."""
    logits, labels = answers(model, data, classes)
    losses = [nn.functional.cross_entropy(logits / float(value), labels) for value in TEMPERATURES]
    best = TEMPERATURES[int(torch.stack(losses).argmin())]
    for part in (model.head.weight, model.head.bias):
        part.div_(float(best))


@torch.no_grad()
def answers(model: Classifier, data: Split, classes: int) -> tuple[Tensor, Tensor]:
    """Logits (N, K), in double precision, and labels (N,) of its task over a whole split."""
    splits = zip(batches(data.images, BATCH), data.labels.split(BATCH), strict=True)
    parts = [(model(x).double(), labels) for x, labels in (task(x, y, classes) for x, y in splits)]
    logits, labels = zip(*parts, strict=True)
    return torch.cat(logits), torch.cat(labels)


def report(model: Classifier, data: Split, classes: int) -> dict[str, float]:
    """`accuracy`, the share of correct answers, and `calibration_error`, how far its probabilities are from it.

    The error is |share of correct answers − mean probability|, averaged over ten bins of the highest probability,
    weighted by their number of images.
    """
    logits, labels = answers(model, data, classes)
    probability, answer = logits.softmax(1).max(1)
    right = (answer == labels).double()
    bins = (probability * BINS).long().clamp(max=BINS - 1)
    gaps = torch.zeros(BINS, dtype=torch.double, device=bins.device).index_add_(0, bins, right - probability)
    return {"accuracy": float(right.mean()), "calibration_error": float(gaps.abs().sum() / len(labels))}

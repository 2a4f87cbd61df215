"""The classifier whose features tell real images from generated ones: trained once, on the training split alone.

Fréchet and kernel distances are usually taken in the features of a network that was trained on photographs, which mean
little for digits or for shapes. Here they are those of a small convolutional network that knows this very data set; how
well it knows it, its accuracy, stands beside the figures. Where the images have no classes, it learns to tell by which
quarter turn an image was rotated (Gidaris et al. 2018, arXiv:1803.07728).
"""

import json
import math
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor, nn
from tqdm import tqdm

from vaeplay import files
from vaeplay.dataset import Split, as_float, batches
from vaeplay.errors import UserError
from vaeplay.seeds import seed_for

KEY = "vaeplay"
TURNS = 4


class Classifier(nn.Module):
    """Convolutions, a hidden layer of `features` units, and a linear layer for `classes`."""

    def __init__(self, shape: tuple[int, ...], classes: int, channels: int, features: int) -> None:
        super().__init__()
        self.header = {"shape": list(shape), "classes": classes, "channels": channels, "features": features}
        layers: list[nn.Module] = []
        inputs, side = shape[0], min(shape[1:])
        while side >= 4:  # halved while there is something to halve
            layers += [nn.Conv2d(inputs, channels, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
            inputs, channels, side = channels, min(2 * channels, 128), side // 2
        halvings = len(layers) // 3
        size = inputs * (shape[1] >> halvings) * (shape[2] >> halvings)
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Linear(size, features), nn.ReLU())
        self.head = nn.Linear(features, classes)

    def features(self, x: Tensor) -> Tensor:
        """What the last hidden layer makes of images: (B, channels, height, width) → (B, F)."""
        found: Tensor = self.body(x)
        return found

    def forward(self, x: Tensor) -> Tensor:
        """Logits of the classes, (B, K)."""
        logits: Tensor = self.head(self.features(x))
        return logits


def train(data: Split, classes: int, seed: int, *, channels: int, features: int, epochs: int, lr: float) -> Classifier:
    """A classifier of these images by their labels, or by quarter turns where there is one class."""
    torch.manual_seed(seed_for(seed, "classifier"))
    shape = tuple(data.images.shape[1:])
    model = Classifier(shape, classes if classes > 1 else TURNS, channels, features).to(data.images.device)
    order = torch.Generator().manual_seed(seed_for(seed, "classifier's batches"))
    batch_size = 64
    steps = epochs * math.ceil(len(data.images) / batch_size)
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=lr, total_steps=steps + 1)
    for _ in tqdm(range(epochs), desc="classifier", unit="epoch", disable=None):
        for rows in torch.randperm(len(data.images), generator=order).to(data.images.device).split(batch_size):
            x, labels = as_float(data.images[rows]), data.labels[rows]
            if classes < 2:
                x, labels = turned(x)
            loss = nn.functional.cross_entropy(model(x), labels)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            rates.step()
    return model.eval()


def turned(x: Tensor) -> tuple[Tensor, Tensor]:
    """Square images, an equal share rotated by each number of quarter turns, and these numbers, (B,)."""
    turns = torch.arange(len(x), device=x.device) % TURNS
    return torch.stack([image.rot90(int(turn), (1, 2)) for image, turn in zip(x, turns, strict=True)]), turns


@torch.no_grad()
def accuracy(model: Classifier, data: Split, classes: int) -> float:
    """Share of images whose class, or whose quarter turn, it gets right."""
    right = 0
    for x, labels in zip(batches(data.images), data.labels.split(500), strict=True):
        if classes < 2:
            x, labels = turned(x)
        right += int((model(x).argmax(1) == labels).sum())
    return right / len(data.images)


@torch.no_grad()
def features(model: Classifier, images: Tensor) -> Tensor:
    """Features of all images, uint8 (N, *shape) → (N, F)."""
    return torch.cat([model.features(x) for x in batches(images)])


def save(path: Path, model: Classifier, train_features: Tensor, test_features: Tensor) -> None:
    """Write the network with its features of the real images, which every cell is compared with."""
    tensors = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    tensors |= {"real.train": train_features.cpu().contiguous(), "real.test": test_features.cpu().contiguous()}
    files.write_bytes(path, to_bytes(tensors, {KEY: json.dumps(model.header, sort_keys=True)}))


def load(path: Path, device: torch.device | str = "cpu") -> tuple[Classifier, Tensor, Tensor]:
    """The network in evaluation mode, and its features of the training and the test images, (N, F) each.

    Raises:
        UserError: the file is missing or damaged.
    """
    try:
        with safe_open(path, framework="pt", device=str(device)) as file:
            header: dict[str, Any] = json.loads(file.metadata()[KEY])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        real = tensors.pop("real.train"), tensors.pop("real.test")
        shape = tuple(header.pop("shape"))
        model = Classifier(shape, **header)
        model.load_state_dict(tensors)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise UserError(
            f"{path}: not a classifier of this project ({error}); `dvc repro classifier` makes it"
        ) from None
    return model.to(device).eval(), *real

"""The classifier, in whose features real and generated images are compared: trained once, on the training split.

Fréchet and kernel distances usually use the features of a network trained on photographs, which mean little for digits
or shapes. Here they use a small convolutional network trained on this very data set; its accuracy is shown beside the
metrics. `training` trains it.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor, nn

from vaeplay import files
from vaeplay.data.prepared import batches
from vaeplay.errors import UserError

KEY = "vaeplay"
SURE = 0.9  # class probability above which the classifier counts as sure


class Classifier(nn.Module):
    """Convolutions, a hidden layer of `features` units, and a linear layer for `classes`."""

    def __init__(self, shape: tuple[int, ...], classes: int, channels: int, features: int) -> None:
        super().__init__()
        self.header = {"shape": list(shape), "classes": classes, "channels": channels, "features": features}
        layers: list[nn.Module] = []
        inputs, side = shape[0], min(shape[1:])
        while side >= 4:  # halved until it is too small
            layers += [nn.Conv2d(inputs, channels, 3, padding=1), nn.MaxPool2d(2), nn.ReLU()]
            inputs, channels, side = channels, min(2 * channels, 128), side // 2
        halvings = len(layers) // 3
        size = inputs * (shape[1] >> halvings) * (shape[2] >> halvings)
        self.body = nn.Sequential(*layers, nn.Flatten())
        self.hidden = nn.Linear(size, features)
        self.head = nn.Linear(features, classes)
        self.to(memory_format=torch.channels_last)  # convolutions and poolings take half the time

    def features(self, x: Tensor) -> Tensor:
        """The outputs of the last hidden layer: (B, channels, height, width) → (B, F)."""
        return self.hidden(self.body(x)).relu()

    def forward(self, x: Tensor) -> Tensor:
        """Logits of the classes, (B, K)."""
        logits: Tensor = self.head(self.features(x))
        return logits


@torch.no_grad()
def features(model: Classifier, images: Tensor) -> Tensor:
    """Features of all images, uint8 (N, *shape) → (N, F)."""
    return torch.cat([model.features(x) for x in batches(images)])


@torch.no_grad()
def sure(model: Classifier, features: Tensor) -> Tensor:
    """Whether it gives an image one class with a probability above SURE: features (N, F) → (N,), 0 or 1."""
    return (model.head(features).softmax(1).amax(1) > SURE).double()


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

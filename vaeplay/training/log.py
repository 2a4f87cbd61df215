"""What is recorded of a training besides its weights: how it went, how long it took, how large the model is."""

from typing import Any

import torch
from torch import Tensor, nn

from vaeplay.models.base import Autoencoder
from vaeplay.settings.cells import Cell
from vaeplay.training import convergence


def of(cell: Cell, model: Autoencoder, history: list[dict[str, float]], images: int, seconds: float) -> dict[str, Any]:
    """The content of `logs/cells/<cell>.json` for a training that took `seconds`, with `images` images per epoch."""
    in_epochs = sum(entry["seconds"] for entry in history)
    state, best = convergence.of([entry["validation_total"] for entry in history]) if history else (None, None)
    return {
        "cell": cell.name,
        "model": cell.model,
        "history": history,
        "convergence": state,
        "best_epoch": best,
        "seconds": seconds,
        "images_per_second": images * len(history) / in_epochs if history else 0.0,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "decoder_macs": decoder_macs(model),
        "prior": model.prior,
    }


@torch.no_grad()
def decoder_macs(model: Autoencoder) -> int:
    """Multiply-accumulate operations of the decoder's matrix products and convolutions for one image."""
    code = model.encode(torch.zeros(1, *model.shape, device=next(model.parameters()).device))
    counts: list[int] = []

    def count(layer: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        places = inputs[0] if isinstance(layer, nn.ConvTranspose2d) else output  # where the whole kernel is applied
        counts.append(layer.weight.numel() * places.shape[2:].numel())

    kinds = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
    products = [part for part in model.decoder.modules() if isinstance(part, kinds)]
    hooks = [layer.register_forward_hook(count) for layer in products]
    model.decoder(code)
    for hook in hooks:
        hook.remove()
    return sum(counts)

"""A network as a list of plain layers, each a small JSON object, with its weights as named tensors.

What the page's own networks (gallery/explorer/decoder.js) compute is defined here, by `run`. Kinds of layer:

    linear      y_j = Σ_i W[i, j] x_i + b_j
    conv        torch.nn.Conv2d with weights W (inputs, outputs, height, width); transposed: its ConvTranspose2d
    activation  a class of torch.nn with its default arguments
    norm        torch.nn.GroupNorm in `groups` groups of feature maps
    add         plus the input of the layer `from`, at which a residual block begins
    gate        each unit or feature map times σ(a · log β + b): of a multi-rate VAE, for any β
    pixels      the logistic function: the expected image in 0…1
    levels      the mean of the discretised logistic whose centres and scales the feature maps are: the same

Each says the shape of its `input` and of its `output`; between layers numbers keep their order, whatever the shape.

Weights are stored as whole numbers of steps, W[i, j] = n[i, j] · scale[j], with one step in a layer: the longer, the
less the output changes with the layer's weights. In a linear layer, what rounding the weights of one input loses is
made up for by those of the inputs that follow, as far as inputs are correlated (error feedback, the column-wise step
of GPTQ, Frantar et al. 2023, arXiv:2210.17323): for the same error, one or two bits less in each weight. A layer with
few weights stays as it is.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from vaeplay.models.parts.gates import Gate
from vaeplay.models.parts.likelihoods import expected_level
from vaeplay.models.parts.residual import Residual
from vaeplay.settings.axes import ACTIVATIONS

SIZES = (-24, 16)  # steps that are tried, in quarter octaves of the one that costs the whole tolerance, roughly
FEW = 0.02  # of all weights: a layer with fewer is not rounded
FELT = 200  # inputs that gradients are taken at
DAMPING = 0.01  # of the inputs' mean square: what is added to their correlations, for inputs unlike those
LARGEST = 2**15 - 1

EPS = 1e-5  # of torch.nn.GroupNorm

Layer = dict[str, Any]
Tensors = dict[str, Tensor]


class NotPlainError(Exception):
    """A network holds something that has no layer kind here."""


@torch.no_grad()
def of_decoder(decoder: nn.Module, z: Tensor, shape: tuple[int, ...]) -> tuple[list[Layer], Tensors]:
    """The layers of a decoder that gives images of `shape`, and their weights in float32. `z` is one code, (1, …).

    Raises:
        NotPlainError: the decoder is not a plain sequence of known layers.
    """
    layers, tensors, outputs = _of(decoder, z)
    kind = "pixels" if outputs.shape[1] == shape[0] else "levels"
    return [*layers, {"kind": kind, "input": list(outputs.shape[1:]), "output": list(shape)}], tensors


@torch.no_grad()
def of_encoder(encoder: nn.Module, x: Tensor) -> tuple[list[Layer], Tensors]:
    """The layers of an encoder, and their weights in float32. `x` is one image, (1, *shape).

    Raises:
        NotPlainError: the encoder is not a plain sequence of known layers.
    """
    return _of(encoder, x)[:2]


def _of(network: nn.Module, x: Tensor) -> tuple[list[Layer], Tensors, Tensor]:
    """The layers, their weights, and what the network makes of `x`."""
    layers: list[Layer] = []
    tensors: Tensors = {}
    if not isinstance(network, nn.Sequential):
        raise NotPlainError(type(network).__name__)
    return layers, tensors, _add_layers(network, x, layers, tensors)


def _add_layers(network: nn.Sequential, x: Tensor, layers: list[Layer], tensors: Tensors) -> Tensor:
    """Append a network's layers and their weights, and return its output."""
    for module in network:
        name, start = str(len(layers)), len(layers)
        output = _add_layers(module.body, x, layers, tensors) + x if isinstance(module, Residual) else module(x)
        if not isinstance(module, nn.Flatten | nn.Unflatten | nn.Identity):
            layer = {"kind": "add", "from": start} if isinstance(module, Residual) else _layer(module, x)
            layers.append(layer | {"input": list(x.shape[1:]), "output": list(output.shape[1:])})
            if weights := _weights(module):
                layers[-1]["weights"] = name
                tensors |= {f"{name}.{part}": value for part, value in weights.items()}
        x = output
    return x


def _layer(module: nn.Module, x: Tensor) -> Layer:
    name = type(module).__name__
    if name in ACTIVATIONS and repr(module) == repr(getattr(nn, name)()):
        return {"kind": "activation", "name": name}
    if isinstance(module, nn.Linear) and x.dim() == 2:
        return {"kind": "linear"}
    plain = isinstance(module, nn.Conv2d | nn.ConvTranspose2d) and module.groups == 1 and module.dilation == (1, 1)
    if plain and module.padding_mode == "zeros" and not isinstance(module.padding, str):
        kind = "conv" if isinstance(module, nn.Conv2d) else "transposed"
        return {"kind": kind, **{key: list(getattr(module, key)) for key in ("kernel_size", "stride", "padding")}}
    if isinstance(module, nn.GroupNorm) and module.eps == EPS:
        return {"kind": "norm", "groups": module.num_groups}
    if isinstance(module, Gate):
        return {"kind": "gate"}
    raise NotPlainError(name)


def _weights(module: nn.Module) -> Tensors:
    if isinstance(module, Gate):
        return {"a": module.a.detach().cpu(), "b": module.b.detach().cpu()}
    if isinstance(module, nn.GroupNorm):
        return {part: module.get_parameter(part).detach().cpu() for part in ("weight", "bias")}
    if not isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
        return {}
    weight: Tensor = module.get_parameter("weight").detach().cpu()
    if not isinstance(module, nn.ConvTranspose2d):
        weight = weight.transpose(0, 1)
    bias = module.bias
    zeros = weight.new_zeros(weight.shape[1])
    return {"weight": weight.contiguous(), "bias": bias.detach().cpu() if isinstance(bias, Tensor) else zeros}


def fitted(
    layers: list[Layer], tensors: Tensors, inputs: Tensor, error: Callable[[Tensors], float], one: Tensor | float = 1.0
) -> tuple[Tensors, float] | None:
    """The weights with the longest steps for which `error` of the `restored` ones is at most 1, and that error.

    `inputs` (B, …) are those that rounding is made for, and `one` the error of an output that counts as 1. None if no
    steps are short enough.
    """
    if not error(tensors) <= 1:  # other layers than the network's
        return None
    feelings, low, high, best = _feelings(layers, tensors, inputs[:: -(-len(inputs) // FELT)], one), *SIZES, None
    feedback = {name: feedback_of(x) for name, x in _seen(layers, tensors, inputs).items() if name in feelings}
    while low <= high:  # the error grows with the steps, so halving finds the longest
        middle = (low + high) // 2
        steps = {name: 2 ** (middle / 4) / feeling for name, feeling in feelings.items()}
        kept = stored(tensors, steps, feedback)
        value = error(restored(kept))
        if value <= 1:
            low, best = middle + 1, (kept, value)
        else:
            high = middle - 1
    return best


def stored(tensors: Tensors, steps: dict[str, float], feedback: Tensors) -> Tensors:
    """The weights as whole numbers of each layer's step, with `scale` (outputs,) beside them.

    `feedback` is that of linear layers, see `feedback_of`. Layers without a step, biases and gates stay as they are,
    and so does a layer of which a weight is so many steps that 16 bits do not hold it.
    """
    kept: Tensors = {}
    for name, value in tensors.items():
        layer, _, part = name.partition(".")
        if part != "weight" or layer not in steps or float(value.abs().max()) / steps[layer] > LARGEST / 2:
            kept[name] = value
            continue
        whole = value / steps[layer]
        whole = _rounded(whole, feedback[layer]) if layer in feedback else whole.round()
        kept[name] = whole.to(torch.int8 if whole.abs().max() <= 127 else torch.int16)
        kept[f"{layer}.scale"] = torch.full((value.shape[1],), steps[layer])
    return kept


def restored(tensors: Tensors) -> Tensors:
    """The weights in float32 again, as near as their steps have kept them."""
    floats: Tensors = {}
    for name, value in tensors.items():
        if name.replace("weight", "scale") in tensors and name.endswith(".weight"):
            scale = tensors[name.replace("weight", "scale")]
            floats[name] = value.float() * scale.view(1, -1, *[1] * (value.dim() - 2))
        elif not name.endswith(".scale"):
            floats[name] = value
    return floats


def bits(tensors: Tensors) -> float:
    """Bits of a weight on average: the entropy of the whole numbers, and 32 of each that is not rounded."""
    total, count = 0.0, 0
    for name, value in tensors.items():
        if name.endswith(".weight"):
            shares = torch.unique(value, return_counts=True)[1] / value.numel()
            each = 32.0 if value.is_floating_point() else -float((shares * shares.log2()).sum())
            total, count = total + each * value.numel(), count + value.numel()
    return total / max(count, 1)


def _feelings(layers: list[Layer], tensors: Tensors, inputs: Tensor, one: Tensor | float) -> dict[str, float]:
    """By how many times `one` the output changes with all of a layer's weights, each by 1 at random, at most.

    From gradients in random directions, of the layers that have not few weights.
    """
    weights = {
        name: value.clone().requires_grad_()
        for name, value in tensors.items()
        if name.endswith(".weight") and value.ndim > 1  # not those of a norm
    }
    total = sum(value.numel() for value in weights.values())
    with torch.enable_grad():
        outputs = _run(layers, tensors | weights, inputs, 0.0)
        generator = torch.Generator().manual_seed(0)
        signs = torch.randint(0, 2, outputs.shape, generator=generator) * 2 - 1
        gradients = torch.autograd.grad((outputs * signs / one).sum(), list(weights.values()))
    squares = {
        name.partition(".")[0]: float(gradient.square().sum()) / len(inputs) / outputs[0].numel()
        for name, gradient in zip(weights, gradients, strict=True)
        if gradient.numel() > FEW * total
    }
    return {name: max(square, 1e-30) ** 0.5 for name, square in squares.items()}


def _seen(layers: list[Layer], tensors: Tensors, inputs: Tensor) -> Tensors:
    """The inputs of the linear layers, (B, inputs)."""
    walk = _walk(layers, tensors, inputs, 0.0)
    return {layer["weights"]: x for layer, x, _ in walk if layer["kind"] == "linear"}


def feedback_of(inputs: Tensor) -> Tensor:
    """By how much the weights of later inputs make up for a change of each one's, (I, I), for inputs (B, I)."""
    correlations = (inputs.T @ inputs / len(inputs)).double().nan_to_num(0, 0, 0)
    damping = DAMPING * correlations.diagonal().mean().clamp(min=1e-12)
    inverse = torch.linalg.inv(correlations + damping * torch.eye(len(correlations), dtype=torch.float64))
    passed_on = torch.linalg.cholesky(inverse, upper=True)
    return (passed_on / passed_on.diagonal()[:, None]).float()


def _rounded(whole: Tensor, feedback: Tensor) -> Tensor:
    """Weights (I, O) as whole numbers near them that give nearly the same products with the inputs of `feedback`."""
    left, found = whole.clone(), torch.empty_like(whole)
    for i in range(len(whole)):
        found[i] = left[i].round()
        left[i + 1 :] -= feedback[i, i + 1 :, None] * (left[i] - found[i])
    return found


@torch.no_grad()
def run(layers: list[Layer], tensors: Tensors, z: Tensor, log_beta: float = 0.0) -> Tensor:
    """What a network makes of z (B, …): of codes, a decoder's images in 0…1. `log_beta` is what gates see."""
    return _run(layers, tensors, z, log_beta)


def _run(layers: list[Layer], tensors: Tensors, z: Tensor, log_beta: float) -> Tensor:
    x = z
    for _, _, output in _walk(layers, tensors, z, log_beta):
        x = output
    return x


def _walk(layers: list[Layer], tensors: Tensors, z: Tensor, log_beta: float) -> Iterator[tuple[Layer, Tensor, Tensor]]:
    """Each layer with its input and its output."""
    x, inputs = z, []
    for layer in layers:
        x = x.reshape(len(z), *layer["input"])
        inputs.append(x)
        added = layer["kind"] == "add"
        x = x + inputs[layer["from"]].reshape(x.shape) if added else _step(layer, tensors, x, log_beta)
        yield layer, inputs[-1], x


def _step(layer: Layer, tensors: Tensors, x: Tensor, log_beta: float) -> Tensor:
    if layer["kind"] == "activation":
        made: Tensor = getattr(nn, layer["name"])()(x)
        return made
    if layer["kind"] == "pixels":
        return x.sigmoid()
    if layer["kind"] == "levels":
        return expected_level(x)
    if layer["kind"] == "gate":
        a, b = (tensors[f"{layer['weights']}.{part}"] for part in ("a", "b"))
        return x * torch.sigmoid(a * log_beta + b).view(-1, *[1] * (x.ndim - 2))
    weight, bias = (tensors[f"{layer['weights']}.{part}"] for part in ("weight", "bias"))
    if layer["kind"] == "norm":
        return functional.group_norm(x, layer["groups"], weight, bias, EPS)
    return _product(layer, x, weight, bias)


def _product(layer: Layer, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    if layer["kind"] == "linear":
        return x @ weight + bias
    stride, padding = layer["stride"], layer["padding"]
    if layer["kind"] == "conv":
        return functional.conv2d(x, weight.transpose(0, 1), bias, stride, padding)
    rows = (
        out - ((size - 1) * step - 2 * pad + kernel)
        for out, size, step, pad, kernel in zip(
            layer["output"][1:], x.shape[2:], stride, padding, layer["kernel_size"], strict=True
        )
    )
    return functional.conv_transpose2d(x, weight, bias, stride, padding, tuple(rows))

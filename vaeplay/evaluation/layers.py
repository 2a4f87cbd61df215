"""A decoder as a list of plain layers, each a small JSON object, with its weights as named tensors.

What the page's own decoder (gallery/explorer/decoder.js) computes is defined here, by `run`. Kinds of layer:

    linear      y_j = Σ_i W[i, j] x_i + b_j
    conv        torch.nn.Conv2d with weights W (inputs, outputs, height, width); transposed: its ConvTranspose2d
    activation  a class of torch.nn with its default arguments
    norm        torch.nn.GroupNorm in `groups` groups of feature maps
    add         plus the input of the layer `from`, at which a residual block begins
    gate        each unit or feature map times σ(a · log β + b): of a multi-rate VAE, for any β
    pixels      the first `output[0]` feature maps through a logistic function: the expected image in 0…1

Each says the shape of its `input` and of its `output`; between layers numbers keep their order, whatever the shape.
Weights are stored as they are, as float16, or as whole numbers of few bits with a scale for each output.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from vaeplay.models.parts.gates import Gate
from vaeplay.models.parts.residual import Residual
from vaeplay.settings.axes import ACTIVATIONS

BITS = {f"int{bits}": bits for bits in range(8, 13)}
FORMATS = (*BITS, "float16", "float32")  # the smallest first

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
    layers: list[Layer] = []
    tensors: Tensors = {}
    if not isinstance(decoder, nn.Sequential):
        raise NotPlainError(type(decoder).__name__)
    z = _add_layers(decoder, z, layers, tensors)
    layers.append({"kind": "pixels", "input": list(z.shape[1:]), "output": list(shape)})
    return layers, tensors


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


def stored(tensors: Tensors, form: str) -> Tensors:
    """The weights in a format of `FORMATS`; whole numbers have scales, (outputs,), beside them.

    Biases and gates stay as they are.
    """
    kept: Tensors = {}
    for name, value in tensors.items():
        if form == "float32" or value.ndim == 1:
            kept[name] = value
        elif form == "float16":
            kept[name] = value.half()
        else:
            largest = 2 ** (BITS[form] - 1) - 1
            scale = value.abs().transpose(0, 1).flatten(1).amax(1).clamp(min=1e-20) / largest
            whole = (value / _along_outputs(scale, value)).round()
            kept[name] = whole.to(torch.int8 if BITS[form] == 8 else torch.int16)
            kept[name.replace("weight", "scale")] = scale
    return kept


def restored(tensors: Tensors) -> Tensors:
    """The weights in float32 again, as near as the format has kept them."""
    floats: Tensors = {}
    for name, value in tensors.items():
        if name.replace("weight", "scale") in tensors and name.endswith(".weight"):
            floats[name] = value.float() * _along_outputs(tensors[name.replace("weight", "scale")], value)
        elif not name.endswith(".scale"):
            floats[name] = value.float()
    return floats


def _along_outputs(scale: Tensor, weight: Tensor) -> Tensor:
    return scale.view(1, -1, *[1] * (weight.dim() - 2))


@torch.no_grad()
def run(layers: list[Layer], tensors: Tensors, z: Tensor, log_beta: float = 0.0) -> Tensor:
    """The images of codes (B, …) in 0…1, from `restored` weights; `log_beta` is what gates see."""
    x, inputs = z, []
    for layer in layers:
        x = x.reshape(len(z), *layer["input"])
        inputs.append(x)
        if layer["kind"] == "activation":
            x = getattr(nn, layer["name"])()(x)
        elif layer["kind"] == "pixels":
            x = x[:, : layer["output"][0]].sigmoid()
        elif layer["kind"] == "add":
            x = x + inputs[layer["from"]].reshape(x.shape)
        elif layer["kind"] == "norm":
            weight, bias = (tensors[f"{layer['weights']}.{part}"] for part in ("weight", "bias"))
            x = functional.group_norm(x, layer["groups"], weight, bias, EPS)
        elif layer["kind"] == "gate":
            a, b = (tensors[f"{layer['weights']}.{part}"] for part in ("a", "b"))
            x = x * torch.sigmoid(a * log_beta + b).view(-1, *[1] * (x.ndim - 2))
        else:
            x = _product(layer, x, *(tensors[f"{layer['weights']}.{part}"] for part in ("weight", "bias")))
    return x


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

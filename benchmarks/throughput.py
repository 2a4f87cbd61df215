"""How many images a second a training takes in: the usual ways, this project's loop, and what the processor allows.

    uv run --group benchmark python -m benchmarks.throughput

Every contender trains the same network on the same 8,192 digits (the embedded ones, repeated), in this one process,
an epoch each in turn, round after round; the first round is not counted. Machines drift and neighbours disturb, so what
counts are the ratios within a round: the table shows their medians, and the medians of images a second. Only this
project's loop pays for being repeatable to the bit.

    tutorial   a torchvision-like data set of PIL images, ToTensor, a DataLoader, sigmoid + BCE, Adam, .item() each step
    pythae     Pythae's trainer on a tensor in memory; its checkpoints and its evaluation are not counted
    vaeplay    `vaeplay.training.loop.train` as it is, validation on one batch, optimiser and schedule set up each time
    bfloat16   the same with `train.precision: bfloat16`
    products   matrix products (or convolutions) of the network's shapes in float32, forward and backward, nothing else

The first two have the network's layers as PyTorch has them; the others as this project does.

`--growth` prints instead how this project's cost grows with the size of the code, of the images, of the data set and
of the grid.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import stages  # noqa: F401  it says how threads wait for each other, as in every stage
from vaeplay.settings import params, resolve
from vaeplay.settings.cells import Cell

IMAGES = 8192
BATCH = 128
LATENT = 20
ROOT = Path(__file__).parent.parent
MODELS = {"VAE": {"depth": 1}, "ConvVAE": {"depth": 2}}

CLOCK = time.perf_counter
Epoch = Callable[[], object]


def values(**changes: Any) -> dict[str, Any]:
    """params.yaml as a plain value with one grid of one VAE; `changes` are axes of it."""
    found = params.read(ROOT / "params.yaml").model_dump(mode="json")
    found["grid"] = {"one": {"model": ["VAE"], "latent_dim": [LATENT], "depth": [1], "activation": ["ReLU"]} | changes}
    found["train"] |= {"epochs": 1, "batch_size": BATCH, "lr": 1e-3, "optimiser": "Adam"}
    return found


def cell_of(model: str, **changes: int) -> Cell:
    """The cell to be trained: params.yaml's `hidden` and `channels`, Adam, no options."""
    axes = {axis: [value] for axis, value in (MODELS[model] | changes).items()}
    return next(iter(params.validate(values(model=[model], **axes)).cells()))


def digits() -> Any:
    """Real digits, uint8 (IMAGES, 1, 28, 28)."""
    import torch

    from vaeplay.data import mnist5k

    return torch.from_numpy(mnist5k.read().images[torch.arange(IMAGES) % 4096])


def vaeplay(cell: Cell, images: Any) -> Epoch:
    """This project's loop."""
    from vaeplay.training import checkpoint, loop

    model = checkpoint.build(cell, tuple(images.shape[1:])).to(images.device)
    return lambda: loop.train(model, images, images[:BATCH], cell)


def bfloat16(cell: Cell, images: Any) -> Epoch:
    """This project's loop, with products in less precision."""
    return vaeplay(cell.model_copy(update={"train": cell.train.model_copy(update={"precision": "bfloat16"})}), images)


def tutorial(cell: Cell, images: Any, networks: Any = None) -> Epoch:
    """The loop of the PyTorch examples' VAE, over torchvision's MNIST with the embedded digits in it."""
    import torch
    from torch.nn import functional
    from torch.utils.data import DataLoader
    from torchvision.datasets import MNIST, VisionDataset
    from torchvision.transforms import ToTensor

    class Digits(MNIST):  # type: ignore[misc]
        def __init__(self) -> None:
            VisionDataset.__init__(self, ROOT, transform=ToTensor())
            self.data, self.targets = images.cpu()[:, 0], torch.zeros(len(images), dtype=torch.long)

    device = images.device
    encoder, decoder = networks or plain_networks(cell, images)
    optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=cell.train.lr)
    loader: DataLoader[Any] = DataLoader(Digits(), batch_size=cell.train.batch_size, shuffle=True)

    def epoch() -> None:
        total = 0.0
        for x, _ in loader:
            x = x.to(device)
            optimiser.zero_grad()
            mean, logvar = encoder(x).chunk(2, dim=1)
            z = mean + (0.5 * logvar).exp() * torch.randn_like(mean)
            distortion = functional.binary_cross_entropy(decoder(z).sigmoid(), x, reduction="sum")
            loss = distortion - 0.5 * (1 + logvar - mean.pow(2) - logvar.exp()).sum()
            loss.backward()
            total += loss.item()
            optimiser.step()

    return epoch


def pythae(cell: Cell, images: Any, networks: Any = None) -> Epoch:
    """Pythae's own trainer, an epoch of it."""
    try:
        from pythae.data.datasets import BaseDataset
        from pythae.models import VAE, VAEConfig
        from pythae.models.base.base_utils import ModelOutput
        from pythae.models.nn import BaseDecoder, BaseEncoder
        from pythae.trainers import BaseTrainer, BaseTrainerConfig
    except ImportError:
        raise SystemExit("Pythae is not installed: see the command above, or say  --without pythae") from None
    import torch

    encoder, decoder = networks or plain_networks(cell, images)

    class Encoder(BaseEncoder):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.network = encoder

        def forward(self, x: Any) -> Any:
            mean, logvar = self.network(x).chunk(2, dim=1)
            return ModelOutput(embedding=mean, log_covariance=logvar)

    class Decoder(BaseDecoder):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.network = decoder

        def forward(self, z: Any) -> Any:
            return ModelOutput(reconstruction=self.network(z).sigmoid())

    config = VAEConfig(input_dim=tuple(images.shape[1:]), latent_dim=cell.latent_dim, reconstruction_loss="bce")
    options = BaseTrainerConfig(
        output_dir=tempfile.mkdtemp(prefix="pythae"),
        per_device_train_batch_size=cell.train.batch_size,
        learning_rate=cell.train.lr,
        optimizer_cls="Adam",
        no_cuda=images.device.type == "cpu",
    )
    data = BaseDataset(images.cpu().float() / 255, torch.zeros(len(images)))
    trainer = BaseTrainer(VAE(config, Encoder(), Decoder()), data, training_config=options)
    trainer.prepare_training()
    return lambda: trainer.train_step(1)


def products(cell: Cell, images: Any) -> Epoch:
    """Every matrix product or convolution that an epoch needs, none of the rest."""
    import torch

    seen: list[tuple[Any, Any, Any]] = []  # a layer, what goes in, and a gradient of what comes out
    shapes = (tuple(images.shape[1:]), (cell.latent_dim,))
    for network, shape in zip(networks(cell, images), shapes, strict=True):
        x = torch.rand(BATCH, *shape, device=images.device)
        for layer in network:
            y = layer(x).detach()
            if hasattr(layer, "weight"):
                seen.append((layer, x.requires_grad_(bool(seen)), torch.rand_like(y)))
            x = y

    def of_a_linear(layer: Any, x: Any, gradient: Any) -> None:
        weight, x_alone = layer.weight.detach(), x.detach()
        x_alone @ weight.T
        gradient.T @ x_alone
        if x.requires_grad:
            gradient @ weight

    def of_a_convolution(layer: Any, x: Any, gradient: Any) -> None:
        torch.autograd.grad(layer(x), [layer.weight, *([x] if x.requires_grad else [])], gradient)

    def epoch() -> None:
        for _ in range(len(images) // BATCH):
            for layer, x, gradient in seen:
                (of_a_linear if isinstance(layer, torch.nn.Linear) else of_a_convolution)(layer, x, gradient)

    return epoch


def networks(cell: Cell, images: Any) -> Any:
    """Encoder and decoder of the cell, which all contenders share the shapes of."""
    import torch

    from vaeplay.training import checkpoint

    model = checkpoint.build(cell, tuple(images.shape[1:])).to(images.device)
    model = model.to(memory_format=torch.contiguous_format)  # as any network is that nobody has laid out otherwise
    return model.encoder, model.decoder


def plain_networks(cell: Cell, images: Any) -> Any:
    """The same of PyTorch's own layers, as anybody would write them."""
    from torch import nn

    from vaeplay.models.parts import nets

    found = networks(cell, images)
    for network in found:
        for name, layer in network.named_children():
            if isinstance(layer, nets.ToOneMap):
                plain = nn.ConvTranspose2d(layer.in_channels, 1, 4, 2, 1, layer.output_padding[0])
                setattr(network, name, plain.to(images.device))
    return found


CONTENDERS = {contender.__name__: contender for contender in (tutorial, pythae, vaeplay, bfloat16, products)}
OURS = ("vaeplay", "bfloat16")


def seconds(epoch: Epoch, repeatable: bool = True) -> float:
    """Time that an epoch takes, until the device is done with it; `repeatable` to the bit, or as PyTorch has it."""
    import torch

    torch.set_deterministic_debug_mode("warn" if repeatable else "default")
    started = CLOCK()
    epoch()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return CLOCK() - started


def compare(model: str, names: list[str], rounds: int, device: Any) -> None:
    """Print a row for each contender."""
    images = digits().to(device)
    epochs = {name: CONTENDERS[name](cell_of(model), images) for name in names}
    taken = [
        {name: seconds(epoch, repeatable=name in OURS) for name, epoch in epochs.items()} for _ in range(rounds + 1)
    ][1:]
    print(f"{'':10} {'images/s':>10} {'lowest':>9} {'highest':>9}   vaeplay is … times as fast")
    for name in names:
        speeds = [IMAGES / each[name] for each in taken]
        ratio = statistics.median(each[name] / each["vaeplay"] for each in taken)
        print(f"{name:10} {statistics.median(speeds):10,.0f} {min(speeds):9,.0f} {max(speeds):9,.0f}   {ratio:.2f}")


def growth(rounds: int, device: Any) -> None:
    """Print what an image costs as its code, itself and their number grow; and what checking a larger grid costs."""
    from torch.nn import functional

    images = digits().to(device)
    trainings: dict[str, tuple[Cell, Any]] = {}
    for model in MODELS:
        for latent_dim in (2, 20, 128, 1024):
            trainings[f"{model}, latent_dim {latent_dim}"] = (cell_of(model, latent_dim=latent_dim), images)
        for size in (14, 28, 56, 112):
            scaled = functional.interpolate(images[:512].float(), (size, size)).byte()
            trainings[f"{model}, {size}×{size} pixels"] = (cell_of(model), scaled)
    for count in (512, 4096, 32_768):
        repeated = images.repeat(-(-count // IMAGES), 1, 1, 1)[:count]
        trainings[f"VAE, {count:,} images"] = (cell_of("VAE"), repeated)
    for name, (cell, data) in trainings.items():
        epoch = vaeplay(cell, data)
        taken = [seconds(epoch) for _ in range(rounds + 1)][1:]
        print(f"{name:24} {1e6 * statistics.median(taken) / len(data):9.1f} µs an image", flush=True)
    for cells in (10, 100, 1000):
        grid = params.validate(values(latent_dim=list(range(1, cells + 1))))
        taken = [seconds(partial(settle, grid)) for _ in range(rounds + 1)][1:]
        print(f"settings of {cells:5} cells   {statistics.median(taken):9.2f} s")


def settle(grid: params.Params) -> None:
    """What the first stage does for a grid, but for writing it."""
    resolve.resolve(grid, ROOT)


def main() -> None:
    """Run one comparison for each model and number of threads."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, os.cpu_count() or 1])
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=MODELS)
    parser.add_argument("--without", nargs="+", default=[], choices=[name for name in CONTENDERS if name != "vaeplay"])
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    parser.add_argument("--growth", action="store_true")
    parser.add_argument(
        "--processor-time",
        action="store_true",
        help="count processor seconds, of all threads together: for one thread on a machine that has other work",
    )
    chosen = parser.parse_args()
    if chosen.processor_time:
        global CLOCK
        CLOCK = time.process_time

    import logging

    import torch

    from vaeplay.training import devices

    names = [name for name in CONTENDERS if name not in chosen.without]
    for threads in dict.fromkeys(chosen.threads):
        device = devices.set_up(chosen.device, threads)
        logging.disable(logging.INFO)  # Pythae's own words
        print(f"\ntorch {torch.__version__}, {device}, {threads} thread{'s' * (threads > 1)}", flush=True)
        if chosen.growth:
            growth(min(chosen.rounds, 3), device)
            continue
        for model in chosen.models:
            print(f"\n{model}, latent_dim {LATENT}, batches of {BATCH}", flush=True)
            compare(model, names, chosen.rounds, device)


if __name__ == "__main__":
    os.environ["TQDM_DISABLE"] = "1"
    main()

"""The complete training loop: every model is trained by this code, on the same batches in the same order."""

import copy
import math
import time
from typing import Any, cast

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from vaeplay import optimisers
from vaeplay.data.prepared import as_float
from vaeplay.errors import Diverged, UserError
from vaeplay.models.base import Autoencoder
from vaeplay.models.parts.losses import Loss
from vaeplay.models.parts.nets import Network
from vaeplay.noise import Noise, NoiseOfRows
from vaeplay.seeds import seed_for
from vaeplay.settings.cells import Cell, TrainSettings
from vaeplay.training import capture
from vaeplay.training.film import Film
from vaeplay.training.resume import Progress

AS_FLOATS = 2**28  # bytes that the training images may take as floats; converting each batch takes longer
EXPLODED = 1000  # times its first epoch's: no loss recovers from that


def train(
    model: Autoencoder,
    images: torch.Tensor,
    validation_images: torch.Tensor,
    cell: Cell,
    progress: Progress | None = None,
    film: Film | None = None,
) -> list[dict[str, float]]:
    """Train a model in place, fit its prior, and return one entry per epoch.

    `images` and `validation_images` are uint8 (N, channels, height, width) on the model's device. An epoch's entry
    holds its number from 1, its seconds, the learning rate of its first step, the weight of the rate at its last (if
    the model has one), and the mean per image of every term, as `train_<term>` and `validation_<term>`; `total` is what
    is minimised. Validation weighs the rate as the training's last step does, so that epochs can be compared. If
    `progress` holds earlier epochs, training continues after them and ends as if it had never stopped. `film` takes
    pictures on the way, and changes nothing.

    Raises:
        Diverged: a term is NaN or infinite, or the loss has exploded; the model has the weights kept before that epoch.
        UserError: the model cannot be trained on a batch of one image, and there is one.
    """
    progress, film = progress or Progress(), film or Film()
    settings = cell.train
    order = torch.Generator().manual_seed(seed_for(cell.seed, "order of batches"))
    noise = Noise(seed_for(cell.seed, "training noise"), images.device)
    steps = len(batches_of(torch.arange(len(images)), settings.batch_size))
    all_steps = settings.epochs * steps
    model.start(images, noise, all_steps)
    for part in model.modules():
        if isinstance(part, Network):
            part.precision = settings.precision
    captures = capture.is_captured(images.device)
    optimiser = optimisers.optimiser(settings.optimiser, model.parameters(), captures, lr=settings.lr)
    descend = capture.captured(descent(model, optimiser, settings.clip_norm), images.device)
    lr_schedule = schedule_of(optimiser, settings, all_steps)
    kept = Kept(model, settings)
    progress.restore(
        model=model, optimiser=optimiser, lr_schedule=lr_schedule, kept=kept, order=order, noise=noise.generator
    )
    optimisers.beside_weights(optimiser)
    history = progress.history
    film.after_epoch(kept.model, len(history))
    step = len(history) * steps
    pixels = as_float(images) if 4 * images.numel() <= AS_FLOATS else images
    with tqdm(total=settings.epochs, initial=len(history), desc=cell.name, unit="epoch", disable=None) as bar:
        for epoch in range(len(history) + 1, settings.epochs + 1):
            if kept.is_enough:
                break
            started = time.perf_counter()
            model.train()
            means = Means()
            lr = float(optimiser.param_groups[0]["lr"])
            for rows in batches_of(torch.randperm(len(images), generator=order).to(images.device), settings.batch_size):
                try:
                    loss = descend(as_float(pixels.index_select(0, rows)), step, noise)
                except ValueError as error:  # from batch normalisation, for example
                    if len(rows) > 1:
                        raise
                    raise UserError(
                        f"{cell.name}: {cell.model} cannot be trained on a batch of one image ({error}); "
                        "set train.batch_size to 2 or more, of 2 images or more"
                    ) from None
                lr_schedule.step()
                kept.after_step()
                means.add(loss)
                step += 1
            validation = validate(kept.model, validation_images, settings.batch_size, all_steps - 1, cell.seed)
            entry = {"epoch": epoch, "seconds": time.perf_counter() - started, "lr": lr}
            if (weight := model.rate_weight(step - 1)) is not None:
                entry["rate_weight"] = weight
            entry |= {f"train_{term}": value for term, value in means.values().items()}
            entry |= {f"validation_{term}": value for term, value in validation.items()}
            history.append(entry)
            if wrong := divergence(history):
                progress.back()
                kept.put_back()
                raise Diverged(
                    f"{cell.name}: {wrong} in epoch {epoch}: the training diverged; "
                    "try a lower train.lr, or a train.clip_norm"
                )
            kept.after_epoch(validation["total"])
            film.after_epoch(kept.model, epoch)
            progress.after_epoch()
            bar.set_postfix({term: f"{value:.2f}" for term, value in validation.items()})
            bar.update()
    kept.put_back()
    del descend  # and free the memory of a captured step
    model.eval()
    model.fit_prior(images, Noise(seed_for(cell.seed, "fitting the prior"), images.device))
    return history


def batches_of(rows: torch.Tensor, size: int) -> list[torch.Tensor]:
    """Rows (N,) in batches of `size`. A single last row joins the batch before, for the sake of batch statistics.

    >>> [len(batch) for batch in batches_of(torch.arange(9), 4)]
    [4, 5]
    """
    batches = list(rows.split(size))
    if size > 1 and len(batches) > 1 and len(batches[-1]) == 1:
        batches[-2:] = [torch.cat(batches[-2:])]
    return batches


def descent(model: Autoencoder, optimiser: torch.optim.Optimizer, clip_norm: float | None) -> capture.Step:
    """One optimisation step, as a function of a batch (B, …), the step's number and noise."""

    def step(x: torch.Tensor, number: int | torch.Tensor, noise: Noise) -> Loss:
        model.zero_grad()
        loss = model.loss(x, number, noise)
        loss.total.mean().backward()
        if clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
        optimiser.step()
        return loss.detach()

    return step


def schedule_of(
    optimiser: torch.optim.Optimizer, settings: TrainSettings, steps: int
) -> torch.optim.lr_scheduler.LRScheduler:
    """The learning-rate schedule over all `steps` steps of a training."""
    if settings.lr_schedule == "OneCycleLR":
        return optimisers.one_cycle(optimiser, settings.lr, steps)
    options: dict[str, dict[str, Any]] = {"ConstantLR": {"factor": 1.0}, "CosineAnnealingLR": {"T_max": steps}}
    return getattr(torch.optim.lr_scheduler, settings.lr_schedule)(optimiser, **options[settings.lr_schedule])


class Kept:
    """Which weights come out of a training: those of the epoch that is best on the validation split, or the last.

    `keep` says which. With `average`, an exponential moving average of the weights (decay per step) is validated and
    kept. With `patience`, training ends once the validation loss has not improved for that many epochs.
    """

    def __init__(self, model: Autoencoder, settings: TrainSettings) -> None:
        self.trained = model
        self.keeps_best = settings.keep == "best"
        self.patience = settings.patience
        self.average = None
        if settings.average is not None:
            ema = get_ema_multi_avg_fn(settings.average)
            self.average = AveragedModel(model, multi_avg_fn=ema)  # of weights; buffers are copied
        self.best = math.inf
        self.best_state: dict[str, torch.Tensor] | None = None
        self.epochs_since = 0

    @property
    def model(self) -> Autoencoder:
        """The model to validate: the average if there is one."""
        return self.trained if self.average is None else cast(Autoencoder, self.average.module)

    def after_step(self) -> None:
        """Add the newest weights to the average."""
        if self.average is not None:
            self.average.update_parameters(self.trained)

    def after_epoch(self, validation_total: float) -> None:
        """Note whether the weights are the best so far."""
        self.epochs_since += 1
        if validation_total < self.best:
            self.best, self.epochs_since = validation_total, 0
            if self.keeps_best:
                self.best_state = copy.deepcopy(self.model.state_dict())

    @property
    def is_enough(self) -> bool:
        """Whether to stop."""
        return self.patience is not None and self.epochs_since >= self.patience

    def put_back(self) -> None:
        """Give the trained model the weights that are kept."""
        if self.best_state is not None:
            self.trained.load_state_dict(self.best_state)
        elif self.average is not None:
            self.trained.load_state_dict(self.model.state_dict())

    def state_dict(self) -> dict[str, Any]:
        """Everything in it that changes."""
        average = None if self.average is None else self.average.state_dict()
        return {"best": self.best, "best_state": self.best_state, "since": self.epochs_since, "average": average}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to a state."""
        self.best, self.best_state, self.epochs_since = state["best"], state["best_state"], state["since"]
        if self.average is not None:
            self.average.load_state_dict(state["average"])


def divergence(history: list[dict[str, float]]) -> str | None:
    """What is wrong with the last epoch, if anything: a NaN or infinite term, or a loss far above the first epoch's.

    Losses may be negative, and may rise under a schedule that weighs the rate more, but never this far.
    """
    last = history[-1]
    for name, value in last.items():
        if not math.isfinite(value):
            return f"{name} is {value}"
        if name.endswith("_total") and value > EXPLODED * max(1.0, abs(history[0][name])):
            return f"{name} is {value:.3g}, and was {history[0][name]:.3g} in epoch 1,"
    return None


@torch.no_grad()
def validate(model: Autoencoder, images: torch.Tensor, batch_size: int, step: int, seed: int) -> dict[str, float]:
    """Mean of each term over images that are not trained on, with the same noise in every epoch."""
    model.eval()
    noise = NoiseOfRows(seed_for(seed, "validation noise"), len(images), images.device)
    means = Means()
    for start in range(0, len(images), batch_size):
        rows = slice(start, start + batch_size)
        means.add(model.loss(as_float(images[rows]), step, noise.of(rows)))
    return means.values()


class Means:
    """Means over images of a loss and its terms. Values stay on the device: reading one would make a GPU wait."""

    def __init__(self) -> None:
        self.kept: dict[str, list[torch.Tensor]] = {}
        self.batches: list[int] = []

    def add(self, loss: Loss) -> None:
        """Add a batch. A batch's metrics count once for each of its images."""
        self.batches.append(len(loss.total))
        for name, value in {"total": loss.total, **loss.terms, **loss.metrics}.items():
            self.kept.setdefault(name, []).append(value)

    def values(self) -> dict[str, float]:
        """{name: mean}, summed in double precision."""
        images = sum(self.batches)
        weights = torch.tensor(self.batches, dtype=torch.float64)
        means = {}
        for name, parts in self.kept.items():
            if parts[0].ndim:  # an entry for each image
                means[name] = float(torch.cat(parts).cpu().double().sum()) / images
            else:
                means[name] = float(torch.stack(parts).cpu().double() @ weights) / images
        return means

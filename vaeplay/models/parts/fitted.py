"""Densities that are fitted by gradient steps after a model's training, such as those of its codes.

A tenth of the examples is held out, and the weights of the epoch with the highest likelihood of them are kept, those
at the start included: what is fitted to few examples would else learn them by heart.
"""

import copy
import math

import torch
from torch import Tensor, nn
from tqdm import tqdm

from vaeplay import optimisers
from vaeplay.noise import Noise

HELD_OUT = 0.1
RISE = 0.1  # share of the steps in which the learning rate rises; then it falls to almost zero


class FittedDensity(nn.Module):
    """Base of a density that defines `rate` and `sample`, and how it is fitted: `lr` is the peak.

    `called` is its name beside the bar of its epochs, None for no bar.
    """

    called: str | None = None

    def __init__(self, epochs: int, batch: int, lr: float) -> None:
        super().__init__()
        self.epochs, self.batch, self.lr = epochs, batch, lr

    def rate(self, examples: Tensor, noise: Noise | None = None) -> Tensor:
        """−log p of each of N examples, (N,), nats. In training it may use `noise`."""
        raise NotImplementedError

    def sample(self, count: int, noise: Noise) -> Tensor:
        """`count` draws."""
        raise NotImplementedError

    @torch.no_grad()
    def mean_rate(self, examples: Tensor) -> float:
        """Mean of the rate over examples."""
        return sum(float(self.rate(chunk).sum()) for chunk in examples.split(500)) / len(examples)

    @torch.enable_grad()
    def fit(self, examples: Tensor, noise: Noise) -> None:
        """Learn from N examples. All randomness comes from `noise`."""
        order = noise.uniform((len(examples),)).argsort(stable=True)
        held_out, trained_on = examples[order].tensor_split([int(HELD_OUT * len(examples))])
        watched = held_out if len(held_out) else trained_on
        optimiser = optimisers.optimiser("Adam", self.parameters(), lr=self.lr)
        steps = self.epochs * math.ceil(len(trained_on) / self.batch)
        lr_schedule = optimisers.one_cycle(optimiser, self.lr, steps, rise=RISE)
        best, best_state = self.mean_rate(watched), copy.deepcopy(self.state_dict())
        with tqdm(total=self.epochs, desc=self.called, unit="epoch", disable=None if self.called else True) as bar:
            for _ in range(self.epochs):
                for rows in noise.uniform((len(trained_on),)).argsort(stable=True).split(self.batch):
                    optimiser.zero_grad()
                    self.rate(trained_on[rows], noise).mean().backward()
                    optimiser.step()
                    lr_schedule.step()
                rate = self.mean_rate(watched)
                if rate < best:
                    best, best_state = rate, copy.deepcopy(self.state_dict())
                bar.set_postfix({"validation rate": f"{rate:.2f}"})
                bar.update()
        self.load_state_dict(best_state)

"""A training step captured once on a GPU and replayed: launching its kernels takes longer than a small model's work.

A captured step is a list of kernels, with the addresses that each reads and writes. What changes from one step to the
next therefore comes in through tensors at fixed addresses: the images, the step's number, the learning rate (see
`optimisers`), and the noise, which is drawn on the CPU in the usual order and copied in. Results are the same with and
without capture. https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

import sys
from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor
from typing_extensions import override

from vaeplay.models.parts.losses import Loss
from vaeplay.noise import Noise

WARM_UP = 3  # steps in which libraries choose kernels and optimisers create state, which cannot be captured

Step = Callable[[Tensor, int | Tensor, Noise], Loss]


class Graph(Protocol):
    """What can be captured and replayed."""

    def warm_up(self, step: Callable[[], Loss]) -> Loss:
        """Run a step without capturing it."""

    def capture(self, step: Callable[[], Loss]) -> Loss:
        """Record a step without running it; return the tensors that replays will write.

        Raises:
            RuntimeError: it does something that cannot be captured.
        """

    def replay(self) -> None:
        """Run the recorded step."""


class CudaGraph(Graph):
    """A CUDA graph, warmed up and captured on one stream: memory kept for one stream is not used by another."""

    def __init__(self) -> None:
        self.graph = torch.cuda.CUDAGraph()
        self.stream = torch.cuda.Stream()

    @override
    def warm_up(self, step: Callable[[], Loss]) -> Loss:
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            loss = step()
        torch.cuda.current_stream().wait_stream(self.stream)
        return loss

    @override
    def capture(self, step: Callable[[], Loss]) -> Loss:
        mode = "thread_local"  # another thread keeps reading the memory in use
        with torch.cuda.graph(self.graph, stream=self.stream, capture_error_mode=mode):
            return step()

    @override
    def replay(self) -> None:
        self.graph.replay()


GRAPHS: dict[str, Callable[[], Graph]] = {"cuda": CudaGraph}  # by type of device


def is_captured(device: torch.device) -> bool:
    """Whether steps on a device are captured."""
    return device.type in GRAPHS


def captured(step: Step, device: torch.device) -> Step:
    """The step, captured where the device can."""
    return Captured(step, GRAPHS[device.type]()) if is_captured(device) else step


class FixedNoise(Noise):
    """Another source's noise in tensors at fixed addresses: every step makes the same draws, in the same order.

    The first step creates the tensors. Before each later one, `refill` draws new numbers into them.
    """

    def __init__(self, source: Noise) -> None:
        self.source = source
        self.generator, self.device = source.generator, source.device
        self.draws: list[tuple[Callable[[Sequence[int]], Tensor], Tensor]] = []
        self.taken = 0

    def refill(self) -> None:
        """Draw new numbers for the next step."""
        self.taken = 0
        for draw, numbers in self.draws:
            numbers.copy_(draw(numbers.shape))

    @override
    def normal(self, shape: Sequence[int]) -> Tensor:
        return self._next(self.source.normal, shape)

    @override
    def uniform(self, shape: Sequence[int]) -> Tensor:
        return self._next(self.source.uniform, shape)

    def _next(self, draw: Callable[[Sequence[int]], Tensor], shape: Sequence[int]) -> Tensor:
        if self.taken == len(self.draws):
            self.draws.append((draw, draw(shape)))
        self.taken += 1
        return self.draws[self.taken - 1][1]


class Captured:
    """A step that is captured after a few runs, for batches of the first one's shape.

    Other batches, such as an epoch's last, run uncaptured. So does a step that cannot be captured, after a line that
    says why.
    """

    def __init__(self, step: Step, graph: Graph) -> None:
        self.step = step
        self.graph: Graph | None = graph  # None once it has failed
        self.inputs: tuple[Tensor, Tensor, FixedNoise] | None = None
        self.runs = 0
        self.loss: Loss | None = None

    def __call__(self, x: Tensor, number: int | Tensor, noise: Noise) -> Loss:
        """Run the step, with images (B, …), its number from 0, and noise."""
        if self.inputs is None:
            self.inputs = torch.empty_like(x), torch.zeros((), dtype=torch.long, device=x.device), FixedNoise(noise)
        images, at, fixed = self.inputs
        if self.graph is None or x.shape != images.shape:
            return self.step(x, number, noise)
        images.copy_(x)
        at.fill_(number)
        fixed.refill()
        if self.runs < WARM_UP:
            self.runs += 1
            return self.graph.warm_up(self._once)
        if self.loss is None:
            self.loss = self._capture(self.graph)
        if self.loss is None:
            fixed.taken = 0
            return self._once()
        self.graph.replay()
        return _copy(self.loss)

    def _capture(self, graph: Graph) -> Loss | None:
        """The tensors that replays write; None, with the graph given up, if the step cannot be captured."""
        try:
            return graph.capture(self._once)
        except RuntimeError as error:  # raised on ending a failed capture, which hides why it failed
            reason = str(error.__context__ or error).partition("\n")[0]
            print(f"training steps cannot be captured, and take longer: {reason}", file=sys.stderr)
        self.graph = None
        return None

    def _once(self) -> Loss:
        assert self.inputs is not None
        return self.step(*self.inputs)


def _copy(loss: Loss) -> Loss:
    """A loss that the next replay does not overwrite."""
    terms, metrics = ({name: value.clone() for name, value in named.items()} for named in (loss.terms, loss.metrics))
    return Loss(loss.total.clone(), terms, metrics)

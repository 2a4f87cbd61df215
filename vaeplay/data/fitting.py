"""Bringing images to one size and one number of channels, and doing so for many at once."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from tqdm import tqdm

from vaeplay.data.images import Images, scratch

MODES = {1: "L", 3: "RGB"}
BLOCK = 1024  # tasks that wait for a thread at a time: a million waiting ones would fill memory

Task = TypeVar("Task")
Result = TypeVar("Result")


def fit(image: Image.Image, size: int | None, channels: int) -> NDArray[np.uint8]:
    """An image in mode L or RGB as (channels, height, width), made a square of `size` pixels where that is given.

    The longer side loses equally at both ends, so that nothing is distorted; the rest is scaled with a triangle filter
    as wide as the step between pixels, which neither aliases nor overshoots. Colour becomes grey by its luma (ITU-R
    601), and grey becomes colour by repeating it.
    """
    mode = MODES[channels]
    if image.mode != mode:
        image = image.convert(mode)
    if size is not None and image.size != (size, size):
        image = ImageOps.fit(image, (size, size), Image.Resampling.BILINEAR)
    pixels = np.asarray(image)
    return pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)


def in_parallel(work: Callable[[Task], Result], tasks: Sequence[Task], words: str) -> Iterator[Result]:
    """The results in the order of the tasks, with a bar of progress in a terminal.

    Threads do, since decoding and scaling release Python's lock.
    """
    with (
        ThreadPoolExecutor(_processors()) as pool,
        tqdm(total=len(tasks), desc=words, unit="image", disable=None, leave=False) as bar,
    ):
        for start in range(0, len(tasks), BLOCK):
            for result in pool.map(work, tasks[start : start + BLOCK]):
                bar.update()
                yield result


def _processors() -> int:
    """How many processors this process may use, which is less than the machine's in many a container."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def gather(results: Iterable[NDArray[np.uint8]], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Images of one shape, put into one array as they come."""
    images = scratch(shape)
    for row, pixels in enumerate(results):
        images[row] = pixels
    return images


def fitted(data: Images, size: int | None, channels: int | None) -> Images:
    """The same data set at this size and number of channels; null keeps its own."""
    count, own_channels, *own_size = data.images.shape
    channels = channels or own_channels
    if channels == own_channels and (size is None or own_size == [size, size]):
        return data

    def one(row: int) -> NDArray[np.uint8]:
        pixels = data.images[row]
        return fit(Image.fromarray(pixels[0] if own_channels == 1 else pixels.transpose(1, 2, 0)), size, channels)

    shape = (count, channels, *(own_size if size is None else (size, size)))
    return replace(data, images=gather(in_parallel(one, range(count), "fitting"), shape))

"""A film of a training: codes and reconstructions of the same test images after a few epochs.

Nothing is chosen by it, and a training ends in the same bits with and without it. For E epochs and N test images,
`film/<cell>.safetensors` has

    epochs           (E,) int32, in order; 0 is before the first step
    codes            (E, N, *code shape) float16; of a model with a codebook the entries' numbers, int16
    reconstructions  (E, 16, *image shape) uint8, of images that are spread evenly over the N
    images           (N,) int32, their row numbers in the test split

A frame is written as soon as it is taken, beside the resume file. A killed training that resumes takes the frames again
that it had not saved.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import Tensor

from vaeplay import files
from vaeplay.data.prepared import as_float
from vaeplay.models.base import Autoencoder
from vaeplay.rows import evenly

IMAGES = 1000
SHOWN = 16
BATCH = 250


def epochs_of(epochs: int) -> tuple[int, ...]:
    """The epochs after which a frame is taken: two for every doubling, as most happens early, and the last.

    >>> epochs_of(30)
    (0, 1, 2, 3, 4, 6, 8, 11, 16, 23, 30)
    """
    steps = (round(2 ** (half / 2)) for half in range(64))
    return tuple(sorted({0, epochs, *(step for step in steps if step < epochs)}))


class Film:
    """Takes frames of a model while it learns. Without images, it takes none.

    `images` are uint8 (N, channels, height, width) on the model's device, and `stem` is the path that the frames' files
    begin with.
    """

    def __init__(self, images: Tensor | None = None, epochs: int = 0, stem: Path | None = None) -> None:
        self.rows = torch.empty(0, dtype=torch.int32)
        self.wanted: Sequence[int] = ()
        self.stem = stem or Path()
        self.taken: dict[int, dict[str, Tensor]] = {}
        if images is not None:
            rows = torch.from_numpy(evenly(len(images), IMAGES))
            self.rows = rows.to(torch.int32)
            self.images = images[rows.to(images.device)]
            self.wanted = epochs_of(epochs)

    def after_epoch(self, model: Autoencoder, epoch: int) -> None:
        """Take a frame, if one is wanted after this epoch; 0 is before the first."""
        if epoch in self.wanted:
            self.taken[epoch] = self._frame(model)
            with suppress(OSError):  # of a full disk the resume file speaks; training itself is not affected
                files.write_bytes(self._path(epoch), save(self.taken[epoch]))

    @torch.no_grad()
    def _frame(self, model: Autoencoder) -> dict[str, Tensor]:
        was_training = model.training
        model.eval()
        codes = torch.cat([model.encode(as_float(batch)) for batch in self.images.split(BATCH)])
        shown = model.decode(model.quantise(codes[torch.from_numpy(evenly(len(codes), SHOWN)).to(codes.device)]))
        stored = codes.half() if model.codebook() is None else model.nearest_entries(codes).to(torch.int16)
        model.train(was_training)
        pictures = (255 * shown).round().to(torch.uint8)
        return {"codes": stored.cpu().contiguous(), "reconstructions": pictures.cpu().contiguous()}

    def _path(self, epoch: int) -> Path:
        return self.stem.with_name(f"{self.stem.name}.frame{epoch}.safetensors")

    def content(self) -> bytes:
        """The whole film, as the file that holds it."""
        for epoch in self.wanted:  # a run before this one may have taken some, and a training may end early
            if epoch not in self.taken and self._path(epoch).exists():
                self.taken[epoch] = load_file(self._path(epoch))
        epochs = sorted(self.taken)
        film = {name: torch.stack([self.taken[epoch][name] for epoch in epochs]) for name in self.taken[epochs[0]]}
        return save(film | {"epochs": torch.tensor(epochs, dtype=torch.int32), "images": self.rows})

    def clear(self) -> None:
        """Remove the frames' files: the film is written."""
        for epoch in self.wanted:
            self._path(epoch).unlink(missing_ok=True)

"""One file with every cell's training log, for tools that compare runs without looking for files."""

from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json

from vaeplay.gallery import results
from vaeplay.gallery.page import Page

FIELDS = {
    "cell": "Name of the cell: its model and its position on every axis of the grid.",
    "model": "Name of the model's class.",
    "history": "One entry per epoch, in order.",
    "convergence": "`falling` where the validation loss was still falling at the end, `overfitting` where it had risen "
    "since `best_epoch`, else `best`.",
    "best_epoch": "Number of the epoch with the lowest validation loss.",
    "history[].epoch": "Number of the epoch, from 1.",
    "history[].lr": "Learning rate of the epoch's first step.",
    "history[].rate_weight": "What multiplies the rate in the loss at the epoch's last step, β included; not there for "
    "a loss in which no single number does.",
    "history[].train_<term>": "One term of the loss, or `total`, which is what was minimised: mean over the epoch's "
    "training images, each measured in its own step, in nats per image. Terms of a whole batch, like `perplexity`, are "
    "averaged the same way.",
    "history[].validation_<term>": "The same over the validation split, after the epoch, with the rate weighted as at "
    "the training's end.",
    "history[].seconds": "Wall time of the epoch, in seconds.",
    "seconds": "Wall time of the whole training, in seconds.",
    "images_per_second": "Training images per second of wall time.",
    "parameters": "Number of trainable parameters.",
    "decoder_macs": "Multiplications with addition that the decoder takes for one image.",
    "status": "`complete`, or `failed` where the training diverged; the history then ends before that.",
    "reason": "Of a failed cell: which term, in which epoch, and what to try.",
    "device": "Device that the model was trained on.",
    "threads": "Number of CPU threads used.",
    "memory": "Memory of every GPU there was, used or not, and of the process where the CPU trained.",
    "memory[].device": "Number and name of the GPU, or `process`.",
    "memory[].peak_bytes": "Most that tensors held at once, in bytes; of `process`, most that was in main memory.",
    "memory[].reserved_bytes": "Most that PyTorch's allocator kept of the GPU, in bytes.",
    "memory[].process_bytes": "Most that the GPU's driver says the process held, its own overhead included, in bytes; "
    "null where the driver does not tell.",
    "memory[].samples": "Seconds since the start, and bytes held then: pairs, at most 200, evenly spread.",
    "prior": "Where the cell's prior samples come from.",
}


def union(root: Path, page: Page) -> dict[str, Any]:
    """The logs of the page's cells, {"fields": what each field means, "cells": {cell: its log}}.

    Cells that have no log are left out, and NaN and infinite numbers become null, which every JSON reader takes.
    """
    names = [cell.name for cell in page.cells if cell.history is not None or cell.cost is not None]
    logs = {name: results.load(root, f"logs/cells/{name}.json", results.Anything) for name in names}
    finite: dict[str, Any] = from_json(to_json({"fields": FIELDS, "cells": logs}, inf_nan_mode="null"))
    return finite

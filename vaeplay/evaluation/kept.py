"""What is kept of an evaluation to compare two models by, image by image: `images.safetensors`.

`<metric>` (n,) holds the values at the images, samples or pairs of which the metric is the mean; `jackknife.<metric>`
(10,) what a metric of a set, or a ratio of two means, is without each tenth of these in turn. All cells are measured on
the same images and with the same noise, so that rows belong together. Of more than MOST rows, so many are kept, spread
evenly; and in half precision where that loses nothing, as of shares.
"""

import torch
from safetensors.torch import save as to_bytes
from torch import Tensor

from vaeplay.evaluation.metrics.intervals import Estimate
from vaeplay.rows import evenly

MOST = 1500  # rows: of 30 metrics, 180 kB


def kept(estimates: dict[str, Estimate]) -> dict[str, Tensor]:
    """The tensors of a cell's file."""
    found = {}
    for key, estimate in estimates.items():
        if estimate.values is not None and estimate.values.isfinite().all():
            found[key] = _small(estimate.values[evenly(estimate.count, MOST)])
        elif estimate.replicates is not None and estimate.replicates.isfinite().all():
            found[f"jackknife.{key}"] = estimate.replicates.float().cpu().contiguous()
    return found


def file(estimates: dict[str, Estimate]) -> bytes:
    """The file of a cell."""
    return to_bytes(kept(estimates))


def _small(values: Tensor) -> Tensor:
    single = values.float().cpu().contiguous()
    half = single.half()
    return half if torch.equal(half.float(), single) else single

"""A model's explorer for a notebook, in a frame of its own, so that several in one notebook do not meet."""

import html
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from vaeplay.data.prepared import batches
from vaeplay.evaluation import export
from vaeplay.evaluation.metrics.subject import principal_components
from vaeplay.gallery.explorer.packing import packed
from vaeplay.gallery.notebook.document import document
from vaeplay.models.base import Autoencoder
from vaeplay.noise import Noise
from vaeplay.python.origin import Origin
from vaeplay.rows import evenly
from vaeplay.seeds import seed_for

CODES = 500  # of images, that are shown as points
WEIGHTS = 1_000_000  # of a decoder that is tried: in few bits each, about BYTES
BYTES = 1_000_000  # of an explorer, at most
LEFT_OUT = ("maps", "entries", "palette", "probe", "probe_images")  # of what the evaluation exports
HEIGHT = "32em"  # of the frame, until its script has set it
FRAME = '<iframe title="{title}" srcdoc="{document}" style="width: 100%; height: {height}; border: 0"></iframe>'


@dataclass(frozen=True)
class Coded:
    """A model with the codes of a few images, as `export.explored` needs them."""

    model: Autoencoder
    codes: Tensor

    @cached_property
    def principal(self) -> Tensor:
        """The codes' first principal components."""
        return principal_components(self.codes)

    def noise_for(self, purpose: str) -> Noise:
        """The same for every model."""
        return Noise(seed_for(0, purpose), self.codes.device)


@torch.no_grad()
def frame(title: str, network: Autoencoder, origin: Origin | None) -> str:
    """The explorer as an `iframe`, with codes of the examples of an origin; without one, with draws from the prior.

    Empty where there can be none: the training diverged, the decoder has a layer that the page cannot run, or the frame
    would have more than BYTES.
    """
    if network.failed or sum(weights.numel() for weights in network.decoder.parameters()) > WEIGHTS:
        return ""
    model, device = network.measured(), next(network.parameters()).device
    noise = Noise(seed_for(0, "notebook"), device)
    if origin is None:
        codes, labels, points = model.sample_codes(CODES, noise), [0] * CODES, "codes drawn from the prior"
        priors = model.class_priors()
        classes = tuple(map(str, range(len(priors[0]) if priors else 1)))
    else:
        examples, classes = origin.examples(), origin.classes()
        rows = evenly(len(examples.images), CODES)
        images = examples.images[rows].to(device)
        codes = torch.cat([model.encode(model.likelihood.observe(x, noise)) for x in batches(images)])
        labels, points = examples.labels[rows].tolist(), "codes of images that it was not trained on"
    codes = codes.flatten(1)
    tensors, about = export.explored(Coded(model, codes), codes)
    if about["layers"] is None:
        return ""
    arrays = {
        key: (value.half() if key == "points" else value).cpu().numpy()
        for key, value in tensors.items()
        if key not in LEFT_OUT
    }
    text = document(packed(arrays, about), model.shape, classes, labels, points)
    quoted = text.replace("&", "&amp;").replace('"', "&quot;")  # all that an attribute needs, and no byte more
    found = FRAME.format(title=html.escape(f"Explorer of {title}"), document=quoted, height=HEIGHT)
    return found if len(found.encode()) <= BYTES else ""

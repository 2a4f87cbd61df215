"""The lab's dials and presets. Its settings stand in the address as one word: see `word`."""

from dataclasses import dataclass
from typing import Any

from vaeplay.gallery.map.data import marks
from vaeplay.gallery.views import View


@dataclass(frozen=True)
class Dial:
    """A setting of the lab: its values, the one it has at first, and what stands before a value in the address.

    The model starts anew when a dial that `resets` is turned.
    """

    name: str
    title: str
    before: str
    values: tuple[str, ...]
    first: str
    resets: bool = False


DIALS = (
    Dial("model", "Model", "", ("VAE", "AE"), "VAE"),
    Dial("beta", "β", "beta", ("0", "0.1", "0.25", "0.5", "1", "2", "4", "6", "8", "16", "32"), "1"),
    Dial("warmup", "KL warm-up, steps", "warmup", ("0", "200", "500", "1000", "2000"), "0"),
    Dial("rate", "Learning rate", "lr", ("0.0003", "0.001", "0.003", "0.01", "0.03"), "0.003"),
    Dial("latent", "Latent dimensions", "latent", ("2", "3", "4", "8", "16", "32"), "2", resets=True),
    Dial("hidden", "Hidden units", "hidden", ("8", "16", "32", "64", "128", "256"), "64", resets=True),
    Dial("images", "Training images", "images", ("all", "1000", "300", "100"), "all", resets=True),
    Dial("activation", "Activation", "", ("ReLU", "tanh"), "ReLU", resets=True),
)


@dataclass(frozen=True)
class Preset:
    """Settings that show something, and why it happens. The settings are those that differ from the first ones."""

    title: str
    shows: str
    why: str
    settings: dict[str, str]

    @property
    def word(self) -> str:
        """The settings as the address has them."""
        return word(self.settings)


LARGE_STEPS = {"beta": "4", "rate": "0.03", "hidden": "32"}

PRESETS = (
    Preset(
        "A VAE that works",
        "The codes spread out until they fill the prior's circles, and samples look like the data.",
        "At β = 1 a nat of rate costs as much as a nat of distortion, so a code says whatever saves more distortion "
        "than it costs.",
        {},
    ),
    Preset(
        "Collapse",
        "The rate falls to 0, all codes meet in the centre, and every reconstruction is the mean image.",
        "At β = 32 a nat of rate costs more than the distortion that it saves, so the encoder stops telling images "
        "apart.",
        {"beta": "32"},
    ),
    Preset(
        "Blur",
        "The codes are in use, but reconstructions and samples stay blurred.",
        "With β = 4 and two dimensions a code says little, and the best guess from little is the mean of all images "
        "that share a code.",
        {"beta": "4"},
    ),
    Preset(
        "An AE's drifting codes",
        "The codes wander off and keep spreading: the plane zooms out after them, and the circles, which are a VAE's "
        "prior, shrink. Where no codes are, the plane shows broken images, and so do some samples.",
        "Without noise and rate, nothing holds the codes near the origin or near each other.",
        {"model": "AE", "activation": "tanh"},
    ),
    Preset(
        "Memorising",
        "Within seconds the distortion of images held out, dashed, turns and rises, while that of the training images "
        "keeps falling.",
        "An AE with long codes can learn 100 images one by one, and what it learns of them does not carry over.",
        {"model": "AE", "rate": "0.01", "latent": "16", "hidden": "128", "images": "100"},
    ),
    Preset(
        "Collapse from large steps",
        "Within a second the rate is 0, and it stays there.",
        "At β = 4 a code is worth its rate, as Blur shows. But with a high learning rate the encoder gives it up "
        "before the decoder has learned to read it, and then nothing brings it back.",
        LARGE_STEPS,
    ),
    Preset(
        "Warm-up rescues it",
        "The same run with KL warm-up: the codes spread out at first, then draw closer, and stay in use.",
        "While the rate weighs little, the decoder learns to read the code, which is then worth its rate at full "
        "weight.",
        LARGE_STEPS | {"warmup": "500"},
    ),
)


def word(settings: dict[str, str]) -> str:
    """Settings as the address has them; a dial that is not named has its first value."""
    return "_".join([*(dial.before + settings.get(dial.name, dial.first) for dial in DIALS), "seed1"])


def data(view: View) -> dict[str, Any]:
    """Images, dials, presets, and how classes are marked."""
    return {"images": view.page.lab, "dials": DIALS, "presets": PRESETS, "marks": marks(view.page)}

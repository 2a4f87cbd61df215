"""Which decoders have the page's budget first: those that the comparison of models needs."""

from collections.abc import Mapping, Sequence
from typing import Literal

from vaeplay.gallery.page import Cell

Network = Literal["dense", "convolutional", "map"]


def ordered(cells: Sequence[Cell], networks: Mapping[str, Network]) -> list[str]:
    """The cells that have a decoder, named in `networks`, in the order of their claim.

    First every dense model with the widest code at the least depth. Then the dense models without a β at two
    dimensions, where the whole latent space can be seen; convolutional ones; one whose code is a map; and the rest in
    the order of the page. Further trainings of a configuration come last.
    """
    known = [cell for cell in cells if cell.name in networks]
    dense = [cell for cell in known if networks[cell.name] == "dense" and cell.axes]
    shallowest = min((cell.depth or 0 for cell in dense), default=0)
    widest = max((cell.latent_dim or 0 for cell in dense if cell.depth == shallowest), default=0)
    map = next((cell.name for cell in known if networks[cell.name] == "map"), None)

    def claim(cell: Cell) -> int:
        network = networks[cell.name]
        if cell.run > 1:
            return 5
        if network == "dense" and cell.depth == shallowest and cell.latent_dim == widest:
            return 0
        if network == "dense" and cell.depth == shallowest and cell.latent_dim == 2 and cell.beta in (None, 1):
            return 1
        return 2 if network == "convolutional" else 3 if cell.name == map else 4

    return [cell.name for cell in sorted(known, key=claim)]

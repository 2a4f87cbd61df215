"""The sections of the page, in order.

Each lies in the folder of its name:

    data.py            `data(view)`, the names that its templates use beside `page`, `families` and `markers`
    template.html.j2   the section; it may be empty, and is then not shown
    after.html.j2      its dialogs, or data for its script, which stand after all sections
    style.css
    script.js          may import any other script

Of these files only data.py has to be there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vaeplay.gallery.answer import data as answer
from vaeplay.gallery.beta import data as beta
from vaeplay.gallery.cells import data as cells
from vaeplay.gallery.claims import data as claims
from vaeplay.gallery.compare import data as compare
from vaeplay.gallery.curves import data as curves
from vaeplay.gallery.draw import data as draw
from vaeplay.gallery.explorer import data as explorer
from vaeplay.gallery.film import data as film
from vaeplay.gallery.filters import data as filters
from vaeplay.gallery.glossary import data as glossary
from vaeplay.gallery.image import data as image
from vaeplay.gallery.lab import data as lab
from vaeplay.gallery.map import data as latent_maps
from vaeplay.gallery.paper import data as paper
from vaeplay.gallery.plane import data as plane
from vaeplay.gallery.provenance import data as provenance
from vaeplay.gallery.table import data as table
from vaeplay.gallery.tour import data as tour
from vaeplay.gallery.verdicts import data as verdicts
from vaeplay.gallery.views import View
from vaeplay.gallery.wall import data as wall


@dataclass(frozen=True)
class Section:
    """One section: its folder, its data, and what the bar calls it where it links to `#name`.

    The links that come `first` stand in the bar wherever it is wide enough; all others are in its menu.
    """

    name: str
    data: Callable[[View], dict[str, Any]]
    link: str = ""
    first: bool = False


SECTIONS = (
    Section("answer", answer.data, "Answer", first=True),
    Section("tour", tour.data, "Tour", first=True),
    Section("compare", compare.data, "Compare", first=True),
    Section("image", image.data, "One image"),
    Section("draw", draw.data, "Draw", first=True),
    Section("explorer", explorer.data, "Explorer", first=True),
    Section("lab", lab.data, "Lab", first=True),
    Section("wall", wall.data, "Samples", first=True),
    Section("filters", filters.data),
    Section("table", table.data, "Cells", first=True),
    Section("plane", plane.data, "Rate and distortion"),
    Section("curves", curves.data, "Curves"),
    Section("beta", beta.data, "Turn β"),
    Section("film", film.data, "Film"),
    Section("map", latent_maps.data, "Latent maps"),
    Section("verdicts", verdicts.data, "Verdicts"),
    Section("claims", claims.data, "Claims"),
    Section("cells", cells.data),
    Section("glossary", glossary.data, "Glossary"),
    Section("provenance", provenance.data, "Data and settings"),
    Section("paper", paper.data),
)

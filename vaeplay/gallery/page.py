"""Everything that the page shows, as plain data: templates and charts read these classes and nothing else.

Numbers stay numbers here; rounding and units belong to the views. Tuples keep the order in which things are shown.
"""

from dataclasses import dataclass, field

from vaeplay.data import Frame
from vaeplay.gallery.beta.dials import Dial
from vaeplay.gallery.explorer.explorable import Explorable
from vaeplay.gallery.film.frames import Film
from vaeplay.gallery.lab.images import LabImages
from vaeplay.gallery.placed import Placed, Scalar
from vaeplay.gallery.trained import Cost, History
from vaeplay.verdicts.table import Table


@dataclass(frozen=True)
class Setting:
    """One setting by its dotted name, as in `train.batch_size`; lists are written as JSON."""

    key: str
    value: Scalar


@dataclass(frozen=True)
class Split:
    """One part of the data set: its name, its number of images, and how many of each class."""

    name: str
    images: int
    class_counts: tuple[int, ...]


@dataclass(frozen=True)
class DataCard:
    """What the models were trained and measured on; `shape` is (channels, height, width).

    `factors` names what is known of each image beyond its class, and `frame` says how ink was cut and placed, where it
    was. With `own_test` the test split is the data set's own.
    `skipped` files gave no image, the first have a line in `skipped_files`. `notes` say what else was odd.
    """

    name: str
    title: str
    source: str
    licence: str
    shape: tuple[int, ...]
    classes: tuple[str, ...]
    splits: tuple[Split, ...]
    factors: tuple[str, ...]
    frame: Frame | None
    own_test: bool
    skipped: int
    skipped_files: tuple[str, ...]
    notes: tuple[str, ...]
    sha256: str
    examples: "Picture | None"


@dataclass(frozen=True)
class Picture:
    """One image file as a `data:` address, with its natural size in pixels."""

    address: str
    width: int
    height: int


@dataclass(frozen=True)
class Sample:
    """One picture of a cell: `kind` is `reconstruction`, or the suffix of the kind's file, as in `prior`.

    `rows` and `columns` are how many of images it has here; 0 where it is not made of images of the data set's size.
    """

    kind: str
    picture: Picture
    rows: int
    columns: int


@dataclass(frozen=True)
class Kind:
    """One kind of sample picture, with the words that explain it."""

    kind: str
    title: str
    explanation: str


@dataclass(frozen=True)
class Missing:
    """A file that a cell should have and has not, relative to the workspace, and the command that makes it."""

    path: str
    command: str


@dataclass(frozen=True)
class Estimate:
    """The value of a metric, by its key in the registry; a value of None stands for NaN or infinity.

    `low` to `high` is its 95 % interval, if there is one, over `count` of `over`: by None, what the registry says. Of a
    mean over trainings `units` says that it is over what the registry says as well.
    """

    key: str
    value: float | None
    low: float | None = None
    high: float | None = None
    count: int | None = None
    over: str | None = None
    units: bool = False


@dataclass(frozen=True)
class Unit:
    """One latent dimension with its rate, in nats per image; whether it is in use, and whether it has collapsed."""

    dimension: int
    rate: float | None
    active: bool
    collapsed: bool


@dataclass(frozen=True)
class Judge:
    """The classifier whose features samples are judged by: its task, its accuracy, and what real images reach."""

    task: str
    accuracy: float | None
    floors: tuple[Estimate, ...]


@dataclass(frozen=True)
class Cell(Placed):
    """One model of the grid with everything known about it.

    `beta` is the weight of the rate where the model has one. Cells that differ in `run` alone, which counts from 1,
    have one `configuration`. `spectrum` has the latent dimensions in order of their rate; `usage` says at how many
    places of the test images' codes each entry of the codebook stands, `code` names such a code, as in `3 × 3 codes of
    64`, and `codes` shows its entries (see `cells/codebook.py`); `best` and `worst` are rows of the test split. `prior`
    says where the prior samples come from, `command` makes the cell's files again, and `failed` says how the training
    diverged, if it did.
    """

    name: str
    label: str
    configuration: str
    run: int
    seed: int | None = None
    beta: float | None = None
    settings: tuple[Setting, ...] = ()
    train: tuple[Setting, ...] = ()
    metrics: tuple[Estimate, ...] = ()
    spectrum: tuple[Unit, ...] = ()
    usage: tuple[int, ...] = ()
    code: str | None = None
    codes: Picture | None = None
    best: tuple[int, ...] = ()
    worst: tuple[int, ...] = ()
    test_images: int | None = None
    samples: tuple[Sample, ...] = ()
    history: History | None = None
    cost: Cost | None = None
    prior: str | None = None
    command: str = ""
    missing: tuple[Missing, ...] = ()
    failed: str | None = None


@dataclass(frozen=True)
class Provenance:
    """Where the page comes from; `commit` is None outside git, `modified` whether sources differ from that commit."""

    commit: str | None
    modified: bool
    seed: int | None
    beta: float | None
    params: tuple[Setting, ...]


@dataclass(frozen=True)
class TestImages:
    """The test images that latent maps and explorer show, the same for every cell.

    `sheet` is one picture of them, `columns` in a row; `rows` are their places in the test split, `labels` their
    classes.
    """

    sheet: str
    columns: int
    rows: tuple[int, ...]
    labels: tuple[int, ...]


@dataclass(frozen=True)
class Reconstructions:
    """What each cell makes of the same test images: a sheet a cell, `columns` images of `size` in a row.

    `rows` are their places in the test split, and `labels` their classes; `originals` is the sheet of the images
    themselves, and `size` their width and height in it. `values` are those of a metric at each image, by cell.
    """

    rows: tuple[int, ...]
    labels: tuple[int, ...]
    columns: int
    size: tuple[int, int]
    originals: str
    sheets: dict[str, str]
    values: dict[str, dict[str, tuple[float | None, ...]]]


@dataclass(frozen=True)
class Projection:
    """A map of codes by one method; `points` are base64 of little-endian 16-bit x and y of each image in turn.

    `trustworthiness` says how far neighbours on the map are neighbours among the codes, None where it keeps them all.
    """

    method: str
    title: str
    trustworthiness: float | None
    points: str


@dataclass(frozen=True)
class LatentMap:
    """A cell's maps of the codes of the page's test images."""

    cell: str
    projections: tuple[Projection, ...]


@dataclass(frozen=True)
class Page:
    """The whole report, in at most `megabytes`; `thinned` if pictures have fewer or smaller images than were made.

    `images` is None without maps and decoders, `verdicts` without comparisons; `references` are rows of metrics.
    """

    data: DataCard
    judge: Judge | None
    provenance: Provenance
    kinds: tuple[Kind, ...]
    thinned: bool
    megabytes: float
    cells: tuple[Cell, ...]
    images: TestImages | None
    maps: tuple[LatentMap, ...]
    explorer: tuple[Explorable, ...]
    verdicts: Table | None = None
    reconstructions: Reconstructions | None = None
    references: dict[str, tuple[Estimate, ...]] = field(default_factory=dict)
    films: tuple[Film, ...] = ()
    dials: tuple[Dial, ...] = ()
    lab: LabImages | None = None

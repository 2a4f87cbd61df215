"""Numbers, sizes and times as people read them. Text only; the templates escape it."""

from vaeplay.gallery.page import Cell
from vaeplay.gallery.placed import Scalar

DASH = "—"


def number(value: float | None, digits: int) -> str:
    """A number with a fixed count of decimals, a true minus sign and thin spaces between thousands.

    >>> number(-1234.5, 1)
    '−1\u2009234.5'
    """
    if value is None:
        return "NaN or infinite"
    if abs(value) >= 1e9:
        return f"{value:.{digits}e}".replace("-", "−")
    text = f"{value:,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.replace(",", "\u2009").replace("-", "−")


def half(width: float | None, digits: int) -> str:
    """Half the width of an interval, as it stands behind its value.

    >>> half(0.041, 2), half(0.0004, 2), half(None, 2)
    ('± 0.04', '± <0.01', '')
    """
    if width is None:
        return ""
    return f"± {number(width, digits)}" if round(width, digits) else f"± <{number(10**-digits, digits)}"


def duration(seconds: float | None) -> str:
    """A time span, as in `12.3 s` or `4 min 05 s`."""
    if seconds is None:
        return DASH
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def size(count: int) -> str:
    """A number of bytes in the unit that fits, 1 MiB being 1024² bytes."""
    value = float(count)
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"


def setting(value: Scalar) -> str:
    """A setting's value: flags and absent values in words, numbers in their shortest form."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def axis(cell: Cell, name: str) -> str:
    """The value of one axis of the grid for `cell`; a map of codes has no latent size, and is named by what it is."""
    if name == "latent_dim" and cell.code:
        return cell.code
    value = cell.on(name)
    return DASH if value is None else setting(value)


def code_size(cell: Cell) -> str:
    """How large a cell's code is, as in `8 latent dimensions`; a map of codes is named by what it is."""
    if cell.code or not cell.latent_dim:
        return cell.code or "Latent dimensions unknown"
    return plural(cell.latent_dim, "latent dimension")


def collapsed(cell: Cell) -> str:
    """How many of a cell's latent dimensions have collapsed to the prior; empty where none has."""
    count = sum(unit.collapsed for unit in cell.spectrum)
    return f"{count} of {plural(len(cell.spectrum), 'dimension')} collapsed" if count else ""


def run(number: int) -> str:
    """What a label ends in where models were trained more than once."""
    return f", run {number}"


def training_flag(cell: Cell) -> str:
    """What a reader should know of the length of a cell's training, in two or three words; empty where it was right."""
    state = cell.history.convergence if cell.history else None
    return {"falling": "still falling", "overfitting": "overfits"}.get(state or "", "")


def training_length(cell: Cell) -> str:
    """The same in a sentence; empty where nothing is known."""
    if cell.history is None or cell.history.convergence is None:
        return ""
    best, last = cell.history.best_epoch, cell.history.epochs[-1]
    kept = {item.key: item.value for item in cell.train}.get("keep") == "best"
    weights = f"The weights are those of epoch {best}" if kept else f"The weights are those of epoch {last}, the last"
    return {
        "falling": "Still falling: the validation loss was still falling when training ended, after "
        f"{plural(last, 'epoch')}. More epochs would change this model's metrics.",
        "best": f"Converged: the validation loss had levelled off by epoch {last}, as far as its curve shows "
        "under this learning-rate schedule.",
        "overfitting": f"Overfits after epoch {best}: the validation loss was lowest there and higher at the end. "
        f"{weights}.",
    }[cell.history.convergence]


def called(title: str) -> str:
    """The name at the start of a data set's title; a folder's name may itself have commas.

    >>> called("MNIST handwritten digits, 5,000 of them"), called("sun, sea, a folder of 12 images")
    ('MNIST handwritten digits', 'sun, sea')
    """
    return title.rpartition(", a folder of ")[0] or title.split(",")[0]


def plural(count: int, noun: str, nouns: str = "") -> str:
    """A count with its noun, as in `1 cell`, `12 cells`; `nouns` is the plural where an s does not make it."""
    return f"{number(count, 0)} {noun if count == 1 else nouns or noun + 's'}"

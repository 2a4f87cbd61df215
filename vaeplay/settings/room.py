"""The minimum size of a page: settings whose page would be too large are rejected before anything is trained."""

PAGE_BYTES = 650_000  # of scripts, styles and text, roughly
CELL_BYTES = 18_000  # of a cell's account and its rows and points elsewhere, without its curves
NUMBER_BYTES = 40  # of one term's mean in one epoch, in charts and tables
NUMBERS = 4  # per epoch, at least: the total and one term, on both splits


def least(cells: int, epochs: int) -> int:
    """Bytes of a page with `cells` cells of `epochs` epochs and no pictures."""
    return PAGE_BYTES + cells * (CELL_BYTES + NUMBER_BYTES * NUMBERS * epochs)

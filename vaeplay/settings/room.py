"""Bytes that a page takes at the least: settings that cannot lead to one are refused before anything is trained."""

PAGE_BYTES = 300_000  # of scripts, styles and words, about
CELL_BYTES = 18_000  # of a cell's account and its rows and points elsewhere, without what follows
NUMBER_BYTES = 40  # of a term's mean in an epoch, in charts and tables
NUMBERS = 4  # an epoch, at the least: the total and one term, on both splits


def least(cells: int, epochs: int) -> int:
    """Bytes of a page with so many cells of so many epochs and no pictures."""
    return PAGE_BYTES + cells * (CELL_BYTES + NUMBER_BYTES * NUMBERS * epochs)

"""The table of cells: a row per configuration, a column per metric, with intervals, ranks and downloads."""

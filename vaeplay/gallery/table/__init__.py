"""The table of cells: a row a configuration, a column a metric, with intervals, ranks and downloads."""

"""A cell's own training: its terms and schedules as charts, and every number as a table."""

from vaeplay.gallery.charts import Chart, Table, in_order, known, line, scales, term_title, text
from vaeplay.gallery.trained import History


def charts(history: History) -> tuple[Chart, ...]:
    """The curves of a cell, and what changed in its training."""
    return (*of_terms(history), *of_schedules(history))


def of_terms(history: History) -> tuple[Chart, ...]:
    """A cell's own terms, training (dashed) against validation (solid), each on its own scale."""
    charts = []
    for curve in in_order(history):
        values = known(curve.train) + known(curve.validation)
        x, y = scales(list(history.epochs), values)
        pairs = (("Validation", 0, curve.validation), ("Training", 1, curve.train))
        lines = tuple(line("", label, dash, dash, history.epochs, data, (x, y)) for label, dash, data in pairs)
        charts.append(Chart(term_title(curve.term), x.ticks(5, whole=True), y.ticks(5), lines))
    return tuple(charts)


def of_schedules(history: History) -> tuple[Chart, ...]:
    """The learning rate and the weight of the rate over the epochs, where they are known and change."""
    thousandths = tuple(None if rate is None else 1000 * rate for rate in history.lr)
    scheduled = (("Learning rate, thousandths", thousandths), ("Weight of the rate", history.rate_weight))
    charts = []
    for title, values in scheduled:
        if len(set(known(values))) > 1:
            x, y = scales(list(history.epochs), known(values))
            drawn = line("", title, 0, 0, history.epochs, values, (x, y))
            charts.append(Chart(title, x.ticks(5, whole=True), y.ticks(5), (drawn,)))
    return tuple(charts)


def table(history: History) -> Table:
    """Every number of a training run: a row per epoch, a training and a validation column per term."""
    columns = [("Learning rate", history.lr, 6), ("Weight of the rate", history.rate_weight, 3)]
    for curve in in_order(history):
        columns.append((f"{term_title(curve.term)}, training", curve.train, 2))
        columns.append((f"{term_title(curve.term)}, validation", curve.validation, 2))
    known = [column for column in columns if column[1]]
    rows = (
        (str(epoch), *(text(values[index], digits) for _, values, digits in known))
        for index, epoch in enumerate(history.epochs)
    )
    return Table(("Epoch", *(head for head, _, _ in known)), tuple(rows))

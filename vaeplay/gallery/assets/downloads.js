// The figures as files: CSV with a row a cell, or JSON with everything that the scripts know.
'use strict';
(() => {
  // Text that a spreadsheet would take for a formula is kept text by a leading apostrophe.
  const field = (value) => {
    const text = value === null || value === undefined ? '' : String(value);
    const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };

  const csv = (cells) => {
    const axes = Object.keys(gallery.data.cells[0]?.axes ?? {});
    const metrics = gallery.data.metrics.map((metric) => metric.key);
    const columns = metrics.flatMap((key) => [key, `${key}_low`, `${key}_high`]);
    const head = ['cell', ...axes, ...columns, 'parameters', 'training_seconds'];
    const rows = cells.map((cell) => [
      cell.name,
      ...axes.map((axis) => (cell.axes[axis] === '—' ? '' : cell.axes[axis])),
      ...metrics.flatMap((key) => [cell.metrics[key], ...(cell.intervals[key] ?? [null, null])]),
      cell.parameters,
      cell.seconds,
    ]);
    return [head, ...rows].map((row) => row.map(field).join(',')).join('\r\n') + '\r\n';
  };

  const save = (name, type, text) => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  for (const button of document.querySelectorAll('[data-download]')) {
    button.addEventListener('click', () => {
      const cells = gallery.visible().map((name) => gallery.byName.get(name));
      if (button.dataset.download === 'csv') save('cells.csv', 'text/csv', csv(cells));
      else save('cells.json', 'application/json', JSON.stringify({ ...gallery.data, cells }, null, 1));
    });
  }
})();

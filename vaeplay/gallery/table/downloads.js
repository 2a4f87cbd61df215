// The metrics as files: CSV with a row per cell, or JSON with everything that the scripts know.
import { element, findAll } from '../frame/dom.js';
import { cellOf, pageData, visible } from '../frame/state.js';

// Text that a spreadsheet would take for a formula is kept text by a leading apostrophe.
const field = (value) => {
  const text = value === null || value === undefined ? '' : String(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** @param {import('../frame/state.js').Cell[]} cells */
const csv = (cells) => {
  const axes = Object.keys(pageData.cells[0]?.axes ?? {});
  const metrics = pageData.metrics.map((metric) => metric.key);
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
  const link = element('a', { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};

for (const button of findAll(document, '[data-download]')) {
  button.addEventListener('click', () => {
    const cells = visible().map(cellOf);
    if (button.dataset.download === 'csv') save('cells.csv', 'text/csv', csv(cells));
    else save('cells.json', 'application/json', JSON.stringify({ ...pageData, cells }, null, 1));
  });
}

// The table as it stands, its visible columns and rows, as CSV, Markdown or LaTeX; JSON has everything that scripts know.
import { find, findAll } from '../frame/dom.js';
import { saveText } from '../frame/save.js';
import { cellOf, pageData, visible } from '../frame/state.js';
import { csv, latex, markdown } from './formats.js';

const table = find(document, '#cells-table', HTMLTableElement);
const how = '± is half the width of a 95 % interval; the best value of each column is bold.';
const note = `${document.title}. ${how}`;

/** @type {(part: Element, without: string) => string} */
const textOf = (part, without) => {
  const copy = /** @type {Element} */ (part.cloneNode(true));
  for (const item of copy.querySelectorAll(`.unseen, .flag, button.unfold, ${without}`)) item.remove();
  return (copy.textContent ?? '').replace(/[^\S\u2009]+/g, ' ').trim();
};

/** @returns {import('./formats.js').Table} */
export const shownTable = () => {
  const heads = findAll(table, 'thead th', HTMLTableCellElement).filter((head) => head.offsetParent);
  const places = heads.map((head) => head.cellIndex);
  const rows = findAll(table, 'tbody tr, tfoot tr', HTMLTableRowElement).filter((row) => row.offsetParent);
  return {
    heads: heads.map((head) => ({
      label: textOf(head, 'small, .arrow'),
      unit: head.querySelector('small')?.textContent ?? '',
      arrow: head.querySelector('.arrow')?.firstChild?.textContent ?? '',
      number: head.dataset.type === 'number',
    })),
    rows: rows.map((row) =>
      places.map((place) => {
        const cell = row.cells[place];
        const half = cell.querySelector('.half')?.textContent ?? '';
        const marked = cell.querySelector('.best') && !cell.classList.contains('was-best');
        const best = Boolean(marked) || cell.classList.contains('now-best');
        return { text: textOf(cell, '.half, .place'), half: half.replace('± ', ''), best };
      }),
    ),
    note,
  };
};

/** @type {Record<string, () => void>} */
const files = {
  csv: () => saveText(csv(shownTable()), 'text/csv', 'cells.csv'),
  markdown: () => saveText(markdown(shownTable()), 'text/markdown', 'cells.md'),
  latex: () => saveText(latex(shownTable()), 'application/x-tex', 'cells.tex'),
  json: () => {
    const everything = JSON.stringify({ ...pageData, cells: visible().map(cellOf) }, null, 1);
    saveText(everything, 'application/json', 'cells.json');
  },
};
for (const button of findAll(document, '[data-download]')) {
  button.addEventListener('click', files[button.dataset.download ?? '']);
}

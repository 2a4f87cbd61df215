// Which columns the table has (show=key, repeated). Until somebody chooses, it has the usual ones of which a shown cell
// has a value, and those of codebooks where every shown cell has a codebook.
import { find, findAll } from '../frame/dom.js';
import '../filters/script.js';
import { follow, getStates, setState, view } from '../frame/state.js';

const table = find(document, '#cells-table', HTMLTableElement);
const menu = find(document, '#columns');
const boxes = findAll(menu, 'input', HTMLInputElement);
const heads = findAll(table, 'thead th', HTMLTableCellElement);
const places = new Map(heads.map((head) => [head.dataset.key, head.cellIndex]));
const first = findAll(table, 'tbody', HTMLTableSectionElement).map((body) => body.rows[0]);
/** @type {Map<string, boolean>} */
const before = new Map();

const shown = () => first.filter((row) => !row.classList.contains('filtered'));
/** @type {(box: HTMLInputElement, rows: HTMLTableRowElement[]) => boolean} */
const usual = (box, rows) => {
  const has = (row) => Boolean(row.cells[places.get(box.value) ?? 0].dataset.value);
  if (box.dataset.shown === 'usual') return !rows.length || rows.some(has);
  return box.dataset.shown === 'codebook' && rows.length > 0 && rows.every(has);
};

menu.addEventListener('change', () => {
  setState({ show: boxes.filter((box) => box.checked).map((box) => box.value) });
});
find(menu, '[data-columns=all]').addEventListener('click', () => setState({ show: boxes.map((box) => box.value) }));
find(menu, '[data-columns=usual]').addEventListener('click', () => setState({ show: null }));

let key = '';
follow(() => {
  const now = JSON.stringify([getStates('show'), [...view.shown]]);
  if (now === key) return;
  key = now;
  const [chosen, rows] = [getStates('show'), shown()];
  for (const box of boxes) {
    const on = chosen.length ? chosen.includes(box.value) : usual(box, rows);
    box.checked = on;
    if (on === (before.get(box.value) ?? true)) continue;
    before.set(box.value, on);
    const place = places.get(box.value) ?? 0;
    for (const row of table.rows) row.cells[place].classList.toggle('off', !on);
  }
});

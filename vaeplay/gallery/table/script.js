// The table of cells: headings become buttons that sort, and the best values are those of the rows shown. A body of the
// table is a configuration: its first row is what is sorted by and compared, the single runs below it unfold.
import { closest, element, find, findAll } from '../frame/dom.js';
import '../filters/script.js';
import '../frame/link.js';
import { follow, getState, setState, shows, view } from '../frame/state.js';
import './columns.js';
import './downloads.js';

const table = find(document, '#cells-table', HTMLTableElement);
const bodies = findAll(table, 'tbody', HTMLTableSectionElement); // in the order of the grid
const rows = bodies.map((body) => body.rows[0]);
const heads = findAll(table, 'thead th', HTMLTableCellElement);
shows(find(document, '#table'), 'sort', 'show');

const value = (row, index) => row.cells[index].dataset.value;
const compare = (index, type, sign) => (one, other) => {
  const [a, b] = [value(one, index), value(other, index)];
  const absent = (text) => Number(text === '' || (type === 'number' && Number.isNaN(Number(text))));
  if (absent(a) || absent(b)) return absent(a) - absent(b); // what is absent stays last either way
  return sign * (type === 'number' ? Number(a) - Number(b) : a.localeCompare(b));
};

// The first click shows the best on top, the second turns the order round, the third restores the grid's.
const press = (head) => {
  const first = head.dataset.better === 'higher' ? 'down' : 'up';
  const second = first === 'up' ? 'down' : 'up';
  const [key, way] = (getState('sort') || ':').split(':');
  const next = key !== head.dataset.key ? first : way === first ? second : null;
  setState({ sort: next && `${head.dataset.key}:${next}` });
};

for (const head of heads) {
  const button = element('button', { type: 'button', className: 'sort' });
  const name = head.querySelector('.name');
  if (name) {
    name.before(button);
    button.append(name);
  } else {
    button.append(...head.childNodes);
    head.append(button);
  }
  button.addEventListener('click', () => press(head));
}

table.addEventListener('click', (event) => {
  const button = closest(event, '.unfold');
  if (!button) return;
  button.setAttribute('aria-expanded', String(button.closest('tbody')?.classList.toggle('unfolded')));
});

// The best of the rows shown are those of the lowest rank, which the page knows for every row; until something is
// filtered, its own marks are right.
let marked = false;
const markBest = () => {
  const unfiltered = rows.filter((row) => !row.classList.contains('filtered'));
  if (!marked && unfiltered.length === rows.length) return;
  marked = true;
  heads.forEach((_, index) => {
    if (!rows.some((row) => row.cells[index].dataset.rank)) return;
    const rank = (row) => Number(row.cells[index].dataset.rank);
    const shown = unfiltered.filter((row) => row.cells[index].dataset.rank);
    const least = shown.length > 1 ? Math.min(...shown.map(rank)) : 0;
    for (const row of rows) {
      const best = shown.includes(row) && rank(row) === least;
      const cell = row.cells[index];
      cell.classList.toggle('was-best', !best);
      cell.classList.toggle('now-best', best);
      cell.title = best ? 'best of the shown cells' : '';
      cell.querySelector('.now')?.remove();
      if (best) cell.append(element('span', { className: 'unseen now', textContent: ' (best)' }));
    }
  });
};

follow(() => {
  const [key, way] = (getState('sort') || ':').split(':');
  const index = heads.findIndex((head) => head.dataset.key === key);
  heads.forEach((head, place) => {
    if (place === index) head.setAttribute('aria-sort', way === 'down' ? 'descending' : 'ascending');
    else head.removeAttribute('aria-sort');
  });
  const order = index < 0 ? rows : [...rows].sort(compare(index, heads[index].dataset.type, way === 'down' ? -1 : 1));
  const wanted = order.flatMap((row) => row.parentElement ?? []);
  const now = [...table.tBodies];
  if (wanted.some((body, place) => body !== now[place])) now.at(-1)?.after(...wanted);
  view.order = findAll(table, 'tbody [data-cell]').flatMap((row) => row.dataset.cell ?? []);
  markBest();
});

// The table of cells: headings become buttons that sort, and the best values are those of the rows shown. A body of the
// table is a configuration: its first row is what is sorted by and compared, the single runs below it unfold.
'use strict';
(() => {
  const table = document.getElementById('cells-table');
  const bodies = [...table.tBodies]; // in the order of the grid
  const rows = bodies.map((body) => body.rows[0]);
  const heads = [...table.tHead.rows[0].cells];

  const value = (row, index) => row.cells[index].dataset.value;
  const compare = (index, type, sign) => (one, other) => {
    const [a, b] = [value(one, index), value(other, index)];
    const absent = (text) => text === '' || (type === 'number' && Number.isNaN(Number(text)));
    if (absent(a) || absent(b)) return absent(a) - absent(b); // what is absent stays last either way
    return sign * (type === 'number' ? Number(a) - Number(b) : a.localeCompare(b));
  };

  // The first click shows the best on top, the second turns the order round, the third restores the grid's.
  const press = (head) => {
    const first = head.dataset.better === 'higher' ? 'down' : 'up';
    const second = first === 'up' ? 'down' : 'up';
    const [key, way] = (gallery.get('sort') || ':').split(':');
    const next = key !== head.dataset.key ? first : way === first ? second : null;
    gallery.set({ sort: next && `${head.dataset.key}:${next}` });
  };

  for (const head of heads) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'sort';
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
    const button = event.target.closest('.unfold');
    if (!button) return;
    button.setAttribute('aria-expanded', button.closest('tbody').classList.toggle('unfolded'));
  });

  // Until something is filtered, the page's own marks are right.
  let marked = false;
  const markBest = () => {
    const unfiltered = rows.filter((row) => !row.classList.contains('filtered'));
    if (!marked && unfiltered.length === rows.length) return;
    marked = true;
    heads.forEach((head, index) => {
      if (!head.dataset.ranked) return;
      const shown = unfiltered.filter((row) => value(row, index) !== '');
      const rounded = (row) => Number(Number(value(row, index)).toFixed(Number(head.dataset.digits)));
      const pick = head.dataset.better === 'lower' ? Math.min : Math.max;
      const target = shown.length > 1 ? pick(...shown.map(rounded)) : null;
      const winners = new Set(shown.filter((row) => rounded(row) === target));
      for (const row of rows) {
        const best = winners.has(row);
        const cell = row.cells[index];
        cell.classList.toggle('was-best', !best);
        cell.classList.toggle('now-best', best);
        cell.title = best ? 'best of the cells shown' : '';
        cell.querySelector('.now')?.remove();
        if (best) {
          const said = Object.assign(document.createElement('span'), { className: 'unseen now', textContent: ' (best)' });
          cell.append(said);
        }
      }
    });
  };

  gallery.follow(() => {
    const [key, way] = (gallery.get('sort') || ':').split(':');
    const index = heads.findIndex((head) => head.dataset.key === key);
    heads.forEach((head, place) => {
      if (place === index) head.setAttribute('aria-sort', way === 'down' ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    });
    const order = index < 0 ? rows : [...rows].sort(compare(index, heads[index].dataset.type, way === 'down' ? -1 : 1));
    const wanted = order.map((row) => row.parentElement);
    const now = [...table.tBodies];
    if (wanted.some((body, place) => body !== now[place])) now.at(-1).after(...wanted);
    gallery.order = [...table.tBodies].flatMap((body) => [...body.querySelectorAll('[data-cell]')].map((row) => row.dataset.cell));
    markBest();
  });
})();

// The sample wall: one kind of picture at a time, in the order of the table or by two axes of the grid (rows=, columns=),
// at a whole number of screen pixels a pixel.
'use strict';
(() => {
  const wall = document.getElementById('wall');
  const kinds = [...wall.querySelectorAll('div.kind')];
  const kindButtons = [...wall.querySelectorAll('button[data-kind]')];
  const sizeButtons = [...wall.querySelectorAll('button[data-size]')];

  const choices = [...wall.querySelectorAll('.axis-choice select')];
  for (const select of choices) {
    select.addEventListener('change', () => gallery.set({ [select.name]: select.value || null }));
  }

  for (const button of kindButtons) button.addEventListener('click', () => gallery.set({ kind: button.dataset.kind }));
  for (const button of sizeButtons) button.addEventListener('click', () => gallery.set({ size: button.dataset.size }));

  wall.addEventListener('click', (event) => {
    const frame = event.target.closest('a.frame');
    if (!frame || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const { cell } = frame.closest('.tile').dataset;
    gallery.set({ zoom: `${frame.dataset.kind}:${cell}`, cell: null }, { push: true });
  });

  // Only the first kind is in the page from the start: the others wait unread in noscript elements, which saves a page of
  // many cells most of its opening time. A kind's tiles are made when one of them is first asked for.
  const everyTile = new Map();
  const tilesOf = (part) => {
    if (!everyTile.has(part)) {
      const waiting = part.querySelector('noscript');
      const tiles = (waiting ? gallery.contentOf(waiting) : part).querySelector('.tiles');
      everyTile.set(part, { tiles, places: new Map([...tiles.children].map((tile) => [tile.dataset.cell, tile])) });
    }
    return everyTile.get(part);
  };
  gallery.tile = (kind, name) => {
    const part = kinds.find((item) => item.dataset.kind === kind);
    return part && tilesOf(part).places.get(name);
  };

  const chosenSize = () => sizeButtons.find((button) => button.dataset.size === gallery.get('size')) || sizeButtons[0];
  const fit = (part) => {
    const columns = part.querySelector('.by-axes tr')?.cells.length ?? 2;
    const room = Math.max((wall.clientWidth - 2) / (columns - 1) - (columns > 2 ? 24 : 0), 120); // a frame's border, gaps
    for (const image of part.querySelectorAll('img')) gallery.fit(image, image, Number(chosenSize().dataset.size), room);
  };

  const element = (tag, className, ...children) => {
    const made = Object.assign(document.createElement(tag), { className });
    made.append(...children);
    return made;
  };

  // Tiles as a table by two axes, either of which may be absent; tiles of one place stand below each other.
  const title = (axis, text) => {
    const label = [...choices[0].options].find((option) => option.value === axis)?.textContent ?? '';
    return element('bdi', '', axis && axis !== 'model' ? `${label} ${text}` : text);
  };
  const byAxes = ({ tiles, places }, rowAxis, columnAxis) => {
    const names = gallery.order.filter((name) => places.has(name));
    const of = (name, axis) => (axis ? gallery.byName.get(name).axes[axis] : '');
    const values = (axis) => [...new Set(gallery.data.cells.map(({ name }) => of(name, axis)))];
    const head = element('tr', '', element('td', ''));
    for (const text of values(columnAxis)) {
      const cell = element('th', '', title(columnAxis, text));
      cell.scope = 'col';
      head.append(cell);
    }
    const body = element('tbody', '');
    for (const row of values(rowAxis)) {
      const cells = values(columnAxis).map((column) => {
        const own = names.filter((name) => of(name, rowAxis) === row && of(name, columnAxis) === column);
        return element('td', '', ...own.map((name) => places.get(name)));
      });
      const head = element('th', '', title(rowAxis, row));
      head.scope = 'row';
      body.append(element('tr', '', head, ...cells));
    }
    const table = element('table', 'by-axes', element('thead', '', head), body);
    tiles.replaceChildren(table);
  };

  const arrange = (part) => {
    const made = tilesOf(part);
    const { tiles, places } = made;
    if (!part.contains(tiles)) {
      part.querySelector('noscript').replaceWith(tiles);
      gallery.mark(tiles);
    }
    const [rowAxis, columnAxis] = choices.map((select) => select.value);
    if (rowAxis || columnAxis) {
      byAxes(made, rowAxis, columnAxis);
    } else {
      tiles.querySelector('.by-axes')?.remove();
      gallery.order.forEach((name, index) => {
        if (tiles.children[index] !== places.get(name)) tiles.insertBefore(places.get(name), tiles.children[index] ?? null);
      });
    }
    fit(part);
  };

  let before = '';
  let shown = kinds[0];
  gallery.follow(() => {
    const wanted = kindButtons.find((button) => button.dataset.kind === gallery.get('kind')) || kindButtons[0];
    // A select is empty where the address names no axis of this grid.
    for (const select of choices) select.value = gallery.get(select.name) ?? '';
    const axes = choices.map((select) => select.value);
    const now = [wanted.dataset.kind, chosenSize().dataset.size, ...axes, ...gallery.order].join(' ');
    if (now === before) return;
    before = now;
    for (const button of kindButtons) button.setAttribute('aria-pressed', button === wanted);
    for (const button of sizeButtons) button.setAttribute('aria-pressed', button === chosenSize());
    for (const part of kinds) part.classList.toggle('unchosen', part.dataset.kind !== wanted.dataset.kind);
    shown = kinds.find((part) => part.dataset.kind === wanted.dataset.kind);
    arrange(shown);
  });
  window.addEventListener('resize', () => fit(shown));

  // On paper every kind is there.
  const print = () => kinds.forEach(arrange);
  window.addEventListener('beforeprint', print);
  matchMedia('print').addEventListener('change', ({ matches }) => matches && print());
})();

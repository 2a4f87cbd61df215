// Which cells are shown, everywhere on the page: chosen values of the axes, and words that must all occur.
'use strict';
(() => {
  const form = document.getElementById('filters');
  const boxes = [...form.querySelectorAll('input[type=checkbox]')];
  const search = form.elements.q;
  const count = document.getElementById('count');
  const clear = document.getElementById('clear');
  const axes = [...new Set(boxes.map((box) => box.name))];
  const main = document.querySelector('main');
  const means = [...document.querySelectorAll('tr.mean')];

  const text = (cell) => {
    const settings = Object.entries({ ...cell.settings, ...cell.train }).map(([key, value]) => `${key}=${value}`);
    return [cell.name, cell.label, ...settings].join(' ').toLowerCase();
  };
  let texts = null; // made when somebody searches
  const found = (cell, words) => {
    texts ??= new Map(gallery.data.cells.map((item) => [item.name, text(item)]));
    return words.every((word) => texts.get(cell.name).includes(word));
  };

  // Hides what belongs to cells that are not shown; parts of the page that are made later come here too.
  gallery.mark = (part) => {
    for (const item of part.querySelectorAll('[data-cell]')) {
      item.classList.toggle('filtered', !gallery.shown.has(item.dataset.cell));
    }
  };

  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('input', () => {
    const changes = { q: search.value.trim() || null };
    for (const axis of axes) {
      const chosen = boxes.filter((box) => box.name === axis && box.checked).map((box) => box.value);
      changes[axis] = chosen.length ? chosen : null;
    }
    gallery.set(changes);
  });
  clear.addEventListener('click', () => {
    gallery.set(Object.fromEntries(['q', ...axes].map((name) => [name, null])));
    search.focus();
  });

  gallery.follow(() => {
    const words = (gallery.get('q') || '').toLowerCase().split(/\s+/).filter(Boolean);
    if (search.value.trim() !== (gallery.get('q') || '')) search.value = gallery.get('q') || '';
    for (const box of boxes) box.checked = gallery.all(box.name).includes(box.value);

    const cells = gallery.data.cells;
    const keeps = (cell) =>
      axes.every((axis) => !gallery.all(axis).length || gallery.all(axis).includes(cell.axes[axis])) &&
      (!words.length || found(cell, words));
    const names = cells.filter(keeps).map((cell) => cell.name);
    if (names.length !== gallery.shown.size || names.some((name) => !gallery.shown.has(name))) {
      gallery.shown = new Set(names);
      gallery.mark(main);
      for (const mean of means) {
        const runs = [...mean.parentElement.querySelectorAll('[data-cell]')];
        mean.classList.toggle('filtered', runs.every((run) => run.classList.contains('filtered')));
      }
    }

    const all = gallery.shown.size === cells.length;
    const noun = cells.length === 1 ? 'cell' : 'cells';
    count.textContent = all ? `${cells.length} ${noun}` : `${gallery.shown.size} of ${cells.length} ${noun}`;
    clear.hidden = all && !words.length && axes.every((axis) => !gallery.all(axis).length);
  });
})();

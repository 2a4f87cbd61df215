// Which cells are shown, everywhere on the page: chosen values of the axes, and words that must all occur.
'use strict';
(() => {
  const form = document.getElementById('filters');
  const boxes = [...form.querySelectorAll('input[type=checkbox]')];
  const search = form.elements.q;
  const count = document.getElementById('count');
  const clear = document.getElementById('clear');
  const axes = [...new Set(boxes.map((box) => box.name))];
  const marked = [...document.querySelectorAll('[data-cell]')];

  const means = [...document.querySelectorAll('tr.mean')];

  const text = (cell) => {
    const settings = Object.entries({ ...cell.settings, ...cell.train }).map(([key, value]) => `${key}=${value}`);
    return [cell.name, cell.label, ...settings].join(' ').toLowerCase();
  };
  const texts = new Map(gallery.data.cells.map((cell) => [cell.name, text(cell)]));

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
      words.every((word) => texts.get(cell.name).includes(word));
    gallery.shown = new Set(cells.filter(keeps).map((cell) => cell.name));
    for (const item of marked) item.classList.toggle('filtered', !gallery.shown.has(item.dataset.cell));
    for (const mean of means) {
      const runs = [...mean.parentElement.querySelectorAll('[data-cell]')];
      mean.classList.toggle('filtered', runs.every((run) => run.classList.contains('filtered')));
    }

    const all = gallery.shown.size === cells.length;
    const noun = cells.length === 1 ? 'cell' : 'cells';
    count.textContent = all ? `${cells.length} ${noun}` : `${gallery.shown.size} of ${cells.length} ${noun}`;
    clear.hidden = all && !words.length && axes.every((axis) => !gallery.all(axis).length);
  });
})();

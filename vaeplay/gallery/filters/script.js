// Which cells are shown, everywhere on the page: chosen values of the axes, and words that must all occur.
import { element, find, findAll } from '../frame/dom.js';
import { follow, getState, getStates, pageData, setState, view } from '../frame/state.js';

const form = find(document, '#filters', HTMLFormElement);
const boxes = findAll(form, 'input[type=checkbox]', HTMLInputElement);
const search = find(form, '[name=q]', HTMLInputElement);
const count = find(document, '#count');
const clear = find(document, '#clear');
const axes = [...new Set(boxes.map((box) => box.name))];
let named = ''; // the filters that have been named
const main = find(document, 'main');
const narrowed = find(document, '#narrowed');
const means = findAll(document, 'tr.mean', HTMLTableRowElement);

/** @param {import('../frame/state.js').Cell} cell */
const text = (cell) => {
  const settings = Object.entries({ ...cell.settings, ...cell.train }).map(([key, value]) => `${key}=${value}`);
  return [cell.name, cell.label, ...settings].join(' ').toLowerCase();
};
/** @type {Map<string, string> | null} */
let texts = null; // made when somebody searches
const found = (cell, words) => {
  texts ??= new Map(pageData.cells.map((item) => [item.name, text(item)]));
  const own = texts.get(cell.name) ?? '';
  return words.every((word) => own.includes(word));
};

/**
 * Hides what belongs to cells that are not shown; parts of the page that are made later come here too.
 * @param {ParentNode} part
 */
export const mark = (part) => {
  for (const item of findAll(part, '[data-cell]', Element)) {
    item.classList.toggle('filtered', !view.shown.has(item.getAttribute('data-cell') ?? ''));
  }
};

form.addEventListener('submit', (event) => event.preventDefault());
form.addEventListener('input', () => {
  /** @type {Record<string, string | string[] | null>} */
  const changes = { q: search.value.trim() || null };
  for (const axis of axes) {
    const chosen = boxes.filter((box) => box.name === axis && box.checked).map((box) => box.value);
    changes[axis] = chosen.length ? chosen : null;
  }
  setState(changes);
});
clear.addEventListener('click', () => {
  setState(Object.fromEntries(['q', ...axes].map((name) => [name, null])));
  search.focus();
});

// Each filter that is on as a button that ends it.
const name = () => {
  const one = (said, change) => {
    const button = element('button', { type: 'button' }, element('bdi', {}, said), ' ×');
    button.setAttribute('aria-label', `End the filter ${said}`);
    button.addEventListener('click', () => setState(change));
    return button;
  };
  const chips = boxes.filter((box) => box.checked).map((box) => {
    const title = box.closest('fieldset')?.querySelector('legend')?.textContent;
    const others = getStates(box.name).filter((value) => value !== box.value);
    return one(`${title} ${box.value}`, { [box.name]: others.length ? others : null });
  });
  if (getState('q')) chips.push(one(`“${getState('q')}”`, { q: null }));
  const all = element('button', { type: 'button' }, 'Clear');
  all.addEventListener('click', () => clear.click());
  narrowed.replaceChildren(`Showing ${count.textContent}:`, ...chips, all);
  narrowed.hidden = !chips.length;
};

follow(() => {
  const words = (getState('q') || '').toLowerCase().split(/\s+/).filter(Boolean);
  if (search.value.trim() !== (getState('q') || '')) search.value = getState('q') || '';
  for (const box of boxes) box.checked = getStates(box.name).includes(box.value);

  const { cells } = pageData;
  const keeps = (cell) =>
    axes.every((axis) => !getStates(axis).length || getStates(axis).includes(cell.axes[axis])) &&
    (!words.length || found(cell, words));
  const names = cells.filter(keeps).map((cell) => cell.name);
  if (names.length !== view.shown.size || names.some((name) => !view.shown.has(name))) {
    view.shown = new Set(names);
    mark(main);
    for (const mean of means) {
      const runs = findAll(mean.parentElement ?? mean, '[data-cell]');
      mean.classList.toggle('filtered', runs.every((run) => run.classList.contains('filtered')));
    }
  }

  const all = view.shown.size === cells.length;
  const noun = cells.length === 1 ? 'cell' : 'cells';
  count.textContent = all ? `${cells.length} ${noun}` : `${view.shown.size} of ${cells.length} ${noun}`;
  clear.hidden = all && !words.length && axes.every((axis) => !getStates(axis).length);
  const now = JSON.stringify([getState('q'), ...axes.map(getStates)]);
  if (now !== named) name();
  named = now;
});

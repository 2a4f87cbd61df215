// What is printed: the sections that a reader ticks, at first those that one would hand in. The browser's own command
// prints the same.
import { element, find, findAll } from '../frame/dom.js';

const dialog = find(document, '#paper', HTMLDialogElement);
const list = find(dialog, 'fieldset');
const usual = (dialog.dataset.usual ?? '').split(' ');

/** @type {Map<HTMLElement, HTMLInputElement>} */
const boxes = new Map();
const mark = () => boxes.forEach(({ checked }, section) => section.classList.toggle('unprinted', !checked));
for (const section of findAll(document, 'main > section[id]')) {
  const title = section.querySelector('h1, h2')?.textContent ?? section.getAttribute('aria-label');
  if (!title) continue;
  const box = element('input', { type: 'checkbox', value: section.id, checked: usual.includes(section.id) });
  boxes.set(section, box);
  list.append(element('label', {}, box, title));
}
list.addEventListener('change', mark);
mark();

// A section that is printed is printed whole: what it folds into is opened, and folded again afterwards.
/** @type {HTMLDetailsElement[]} */
let opened = [];
const open = () => {
  const folds = findAll(document, 'main > section:not(.unprinted) > details.fold:not([open])', HTMLDetailsElement);
  for (const fold of folds) fold.open = true;
  opened.push(...folds);
};
const close = () => {
  for (const fold of opened) fold.open = false;
  opened = [];
};
window.addEventListener('beforeprint', open);
window.addEventListener('afterprint', close);
matchMedia('print').addEventListener('change', ({ matches }) => (matches ? open() : close()));

/**
 * Prints one section, whatever is ticked.
 * @param {string} id
 */
export const printOnly = (id) => {
  boxes.forEach((_, section) => section.classList.toggle('unprinted', section.id !== id));
  window.addEventListener('afterprint', mark, { once: true });
  window.print();
};

find(document, '#choose-print').addEventListener('click', () => dialog.showModal());
dialog.addEventListener('close', () => {
  if (dialog.returnValue === 'print') window.print();
  else if (dialog.returnValue === 'worksheet') printOnly('tour');
});

// What is printed: the sections that a reader ticks, at first those that one would hand in. The browser's own command
// prints the same.
import { element, find, findAll } from '../frame/dom.js';

const dialog = find(document, '#paper', HTMLDialogElement);
const list = find(dialog, 'fieldset');
const usual = (dialog.dataset.usual ?? '').split(' ');

for (const section of findAll(document, 'main > section[id]')) {
  const title = section.querySelector('h1, h2')?.textContent ?? section.getAttribute('aria-label');
  if (!title) continue;
  const box = element('input', { type: 'checkbox', value: section.id, checked: usual.includes(section.id) });
  const mark = () => section.classList.toggle('unprinted', !box.checked);
  box.addEventListener('change', mark);
  mark();
  list.append(element('label', {}, box, title));
}

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

find(document, '#choose-print').addEventListener('click', () => dialog.showModal());
dialog.addEventListener('close', () => dialog.returnValue === 'print' && window.print());

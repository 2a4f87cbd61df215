// The two dialogs: everything about a cell (cell=name, opened at part=), and one sample enlarged (zoom=kind:name).
import { explore } from '../explorer/place.js';
import { closest, element, find, findAll } from '../frame/dom.js';
import '../frame/link.js';
import '../frame/save.js';
import { cellOf, contentOf, fitPicture, follow, getState, ownSize, setState, visible } from '../frame/state.js';
import { imageOf } from '../wall/script.js';

const detail = find(document, '#detail', HTMLDialogElement);
const lightbox = find(document, '#lightbox', HTMLDialogElement);
const body = find(detail, '.dialog-body');
const enlarged = find(lightbox, 'img', HTMLImageElement);
const store = find(document, '#cells');

// A cell's account is one of many, and long: where scripts run, its markup waits unread in a noscript element, which
// costs a page of many cells most of its opening time otherwise. It is made when it is first opened.
const sources = new Map(findAll(store, 'noscript').map((item) => [item.dataset.source, item]));
const make = (name) => find(contentOf(/** @type {HTMLElement} */ (sources.get(name))), 'article');
/** @type {Map<string, HTMLElement>} */
const made = new Map();
const articleOf = (name) => {
  const article = made.get(name) ?? make(name);
  made.set(name, article);
  return article;
};

/**
 * Pictures are in the page once, in the wall; a cell's article borrows their addresses when it is first opened.
 * @param {HTMLElement} article
 * @param {number} [room]
 */
const fillSamples = (article, room = 0) => {
  for (const sample of findAll(article, '.sample')) {
    const kind = sample.dataset.kind ?? '';
    const source = imageOf(kind, article.dataset.cell ?? '');
    const frame = find(sample, '.frame');
    if (!source || frame.querySelector('img')) continue;
    const image = element('img', { className: 'pixels', alt: source.alt, src: source.src });
    const names = sample.querySelector('ol')?.offsetWidth ?? 0;
    fitPicture(image, ownSize(source), 2, room || (sample.parentElement?.clientWidth ?? 0) - names - 12);
    frame.replaceChildren(image);
    frame.addEventListener('click', (event) => {
      event.preventDefault();
      setState({ zoom: `${kind}:${article.dataset.cell}` }, { push: true });
    });
  }
};

/** @type {(dialog: HTMLDialogElement, text: string) => void} */
const say = (dialog, text) => {
  find(dialog, '.place').textContent = text;
  for (const button of findAll(dialog, '[data-step]', HTMLButtonElement)) button.disabled = visible().length < 2;
};

let opened = '';
/** @type {(name: string | null, part: string | null) => void} */
const showDetail = (name, part) => {
  const before = opened;
  opened = '';
  if (name === null || !sources.has(name)) {
    if (detail.open) detail.close();
    return;
  }
  const article = articleOf(name);
  if (article.parentElement !== body) {
    const held = body.contains(document.activeElement);
    body.replaceChildren(article);
    body.scrollTop = 0;
    article.tabIndex = -1;
    if (held) article.focus(); // what had the focus has gone
  }
  const index = visible().indexOf(name);
  say(detail, index < 0 ? '' : `${index + 1} of ${visible().length}`);
  detail.setAttribute('aria-label', cellOf(name).label);
  if (!detail.open) detail.showModal();
  fillSamples(article);
  opened = `${name} ${part}`;
  for (const item of findAll(article, '[data-part]')) {
    const sought = item.dataset.part === part;
    item.classList.toggle('sought', sought);
    if (sought && opened !== before) item.scrollIntoView();
  }
};

// On paper, where its reader wants them, every cell that is shown is there, with everything that it folds open.
const PAPER = 640; // CSS pixels that a picture may take: nothing is laid out yet
const print = () => {
  if (store.querySelector('article') || store.classList.contains('unprinted')) return;
  const copies = visible().map(make);
  store.append(...copies);
  copies.forEach((copy) => fillSamples(copy, PAPER));
  for (const item of findAll(store, 'details', HTMLDetailsElement)) item.open = true;
};
const unprint = () => {
  for (const article of findAll(store, 'article')) article.remove();
};
window.addEventListener('beforeprint', print);
window.addEventListener('afterprint', unprint);
matchMedia('print').addEventListener('change', ({ matches }) => (matches ? print() : unprint()));

/** @type {(kind: string, name: string) => void} */
const showZoom = (kind, name) => {
  const source = imageOf(kind, name);
  if (!source) {
    if (lightbox.open) lightbox.close();
    return;
  }
  enlarged.src = source.src;
  enlarged.alt = source.alt;
  if (!lightbox.open) lightbox.showModal();
  const own = ownSize(source);
  const high = (window.innerHeight * 0.94 - 130) / own.height;
  fitPicture(enlarged, own, Math.max(1, Math.min(8, high)), Math.min(window.innerWidth * 0.96, 1568) - 66);
  find(lightbox, '.open').setAttribute('href', `#cell=${encodeURIComponent(name)}`);
  say(lightbox, source.alt);
};

const zoomed = () => {
  const [kind, ...rest] = (getState('zoom') || '').split(':');
  return [kind, rest.join(':')];
};

/**
 * One step through the cells shown, with whatever is open.
 * @param {number} by
 */
export const step = (by) => {
  const [kind, zoomName] = zoomed();
  const names = visible().filter((name) => !zoomName || imageOf(kind, name)); // some kinds only some cells have
  const index = names.indexOf(zoomName || (getState('cell') ?? ''));
  if (!names.length) return;
  const next = names[index < 0 ? 0 : (index + by + names.length) % names.length];
  setState(zoomName ? { zoom: `${kind}:${next}` } : { cell: next });
};

/** @type {[HTMLDialogElement, Record<string, null>][]} */
const dialogs = [[detail, { cell: null, part: null }], [lightbox, { zoom: null }]];
for (const [dialog, closed] of dialogs) {
  dialog.addEventListener('click', (event) => {
    const button = closest(event, 'button');
    if (button?.dataset.step) step(Number(button.dataset.step));
    if (button?.dataset.explore) explore({ cell: button.dataset.explore });
    if (event.target === dialog || button?.hasAttribute('data-close')) dialog.close();
  });
  dialog.addEventListener('close', () => dialog.open || setState(closed));
}

follow(() => {
  const [kind, name] = zoomed();
  showDetail(getState('cell'), getState('part'));
  showZoom(kind, name);
});

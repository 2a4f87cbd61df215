// The page's data and its state. All state is in the address after #, so that a link restores what it was copied from:
// cell=, part= (of its account), zoom=kind:cell, kind=, sort=key:up, q=, and one entry for each chosen value of an axis.
// What was changed last stands last. A copied link also has to=, the section that it opens at (link.js).
import { closest, find, findAll } from './dom.js';

/**
 * @typedef {object} Metric
 * @property {string} key
 * @property {string} label
 * @property {string} unit
 * @property {'higher' | 'lower' | null} better
 * @property {number} digits
 *
 * @typedef {object} Cell
 * @property {string} name
 * @property {string} label
 * @property {string} configuration
 * @property {Record<string, string>} axes
 * @property {Record<string, number | null>} metrics
 * @property {Record<string, [number, number]>} intervals
 * @property {Record<string, string | number | boolean | null>} settings
 * @property {Record<string, string | number | boolean | null>} train
 * @property {string | null} prior
 * @property {number | null} seconds
 * @property {number | null} parameters
 */

/** @type {{ cells: Cell[], metrics: Metric[], data: string }} */
export const pageData = JSON.parse(find(document, '#page-data').textContent ?? '');
const cells = new Map(pageData.cells.map((cell) => [cell.name, cell]));
/** @type {(name: string) => boolean} */
export const isCell = (name) => cells.has(name);
/** @type {(name: string) => Cell} */
export const cellOf = (name) => /** @type {Cell} */ (cells.get(name));

// The names of the cells that are shown, and of all in the order of the table; filters and table keep them.
export const view = { shown: new Set(cells.keys()), order: [...cells.keys()] };
export const visible = () => view.order.filter((name) => view.shown.has(name));

/** @typedef {(change: { arrived: boolean }) => void} Listener */
/** @type {Listener[]} */
const listeners = [];
const read = () => new URLSearchParams(location.hash.includes('=') ? location.hash.slice(1) : '');
let state = read();

// `arrived` tells listeners that the address itself has changed: by Back, or by hand.
const tell = (arrived = false) => listeners.forEach((listener) => listener({ arrived }));

/** @type {(name: string) => string | null} */
export const getState = (name) => state.get(name);
/** @type {(name: string) => string[]} */
export const getStates = (name) => state.getAll(name);

/**
 * Changes entries of the state: a string sets one, a list sets several of one name, null removes it.
 * With `push` the browser's Back undoes the change.
 * @param {Record<string, string | string[] | null>} changes
 */
export const setState = (changes, { push = false } = {}) => {
  const next = new URLSearchParams(state);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    for (const item of value === null ? [] : [value].flat()) next.append(name, item);
  }
  if (next.toString() === state.toString()) return;
  state = next;
  const address = location.href.split('#')[0] + (next.size ? `#${next}` : ''); // an empty # would lead to the top
  try {
    if (push) history.pushState(null, '', address);
    else history.replaceState(null, '', address);
  } catch {
    // browsers limit how often an address may change; the page works without it
  }
  tell();
};

/**
 * Calls a listener now and after every change.
 * @param {Listener} listener
 */
export const follow = (listener) => {
  listeners.push(listener);
  listener({ arrived: false });
};

const reread = () => {
  const next = read();
  if (next.toString() === state.toString()) return;
  state = next;
  tell(true);
};
window.addEventListener('popstate', reread);
window.addEventListener('hashchange', reread);

// Some of what is far below is not made until the first of the page has been drawn, or somebody wants to go there.
/** @type {(() => void)[]} */
const waiting = [];
/** @param {() => void} make */
export const later = (make) => {
  waiting.push(make);
};
const makeAll = () => waiting.splice(0).forEach((make) => make());
window.addEventListener('load', () => requestAnimationFrame(() => setTimeout(makeAll)));
/**
 * Brings a part of the page to the top of the screen, and opens what it is folded into.
 * @param {HTMLElement} part
 */
export const goTo = (part) => {
  makeAll();
  for (const fold of findAll(part, ':scope > details.fold', HTMLDetailsElement)) fold.open = true;
  for (let above = part.closest('details'); above; above = above.parentElement?.closest('details') ?? null) {
    above.open = true;
  }
  part.scrollIntoView();
  held = { part, top: part.getBoundingClientRect().top, offset: offsetOf(part), until: performance.now() + HELD };
};

// What is above may be drawn only now, and grow: then the part is brought back, unless the reader does something.
const HELD = 2000; // milliseconds
/** @type {{ part: HTMLElement, top: number, offset: number, until: number } | null} */
let held = null;
/** @param {HTMLElement} part */
const offsetOf = (part) => part.getBoundingClientRect().top + window.scrollY;
for (const name of ['wheel', 'touchstart', 'pointerdown', 'keydown', 'popstate']) {
  window.addEventListener(name, () => (held = null), { passive: true });
}
new ResizeObserver(() => {
  if (!held || performance.now() > held.until || offsetOf(held.part) === held.offset) return;
  held.offset = offsetOf(held.part);
  window.scrollBy({ top: held.part.getBoundingClientRect().top - held.top, behavior: 'instant' });
}).observe(document.documentElement);

// Follows a link to a view: what its section shows is replaced by what the link names, and the rest is kept.
/** @param {URLSearchParams} wanted */
const visit = (wanted) => {
  const next = new URLSearchParams(state);
  const section = sectionOf([...wanted.keys()]);
  const replaced = [...parts.keys()].filter((name) => section && parts.get(name)?.includes(section));
  for (const name of [...replaced, ...wanted.keys(), 'cell', 'zoom', 'way']) next.delete(name);
  for (const [name, value] of wanted) next.append(name, value);
  history.pushState(null, '', `#${next}`);
  reread();
  if (section) goTo(section);
};

// Links inside the page change the part of the state that they name, and keep the rest.
document.addEventListener('click', (event) => {
  const link = closest(event, 'a[href^="#"]');
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const menu = link.closest('[popover]');
  if (menu instanceof HTMLElement) menu.hidePopover();
  const target = (link.getAttribute('href') ?? '').slice(1);
  if (target.startsWith('cell=')) {
    const wanted = new URLSearchParams(target);
    setState({ cell: wanted.get('cell'), part: wanted.get('part'), zoom: null }, { push: true });
  } else if (target.includes('=')) {
    visit(new URLSearchParams(target));
  } else {
    setState({ cell: null, zoom: null });
    const section = document.getElementById(decodeURIComponent(target));
    if (!section) return;
    history.pushState(null, '', location.href); // so that Back leads to the link, and not out of the page
    goTo(section);
    section.tabIndex = -1;
    section.focus({ preventScroll: true });
  }
});

// A link brings its reader to the part of the page that was changed last; a dialog lies over it wherever that is.
/** @type {Map<string, HTMLElement[]>} */
const parts = new Map();
/**
 * The section that entries of the state are about: that of the first which one section alone shows.
 * @param {string[]} names
 */
const sectionOf = (names) => {
  const shown = names.map((name) => parts.get(name) ?? []).filter((sections) => sections.length);
  return (shown.find((sections) => sections.length === 1) ?? shown[0])?.[0];
};
/**
 * Says that these entries of the state are shown by a section.
 * @param {HTMLElement} section
 * @param {...string} names
 */
export const shows = (section, ...names) => {
  for (const name of names) parts.set(name, [...(parts.get(name) ?? []), section]);
};
document.addEventListener('DOMContentLoaded', () => {
  const target = getState('to') ?? decodeURIComponent(location.hash.slice(1));
  const section = document.getElementById(target) ?? sectionOf([...state.keys()].reverse());
  setState({ to: null }); // says only where a copied link opens
  if (section) goTo(section);
});

/**
 * Shows a picture at `size` times its own width, or as much of it as fits `room`, both in CSS pixels: always a whole
 * number of screen pixels to a pixel, and at least one.
 * @param {HTMLElement} picture
 * @param {{ width: number, height: number }} own
 * @param {number} size
 * @param {number} room
 */
export const fitPicture = (picture, own, size, room) => {
  const screen = window.devicePixelRatio || 1;
  const whole = Math.max(1, Math.floor(Math.min(size, room / own.width) * screen + 1e-6));
  picture.style.width = `${(own.width * whole) / screen}px`;
  picture.style.height = `${(own.height * whole) / screen}px`;
};

/**
 * The width and height that a picture of the wall has by itself.
 * @param {HTMLElement} image
 */
export const ownSize = ({ dataset }) => ({ width: Number(dataset.width), height: Number(dataset.height) });

/**
 * What waits unread in a noscript element, made anew.
 * @param {Element} unread
 */
export const contentOf = (unread) => {
  const holder = document.createElement('template');
  holder.innerHTML = unread.textContent ?? ''; // the page's own text, escaped when it was written
  return holder.content;
};

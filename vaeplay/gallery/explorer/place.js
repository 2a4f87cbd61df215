// The explorer: one place in the latent space, decoded live by one cell or by two side by side.
//
// The place is a base (a test image's code, a draw from the prior, a step of a walk between two images, an image moved
// from one class towards another, or codes set by hand) and, once the point has been dragged, where it is on the plane. Two cells share both, each in its own plane.
import { find, findAll } from '../frame/dom.js';
import { whenNear } from '../frame/near.js';
import { imageNumber } from '../frame/numbers.js';
import { cellOf, fitPicture, follow, getState, getStates, goTo, setState, shows } from '../frame/state.js';
import { ENTRIES, entriesOf, placeIn } from './address.js';
import { has, load } from './engine.js';
import { latent, sizeOfImage } from './latent.js';
import { points } from './points.js';
import { decode, settle, sideOf } from './side.js';

/**
 * @typedef {import('./engine.js').Explorable} Explorable
 * @typedef {import('./side.js').Side} Side
 * @typedef {import('./address.js').Base} Base
 * @typedef {{ cell: string, image?: number | null, at?: number[] | null }} Wish
 * @typedef {NonNullable<typeof explorer>} Explorer
 */

/**
 * @param {HTMLElement} section
 * @param {import('./points.js').Points} points
 */
const start = (section, points) => {
  shows(section, ...ENTRIES);
  const { rows, labels } = points;
  const status = find(section, '.place');
  const original = find(section, 'canvas.original', HTMLCanvasElement);
  const selects = findAll(section, 'select[data-side]', HTMLSelectElement);
  /** @type {(() => void)[]} */
  const parts = []; // other modules' functions that draw what they show of the place
  /** @type {(() => void)[]} */
  const leaving = []; // and those that stop what goes on by itself
  const sides = findAll(section, 'figure.side').map(sideOf);
  const ENDS = [0, Math.max(0, labels.findIndex((label) => label !== labels[0]))];
  /** @type {import('./address.js').Place} */
  const state = { base: null, at: null, ends: ENDS, cells: [], layers: [] };

  let asked = false;
  const frame = () => {
    asked = false;
    for (const side of sides) {
      if (!side.cell) continue;
      settle(side, side.cell, state, sides[0]);
      decode(side);
    }
    if (sides[0].cell) {
      describe(sides[0].cell);
      parts.forEach((part) => part());
    }
  };
  const redraw = () => {
    if (!asked) requestAnimationFrame(frame);
    asked = true;
  };

  const signed = (value) => value.toFixed(2).replace('-', '−');
  const mean = (label) => (label < 0 ? 'all' : latent.classes[label]);
  let shown = -1;
  /** @param {Explorable} cell */
  const describe = (cell) => {
    const { base, at } = state;
    const index = base?.kind === 'image' && !at ? base.index : -1;
    const [a, b] = sides[0].place;
    let text = `At ${signed(a)}, ${signed(b)}`;
    if (index >= 0) text = `Reconstruction of ${points.name(index)}`;
    else if (base?.kind === 'draw' && !at) text = `Sample ${base.n + 1} from ${cell.about.prior}, decoded`;
    else if (base?.kind === 'walk' && !at) text = `${Math.round(base.t * 100)} % of the way between two test images`;
    else if (base?.kind === 'shift' && !at) {
      const way = `from the mean of ${mean(base.from)} to that of ${mean(base.to)}`;
      text = `Code of ${points.name(base.index)}, moved ${signed(base.t)} × ${way}`;
    }
    if (status.textContent !== text) status.textContent = text;
    original.hidden = index < 0;
    if (index === shown) return;
    shown = index;
    showNumber(index < 0 ? null : String(rows[index]));
    if (index >= 0) points.show(original, index);
  };

  // The address follows when the place has come to rest: browsers allow only so many changes.
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let writing;
  const write = () => {
    clearTimeout(writing);
    writing = undefined;
    setState(entriesOf(state, rows, ENDS));
  };
  // Changes the place; a new base leaves the old place on the plane unless `at` is given with it.
  /** @param {Partial<typeof state>} wanted */
  const change = (wanted) => {
    if ('base' in wanted && !('at' in wanted)) wanted.at = null;
    Object.assign(state, wanted);
    clearTimeout(writing);
    writing = setTimeout(write, 250);
    redraw();
  };

  const showNumber = imageNumber(section, rows, (index) => change({ base: { kind: 'image', index } }));

  /** @type {(side: Side, name: string | null) => Promise<void>} */
  const put = async (side, name) => {
    side.name = name;
    side.figure.hidden = !name;
    if (!name) {
      side.cell = null;
      side.late = false;
    }
    if (!name || side.cell?.cell === name) return;
    const cell = await load(name);
    if (side.name !== name) return; // another has been chosen meanwhile
    side.cell = cell;
    side.busy = side.late = false;
    side.painted = side.milliseconds = 0;
    side.picture.width = sizeOfImage.width;
    side.picture.height = sizeOfImage.height;
    const label = cellOf(name).label;
    side.picture.setAttribute('aria-label', `Image decoded by ${label} at this point`);
    find(side.caption, 'bdi').textContent = label;
    const { grid } = cell.about;
    const source = `atlas of ${grid} × ${grid} decoded points: ${facts.reasons[name]}.`;
    find(side.caption, '.source').textContent = cell.live ? '' : source;
    fit();
  };
  const fit = () => {
    for (const { picture, figure } of sides) {
      if (!figure.hidden) fitPicture(picture, sizeOfImage, 1000, picture.parentElement?.clientWidth ?? 0);
    }
  };

  const restart = async () => {
    if (writing) return; // what is shown is newer than the address
    const wanted = [...new Set(getStates('explore').filter(has))].slice(0, 2);
    state.cells = wanted.length ? wanted : facts.opening.cells;
    const [name, other] = state.cells;
    selects[0].value = name;
    selects[1].value = other ?? '';
    section.classList.toggle('two', Boolean(other));
    await Promise.all([put(sides[0], name), put(sides[1], other ?? null)]);
    if (writing || sides[0].name !== name || !sides[0].cell) return;
    Object.assign(state, placeIn(getState, sides[0].cell, rows, ENDS));
    if (state.base?.kind !== 'image') {
      shown = -1;
      showNumber(getState('image'));
    }
    if (!wanted.length) state.at ??= facts.opening.at;
    redraw();
  };

  // What is shown gives way to the address: nothing goes on by itself, nothing is still to be written.
  const forget = () => {
    leaving.forEach((stop) => stop());
    clearTimeout(writing);
    writing = undefined;
  };

  /** @param {Wish} wish */
  const explore = ({ cell, image = null, at = null }) => {
    forget();
    const base = image === null ? null : { kind: /** @type {const} */ ('image'), index: image };
    const entries = entriesOf({ ...state, base, at, cells: [cell] }, rows, ENDS);
    setState({ ...entries, cell: null, zoom: null }, { push: true });
    goTo(section);
    sides[0].pad.focus({ preventScroll: true });
  };

  for (const select of selects) {
    select.addEventListener('change', () => {
      if (writing) write();
      const names = selects.map(({ value }) => value).filter(Boolean);
      setState({ explore: [...new Set(names)], code: null });
    });
  }
  new ResizeObserver(fit).observe(section);

  // A decoder is unpacked when its reader comes near, or follows a link to it.
  let begun = false;
  const begin = () => {
    begun = true;
    restart();
  };
  whenNear(section, () => begun || begin(), '600px');
  follow(({ arrived }) => {
    if (arrived) forget();
    if (begun || getState('explore')) begin();
  });

  return {
    section,
    images: rows.length,
    sides,
    state,
    change,
    write,
    redraw,
    explore,
    /** @param {() => void} part */
    show: (part) => parts.push(part),
    /** @param {() => void} stop */
    onLeave: (stop) => leaving.push(stop),
  };
};

const section = document.getElementById('explorer');
/**
 * What the page knows of its cells: which two come first and where, what each pair gains and loses, by configurations,
 * why a cell is not live, and how many of its dimensions have collapsed.
 * @type {{ opening: { cells: string[], at: number[] | null }, pairs: Record<string, string>,
 *   reasons: Record<string, string>, collapsed: Record<string, string> }}
 */
export const facts = JSON.parse(document.getElementById('explorer-data')?.textContent ?? '{}');
export const explorer = section && points && start(section, points);
/**
 * Shows a cell at an image or at a place of its plane; other parts of the page come here.
 * @param {Wish} wish
 */
export const explore = (wish) => explorer?.explore(wish);

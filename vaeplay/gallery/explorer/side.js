// One of the two cells beside each other: its pad, its picture, its code at a place, and what is drawn on them.
import { context2d, find } from '../frame/dom.js';
import { colour } from './latent.js';
import { between, shifted } from './paths.js';

/**
 * @typedef {object} Side
 * @property {HTMLElement} figure
 * @property {HTMLCanvasElement} picture
 * @property {HTMLCanvasElement} pad
 * @property {HTMLElement} caption
 * @property {string | null} name
 * @property {import('./engine.js').Explorable | null} cell
 * @property {Float32Array | null} code
 * @property {Uint16Array | null} entries of the code, where it is a map of them
 * @property {number[]} place
 * @property {boolean} busy while a worker decodes
 * @property {boolean} late whether the code has changed meanwhile
 * @property {number} size of the pad, in pixels
 * @property {number} scale standard deviations from the pad's middle to its edge
 * @property {import('./points.js').Place | null} spot
 * @property {{ wanted: string, canvas: HTMLCanvasElement } | null} ground what does not move on the pad
 * @property {(() => void) | null} after what follows each painting
 * @property {number} painted
 * @property {number} milliseconds
 */

/**
 * @typedef {object} Shown What the parts of an explorer need of it.
 * @property {HTMLElement} section
 * @property {Side[]} sides
 * @property {import('./address.js').Place} state
 * @property {(wanted: Partial<import('./address.js').Place>) => void} change to another place
 * @property {() => void} redraw
 * @property {(part: () => void) => void} show draws a part with every change
 */

/** @type {(figure: HTMLElement) => Side} */
export const sideOf = (figure) => ({
  figure,
  picture: find(figure, 'canvas.picture', HTMLCanvasElement),
  pad: find(figure, 'canvas.pad', HTMLCanvasElement),
  caption: find(figure, 'figcaption'),
  name: null,
  cell: null,
  code: null,
  entries: null,
  place: [0, 0],
  busy: false,
  late: false,
  size: 0,
  scale: 1,
  spot: null,
  ground: null,
  after: null,
  painted: 0,
  milliseconds: 0,
});

/**
 * Gives a side the flat code of a place, and for a map of codes its entries. The second of two sides follows the first.
 * @type {(side: Side, cell: import('./engine.js').Explorable, state: import('./address.js').Place, first: Side) => void}
 */
export const settle = (side, cell, state, first) => {
  const { base } = state;
  let at = state.at;
  /** @type {Float32Array} */
  let code = cell.tensors.origin;
  if (base?.kind === 'image') code = cell.code(base.index);
  else if (base?.kind === 'draw' && cell.draws) code = cell.drawn(base.n);
  else if (base?.kind === 'walk') code = between(cell, state.ends, base.t);
  else if (base?.kind === 'shift') code = shifted(cell, base);
  else if (base?.kind === 'code' && side === first) code = base.code;
  else if (base?.kind === 'entries' && side === first && cell.codebook) code = cell.codebook.vectors(base.entries);
  else if (base) at ??= first.place; // a cell without draws or codes of its own follows the point
  if (at) code = cell.at(at, code);
  side.entries = cell.codebook ? cell.codebook.nearest(code) : null;
  side.code = cell.codebook && side.entries ? cell.codebook.vectors(side.entries) : code;
  side.place = at ?? cell.place(code);
};

/** @type {(side: Side, levels: Float32Array, since: number) => void} */
const paint = (side, levels, since) => {
  context2d(side.picture).putImageData(colour(levels)[0], 0, 0);
  side.painted += 1;
  side.milliseconds += 0.2 * (performance.now() - since - side.milliseconds);
  side.after?.();
};

/**
 * Decodes and draws a side; while a worker is at it, the last wish waits.
 * @param {Side} side
 */
export const decode = (side) => {
  const { cell, code } = side;
  if (!cell || !code) return;
  if (side.busy) {
    side.late = true;
    return;
  }
  const since = performance.now();
  const levels = cell.decode(code);
  if (!(levels instanceof Promise)) {
    paint(side, levels, since);
    return;
  }
  side.busy = true;
  levels.then((found) => {
    side.busy = false;
    if (side.cell === cell) paint(side, found, since);
    if (side.late && side.cell) {
      side.late = false;
      decode(side);
    }
  });
};

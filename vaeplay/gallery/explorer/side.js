// One of the two cells beside each other: its pad, its picture, and what is drawn on them.
import { find } from '../frame/dom.js';

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

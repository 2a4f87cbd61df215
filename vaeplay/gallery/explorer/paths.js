// Codes on the way from one to another: between two images, and along the difference of two classes' means.
import { latent } from './latent.js';

/** @typedef {import('./engine.js').Explorable} Explorable */

/** @type {(cell: Explorable, ends: number[], t: number) => Float32Array} */
export const between = (cell, ends, t) => {
  const [first, second] = ends.map((index) => cell.code(index));
  return first.map((value, d) => value + t * (second[d] - value));
};

/** @type {WeakMap<Explorable, Map<number, Float32Array>>} */
const means = new WeakMap();
/**
 * The mean code of a class's test images on the page; of all images for −1. Each is computed once.
 * @type {(cell: Explorable, label: number) => Float32Array}
 */
export const meanCode = (cell, label) => {
  const known = means.get(cell) ?? new Map();
  means.set(cell, known);
  if (!known.has(label)) {
    const sum = new Float64Array(cell.size);
    let count = 0;
    (latent.images?.labels ?? []).forEach((own, index) => {
      if (label >= 0 && own !== label) return;
      cell.code(index).forEach((value, d) => (sum[d] += value));
      count += 1;
    });
    known.set(label, Float32Array.from(sum, (value) => value / Math.max(1, count)));
  }
  return /** @type {Float32Array} */ (known.get(label));
};

/**
 * An image's code, moved `t` times the way from the mean of class `from` to that of class `to`.
 * @type {(cell: Explorable, shift: import('./address.js').Shift) => Float32Array}
 */
export const shifted = (cell, { index, to, from, t }) => {
  const [target, source] = [meanCode(cell, to), meanCode(cell, from)];
  return cell.code(index).map((value, d) => value + t * (target[d] - source[d]));
};

// What the maps and the explorer share: the test images, their size, and the standard normal's distribution.
import { find } from '../frame/dom.js';

/**
 * @typedef {object} Latent What the maps and the explorer share.
 * @property {{ columns: number, rows: number[], labels: number[] } | null} images
 * @property {string} sheet
 * @property {number[]} shape
 * @property {string[]} classes
 * @property {Record<string, Record<string, string>>} maps
 */
/** @type {Latent} */
export const latent = JSON.parse(find(document, '#latent-data').textContent ?? '');
const [channels, height, width] = latent.shape;
const area = height * width;
export const sizeOfImage = { channels, height, width, area };

/**
 * Grey levels, channel by channel, of `count` images as one RGBA image each.
 * @param {Float32Array} levels
 */
export const colour = (levels, count = 1, { channels, height, width, area } = sizeOfImage) => {
  const images = [];
  for (let n = 0; n < count; n++) {
    const image = new ImageData(width, height);
    for (let at = 0; at < area; at++) {
      for (let c = 0; c < 3; c++) {
        image.data[4 * at + c] = Math.round(levels[(n * channels + (channels === 3 ? c : 0)) * area + at]);
      }
      image.data[4 * at + 3] = 255;
    }
    images.push(image);
  }
  return images;
};

/**
 * Φ(x) = 1/2 + φ(x) · (x + x³/3 + x⁵/15 + …)
 * @param {number} x
 */
export const normal = (x) => {
  if (Math.abs(x) > 7) return x > 0 ? 1 : 0;
  let term = x;
  let sum = x;
  for (let n = 1; n < 120 && Math.abs(term) > 1e-12; n++) {
    term *= (x * x) / (2 * n + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
};
/**
 * Its inverse, by halving.
 * @param {number} share
 */
export const inverseNormal = (share) => {
  let [low, high] = [-7, 7];
  for (let n = 0; n < 40; n++) {
    const middle = (low + high) / 2;
    if (normal(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
};

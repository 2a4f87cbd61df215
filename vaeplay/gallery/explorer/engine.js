// The explorer's cells: unpacks a cell's file when it is first wanted. A cell without a live decoder uses its
// atlas: the nearest of the images that were decoded in advance.
import { findAll } from '../frame/dom.js';
import { inflate } from '../frame/inflate.js';
import { decoding } from './decoder.js';
import { latent, normal, sizeOfImage } from './latent.js';
import { lookup } from './lookup.js';
import { live } from './worker.js';

/**
 * @typedef {object} Explorable A cell's file, unpacked.
 * @property {string} cell
 * @property {any} about
 * @property {Record<string, any>} tensors
 * @property {number} size of a flat code
 * @property {boolean} live whether its decoder is in the page
 * @property {Codebook | null} codebook where a code is a map of entries
 * @property {number} draws from its prior that are in the page
 * @property {number} [reach] standard deviations that its pad shows
 * @property {(code: Float32Array) => number[]} place where a code lies on the cell's plane, in standard deviations
 * @property {(place: number[], base?: Float32Array) => Float32Array} at the code there, or the nearest to `base`
 * @property {(n: number) => Float32Array} drawn the code of a draw from the prior
 * @property {(index: number) => Float32Array} code the code of a test image
 * @property {import('./worker.js').Decode} decode
 */

/**
 * @typedef {object} Codebook
 * @property {number} rows of a map of entries
 * @property {number} columns
 * @property {number} places that a map has
 * @property {number} entries
 * @property {(map: ArrayLike<number>) => Float32Array} vectors the flat code of a map
 * @property {(code: Float32Array) => Uint16Array} nearest the map of a flat code
 */

const scripts = new Map(findAll(document, 'script[data-explorable]').map((item) => [item.dataset.explorable, item]));
export const cells = findAll(document, 'script[data-explorable]').map((item) => item.dataset.explorable ?? '');
/** @type {(cell: string) => boolean} */
export const has = (cell) => scripts.has(cell);
/** @type {(cell: string) => string | undefined} */
export const way = (cell) => scripts.get(cell)?.dataset.way;

/** @type {(address: string) => Promise<HTMLImageElement>} */
const picture = (address) =>
  new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = reject;
    image.src = address;
  });

/** @type {(file: import('./decoder.js').File, place: Explorable['place']) => Promise<Explorable['decode']>} */
const atlas = async (file, place) => {
  const { grid } = file.about;
  const letters = Array.from(file.tensors.atlas, (byte) => String.fromCharCode(byte)).join('');
  const sheet = await picture(`data:image/webp;base64,${btoa(letters)}`);
  const canvas = new OffscreenCanvas(sheet.width, sheet.height);
  const found = canvas.getContext('2d', { willReadFrequently: true });
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (found);
  context.drawImage(sheet, 0, 0);
  const { channels, height, width, area } = sizeOfImage;
  const tile = (share) => Math.min(grid - 1, Math.max(0, Math.floor(share * grid)));
  return (codes, count = 1) => {
    const size = codes.length / count;
    const levels = new Float32Array(count * channels * area);
    for (let n = 0; n < count; n++) {
      const [a, b] = place(codes.subarray(n * size, (n + 1) * size));
      const { data } = context.getImageData(tile(normal(a)) * width, tile(1 - normal(b)) * height, width, height);
      for (let c = 0; c < channels; c++) {
        for (let at = 0; at < area; at++) levels[(n * channels + c) * area + at] = data[4 * at + c];
      }
    }
    return levels;
  };
};

/** @type {(about: any, vectors: Float32Array) => Codebook} */
const codebookOf = ({ code: [depth, rows, columns] }, flat) => {
  const places = rows * columns;
  return {
    rows,
    columns,
    places,
    entries: flat.length / depth,
    vectors: (map) => lookup.vectors(map, flat, depth, places),
    nearest: (code) => lookup.nearest(code, flat, depth),
  };
};

/** @type {(cell: string) => Promise<Explorable>} */
const unpack = async (cell) => {
  const script = /** @type {HTMLElement} */ (scripts.get(cell));
  const file = decoding.read(await inflate(JSON.parse(script.textContent ?? '').payload));
  const { about, tensors } = file;
  const { origin, axes } = tensors;
  const size = origin.length;
  const lengths = [0, 1].map((axis) => {
    let sum = 0;
    for (let d = 0; d < size; d++) sum += axes[axis * size + d] ** 2;
    return sum;
  });
  // Where a code lies on the cell's plane, in standard deviations.
  /** @type {(code: Float32Array) => number[]} */
  const place = (code) =>
    lengths.map((length, axis) => {
      let sum = 0;
      for (let d = 0; d < size; d++) sum += (code[d] - origin[d]) * axes[axis * size + d];
      return length ? sum / length : 0;
    });
  // The code at a place of the plane, or the nearest to `base` there.
  /** @type {Explorable['at']} */
  const at = ([a, b], base = origin) => {
    const [p, q] = place(base);
    return Float32Array.from(base, (value, d) => value + (a - p) * axes[d] + (b - q) * axes[size + d]);
  };

  const codebook = tensors.codebook ? codebookOf(about, tensors.codebook) : null;
  const rowOf = (flat, maps, row) => {
    if (codebook && maps) return codebook.vectors(maps.subarray(row * codebook.places, (row + 1) * codebook.places));
    return flat.slice(row * size, (row + 1) * size);
  };
  const shared = { cell, about, tensors, size, place, at, codebook };
  if (way(cell) === 'live') {
    const draws = tensors.draws.length / (codebook ? codebook.places : size);
    return {
      ...shared,
      live: true,
      draws,
      drawn: (n) => rowOf(tensors.draws, codebook && tensors.draws, n % draws),
      code: (index) => rowOf(tensors.codes, tensors.maps, index),
      decode: live(cell, file),
    };
  }
  return {
    ...shared,
    live: false,
    draws: 0,
    drawn: () => origin,
    code: (index) => at([tensors.points[2 * index], tensors.points[2 * index + 1]]),
    decode: await atlas(file, place),
  };
};

/** @type {Map<string, Promise<Explorable>>} */
const kept = new Map();
/**
 * A cell's decoder and codes; each is unpacked once.
 * @param {string} cell
 */
export const load = (cell) => {
  const found = kept.get(cell) ?? unpack(cell);
  kept.set(cell, found);
  return found;
};

/** @type {Promise<HTMLImageElement> | null} */
let picturesOfAll = null;
// The picture that holds all test images of the page.
export const sheet = () => (picturesOfAll ??= picture(latent.sheet));

// What a cell makes of the image: reconstruction, error, code, and what these cost, in figures and in words.
import { context2d, element, find, fresh } from '../frame/dom.js';
import { cellOf } from '../frame/state.js';
import { cividis } from '../explorer/cividis.js';
import { colour, sizeOfImage } from '../explorer/latent.js';
import { points } from '../explorer/points.js';

/**
 * @typedef {import('../explorer/engine.js').Explorable} Explorable
 * @typedef {import('./passing.js').Passed} Passed
 * @typedef {{ measure: 'elbo' | 'distortion', places: number[] }} Places of the test images: 101 quantiles
 */

const BARS = 16; // dimensions that are shown, at most
const REACH = 4; // standard deviations that a bar reaches

// The test images' codes as points, once for a size and a theme.
/** @type {WeakMap<Explorable, { key: string, canvas: HTMLCanvasElement, reach: number }>} */
const grounds = new WeakMap();
/** @type {(cell: Explorable, width: number, height: number, theme: string) => { canvas: HTMLCanvasElement, reach: number }} */
const groundOf = (cell, width, height, theme) => {
  const key = [width, height, theme].join(' ');
  const known = grounds.get(cell);
  if (known?.key === key) return known;
  const canvas = element('canvas', {});
  const [context] = fresh(canvas, width, height);
  const places = cell.tensors.points;
  const sizes = Float32Array.from(places, Math.abs).sort();
  const reach = Math.min(8, Math.max(3, 1.05 * sizes[Math.floor(0.99 * (sizes.length - 1))]));
  context.globalAlpha = 0.6;
  points?.colours().forEach((own, index) => {
    const [x, y] = spot([places[2 * index], places[2 * index + 1]], reach, width, height);
    context.fillStyle = own;
    context.fillRect(x - 0.75, y - 0.75, 1.5, 1.5);
  });
  const made = { key, canvas, reach };
  grounds.set(cell, made);
  return made;
};

/** @type {(place: number[], reach: number, width: number, height: number) => number[]} */
const spot = ([a, b], reach, width, height) => {
  const scale = Math.min(width, height) / 2 / reach;
  return [width / 2 + a * scale, height / 2 - b * scale];
};

/** @type {(canvas: HTMLCanvasElement, cell: Explorable, passed: Passed) => void} */
const plane = (canvas, cell, { code, mean, deviation }) => {
  const [context, width, height] = fresh(canvas);
  if (!width) return; // left out where the page is printed
  const style = getComputedStyle(canvas);
  const { canvas: ground, reach } = groundOf(cell, width, height, style.color);
  context.drawImage(ground, 0, 0, width, height);
  const at = (flat) => spot(cell.place(flat), reach, width, height);
  const inside = (value, size) => Math.min(size - 4, Math.max(4, value));
  context.strokeStyle = context.fillStyle = style.color;
  context.lineWidth = 1.5;
  if (mean && deviation) {
    const [x, y] = at(mean);
    const scale = Math.min(width, height) / 2 / reach;
    const { axes } = cell.tensors;
    for (const deviations of [1, 2]) {
      context.beginPath();
      const [wide, high] = [axes[0], axes[3]].map((axis, d) => (deviations * deviation[d] * scale) / Math.abs(axis || 1));
      context.ellipse(x, y, wide, high, 0, 0, 7);
      context.stroke();
    }
  }
  const [x, y] = at(code);
  context.beginPath();
  context.arc(inside(x, width), inside(y, height), 3, 0, 7);
  context.fill();
};

/** @type {(canvas: HTMLCanvasElement, cell: Explorable, passed: Passed) => void} */
const bars = (canvas, cell, { code, mean, deviation }) => {
  const [context, width, height] = fresh(canvas);
  const { origin, spread } = cell.tensors;
  const order = cell.about.dimensions.slice(0, BARS).map(({ dimension }) => dimension);
  const [wide, half] = [width / order.length, height / 2];
  // A VAE's own scale is its prior's; other codes have only that of the test images.
  const scaled = (value, d) => (mean ? value : (value - origin[d]) / (spread[d] || 1));
  const down = (value) => half - (Math.min(REACH, Math.max(-REACH, value)) / REACH) * (half - 2);
  const style = getComputedStyle(canvas);
  context.fillStyle = style.borderTopColor;
  context.fillRect(0, down(1), width, down(-1) - down(1));
  context.fillStyle = style.color;
  context.fillRect(0, half - 0.5, width, 1);
  order.forEach((d, n) => {
    const x = (n + 0.5) * wide;
    if (mean && deviation) {
      const [low, high] = [-2, 2].map((times) => down(scaled(mean[d] + times * deviation[d], d)));
      context.globalAlpha = 0.35;
      context.fillRect(x - wide * 0.3, high, wide * 0.6, Math.max(1, low - high));
      context.globalAlpha = 1;
      context.beginPath();
      context.arc(x, down(scaled(code[d], d)), 2.2, 0, 7);
      context.fill();
    } else {
      const y = down(scaled(code[d], d));
      context.fillRect(x - wide * 0.25, Math.min(y, half), wide * 0.5, Math.max(1, Math.abs(y - half)));
    }
  });
};

/** @type {(canvas: HTMLCanvasElement, cell: Explorable, entries: Uint16Array) => void} */
const tiles = (canvas, cell, entries) => {
  const [context, width, height] = fresh(canvas);
  const [, rows, columns] = cell.about.code;
  const count = cell.tensors['encoder.codebook'].length / cell.about.code[0];
  const [wide, high] = [width / columns, height / rows];
  Object.assign(context, { font: `${Math.min(14, 0.5 * high)}px sans-serif`, textAlign: 'center', textBaseline: 'middle' });
  entries.forEach((entry, at) => {
    const [x, y] = [(at % columns) * wide, Math.floor(at / columns) * high];
    const share = entry / Math.max(1, count - 1);
    context.fillStyle = `rgb(${cividis(share).join(' ')})`;
    context.fillRect(x, y, wide - 1, high - 1);
    context.fillStyle = share > 0.5 ? '#000' : '#fff';
    if (high >= 16) context.fillText(String(entry), x + wide / 2, y + high / 2);
  });
};

/**
 * The share of test images whose value is lower.
 * @type {(places: number[], value: number) => number}
 */
export const shareBelow = (places, value) => {
  const last = places.length - 1;
  if (value <= places[0]) return 0;
  if (value > places[last]) return 1;
  const above = places.findIndex((place) => place >= value);
  const [low, high] = [places[above - 1], places[above]];
  return (above - 1 + (high > low ? (value - low) / (high - low) : 1)) / last;
};

/** @type {(value: number) => string} */
const nats = (value) => value.toFixed(1).replace('-', '−');

/**
 * How surprising an image is among the test images, in 0…1, and in words; null where these are not known.
 * @type {(places: Places, passed: Passed) => { share: number, words: string } | null}
 */
export const surprise = ({ measure, places }, { rate, distortion }) => {
  if (!places.length) return null;
  const elbo = measure === 'elbo' && rate !== null;
  const share = elbo ? 1 - shareBelow(places, -(rate + distortion)) : shareBelow(places, distortion);
  const [more, less] = elbo ? ['more surprising', 'less surprising'] : ['harder to rebuild', 'easier to rebuild'];
  if (share >= 1) return { share, words: `${more} than every test image` };
  if (share <= 0) return { share, words: `${less} than every test image` };
  return { share, words: `${more} than ${Math.min(99, Math.max(1, Math.round(100 * share)))} % of the test images` };
};

/** @type {(cell: Explorable, passed: Passed) => string} */
const costs = (cell, { rate, distortion, entries }) => {
  const parts = [`distortion ${nats(distortion)}`];
  if (rate !== null) parts.unshift(`rate ${nats(rate)}`);
  else if (entries) {
    const count = cell.tensors['encoder.codebook'].length / cell.about.code[0];
    parts.unshift(`rate at most ${nats(entries.length * Math.log(count))}`);
  } else parts.unshift('no rate');
  if (rate !== null) parts.push(`ELBO ${nats(-rate - distortion)}`);
  return `${parts.join(' · ')} nats`;
};

/** @type {(passed: Passed, x: Float32Array) => number} */
const squaredError = ({ levels }, x) => x.reduce((sum, value, at) => sum + (value - levels[at] / 255) ** 2, 0) / x.length;

// Cells that tie; of many, how many they are.
/** @type {(names: string[]) => string} */
const named = (names) => (names.length > 2 ? `${names.length} cells` : names.map((name) => cellOf(name).label).join(' and '));

/**
 * Which cells come closest to an image, and which it surprises most; values that look the same as shown tie.
 * @type {(found: import('./passing.js').All, x: Float32Array, places: Record<string, Places>) => string}
 */
export const verdictOn = (found, x, places) => {
  const errors = found.map(([name, passed]) => ({ name, error: Number(squaredError(passed, x).toFixed(4)) }));
  const least = Math.min(...errors.map(({ error }) => error));
  const closest = errors.filter(({ error }) => error === least).map(({ name }) => name);
  const comes = closest.length > 1 ? 'come equally close' : 'comes closest';
  const words = `${named(closest)} ${comes} (MSE ${least.toFixed(4)}).`;
  const bound = found.filter(([name]) => places[name].measure === 'elbo');
  const known = bound.flatMap(([name, passed]) => {
    const surprised = surprise(places[name], passed);
    return surprised ? [{ name, ...surprised }] : [];
  });
  if (!known.length) return words;
  const most = known.reduce((best, one) => (one.share > best.share ? one : best)).words;
  const surprised = known.filter((one) => one.words === most).map(({ name }) => name);
  return `${words} It surprises ${named(surprised)} ${surprised.length > 1 ? 'equally' : 'most'}: ${most}.`;
};

/**
 * Draws a cell's row.
 * @type {(row: HTMLElement, cell: Explorable, passed: Passed, x: Float32Array, places: Places) => void}
 */
export const show = (row, cell, passed, x, places) => {
  const errors = passed.levels.map((level, at) => Math.abs(level - 255 * x[at]));
  const { width, height } = sizeOfImage;
  for (const [part, levels] of /** @type {[string, Float32Array][]} */ ([['rebuilt', passed.levels], ['error', errors]])) {
    const canvas = find(row, `[data-part=${part}]`, HTMLCanvasElement);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    context2d(canvas).putImageData(colour(levels)[0], 0, 0);
  }
  const code = find(row, '[data-part=code]', HTMLCanvasElement);
  if (passed.entries) tiles(code, cell, passed.entries);
  else if (cell.size <= 2) plane(code, cell, passed);
  else bars(code, cell, passed);
  find(row, '.cost').textContent = costs(cell, passed);
  find(row, '.place').textContent = surprise(places, passed)?.words ?? '';
};

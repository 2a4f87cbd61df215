// The exact posterior of the chosen image as a heat map under the encoder's ellipse, with log p(x), ELBO and gap.
import { context2d, element, find, fresh } from '../frame/dom.js';
import { cellOf } from '../frame/state.js';
import { cividis } from './cividis.js';
import { sheet } from './engine.js';
import { latent, sizeOfImage } from './latent.js';
import { explorer } from './place.js';
import { points } from './points.js';
import { exactPosterior } from './quadrature.js';

/** @typedef {import('./engine.js').Explorable} Explorable */

/**
 * The pixels of a test image in 0…1; null where the page's picture of it is not exact: no lossless WebP of its own size.
 * @type {(points: import('./points.js').Points, index: number) => Promise<Float32Array | null>}
 */
export const exactPixels = async (points, index) => {
  const all = await sheet();
  const lossless = atob(latent.sheet.split(',')[1].slice(0, 24)).slice(12, 16) === 'VP8L';
  return lossless && latent.images && all.width === latent.images.columns * sizeOfImage.width ? points.pixels(index) : null;
};

/**
 * Mean and standard deviation of the encoder's Gaussian of a test image.
 * @type {(cell: Explorable, index: number) => { mean: number[], deviation: number[] }}
 */
export const gaussianOf = (cell, index) => {
  const mean = Array.from(cell.code(index));
  return { mean, deviation: mean.map((_, d) => Math.exp(cell.tensors.logvar[2 * index + d] / 2)) };
};

/**
 * Why a cell has no exact posterior here; empty where it has one.
 * @param {Explorable} cell
 */
export const obstacle = (cell) => {
  if (!cell.live || cell.size !== 2 || !cell.tensors.logvar) return 'needs a live VAE of two dimensions';
  return cell.about.likelihood === 'bernoulli' ? '' : `needs a Bernoulli likelihood, not ${cell.about.likelihood}`;
};

/**
 * Draws an exact posterior, and the encoder's ellipses of one and two standard deviations over it.
 * @type {(canvas: HTMLCanvasElement, found: import('./quadrature.js').Exact, gaussian: { mean: number[], deviation: number[] })
 *   => void}
 */
export const drawPosterior = (canvas, { posterior, side, square }, { mean, deviation }) => {
  const image = new ImageData(side, side);
  posterior.forEach((value, n) => {
    const row = side - 1 - Math.floor(n / side);
    image.data.set([...cividis(value), 255], 4 * (row * side + (n % side)));
  });
  const small = element('canvas', { width: side, height: side });
  context2d(small).putImageData(image, 0, 0);
  const across = 320;
  const [context] = fresh(canvas, across, across);
  context.drawImage(small, 0, 0, across, across);
  const scale = across / square.width;
  const [x, y] = [(mean[0] - square.low[0]) * scale, across - (mean[1] - square.low[1]) * scale];
  for (const [colour, width] of /** @type {[string, number][]} */ ([['#000', 4], ['#fff', 2]])) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    for (const deviations of [1, 2]) {
      context.beginPath();
      const [wide, high] = deviation.map((value) => deviations * value * scale);
      context.ellipse(x, y, wide, high, 0, 0, 2 * Math.PI);
      context.stroke();
    }
  }
};

/**
 * @param {import('./place.js').Explorer} explorer
 * @param {import('./points.js').Points} points
 */
const start = (explorer, points) => {
  const { sides, state } = explorer;
  const panel = find(explorer.section, '.posterior');
  const canvas = find(panel, 'canvas', HTMLCanvasElement);
  const [status, table] = [find(panel, '[role=status]'), find(panel, 'dl')];
  const [toggle, why] = [find(explorer.section, '[data-layer=exact]', HTMLInputElement), find(explorer.section, '.outcome')];
  let wanted = '';
  let outcome = ''; // in short, beside the tick that asks for it

  const say = (text) => {
    if (status.textContent !== text) status.textContent = text;
  };

  const nats = (value) => `${value.toFixed(2).replace('-', '−')} nats`;
  /** @type {(cell: Explorable, index: number, key: string) => Promise<void>} */
  const compute = async (cell, index, key) => {
    const stale = () => wanted !== key;
    canvas.hidden = table.hidden = true;
    outcome = '…';
    say(`Decoding some thousand codes for ${points.name(index)} …`);
    const pixels = await exactPixels(points, index);
    if (stale()) return;
    if (!pixels) {
      say('The page holds this image only in a smaller or lossy form, which has another likelihood.');
      return;
    }
    const gaussian = gaussianOf(cell, index);
    const found = await exactPosterior(cell, pixels, gaussian, stale);
    if (!found || stale()) return;
    drawPosterior(canvas, found, gaussian);
    const { evidence, elbo, error, square } = found;
    outcome = `log p(x) = ${nats(evidence)}, ELBO ${nats(elbo)}`;
    why.textContent = outcome;
    const values = { evidence: nats(evidence), elbo: nats(elbo), gap: nats(evidence - elbo) };
    for (const [name, text] of Object.entries(values)) find(table, `[data-value=${name}]`).textContent = text;
    canvas.hidden = table.hidden = false;
    const [a, b] = square.low.map((low) => `${low.toFixed(2)} to ${(low + square.width).toFixed(2)}`.replaceAll('-', '−'));
    canvas.setAttribute('aria-label', `Exact posterior of ${points.name(index)}, z1 from ${a}, z2 from ${b}`);
    const accuracy = error < 0.005 ? 'within 0.01 nats' : `within ${error.toFixed(2)} nats`;
    say(`${cellOf(cell.cell).label}, ${points.name(index)}: z1 from ${a}, z2 from ${b}; log p(x) ${accuracy}.`);
  };

  explorer.show(() => {
    const cells = sides.flatMap(({ cell }) => (cell ? [cell] : []));
    const cell = cells.find((item) => !obstacle(item));
    toggle.disabled = !cell;
    panel.hidden = !cell || !state.layers.includes('exact');
    const index = state.base?.kind === 'image' && !state.at ? state.base.index : -1;
    const key = panel.hidden || !cell ? '' : `${cell.cell} ${index}`;
    const changed = key !== wanted;
    wanted = key;
    if (changed) {
      outcome = key && index < 0 ? 'click the point of a test image' : '';
      if (cell && index >= 0 && key) compute(cell, index, key);
      else if (key) say('Click the point of a test image above to choose it.');
    }
    why.textContent = cell ? outcome : `Exact posterior: ${obstacle(cells[cells.length - 1])}.`;
  });
};

if (explorer && points) start(explorer, points);

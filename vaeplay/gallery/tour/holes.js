// The station on holes: the plane of each cell with its holes and draws, and the draws farthest out, decoded.
import { context2d, find, findAll, fresh } from '../frame/dom.js';
import { whileNear } from '../frame/near.js';
import { cellOf } from '../frame/state.js';
import { has, load } from '../explorer/engine.js';
import { fieldAt } from '../explorer/field.js';
import { ground, reachOf } from '../explorer/ground.js';
import { colour, sizeOfImage } from '../explorer/latent.js';
import { points } from '../explorer/points.js';

const DECODED = 4; // draws

/** @type {(figures: HTMLElement[], points: import('../explorer/points.js').Points) => void} */
const start = (figures, points) => {
  const paint = async () => {
    const cells = await Promise.all(figures.map(({ dataset }) => load(dataset.hollow ?? '')));
    const scale = Math.max(...cells.map(reachOf));
    cells.forEach(async (cell, n) => {
      const pad = find(figures[n], '.hollow', HTMLCanvasElement);
      const [context, size] = fresh(pad);
      if (!size) return; // the reader has gone on to another station meanwhile
      context.drawImage(ground({ pad, size, scale, spot: null }, cell, ['holes'], points), 0, 0, size, size);
      const { holes } = cellOf(cell.cell).metrics;
      find(figures[n], 'figcaption span').textContent =
        typeof holes === 'number' ? `· draws in holes: ${(100 * holes).toFixed(1)}\u00a0%` : '';
      if (!cell.about.field) return;
      const draws = Array.from({ length: cell.draws }, (_, draw) => cell.drawn(draw));
      const depth = (code) => fieldAt(cell, cell.place(code));
      const farthest = draws.sort((one, other) => depth(other) - depth(one)).slice(0, DECODED);
      const codes = new Float32Array(farthest.length * cell.size);
      farthest.forEach((code, place) => codes.set(code, place * cell.size));
      const tiles = colour(await cell.decode(codes, farthest.length), farthest.length);
      const strip = find(figures[n], '.farthest', HTMLCanvasElement);
      Object.assign(strip, { width: DECODED * sizeOfImage.width, height: sizeOfImage.height });
      tiles.forEach((tile, place) => context2d(strip).putImageData(tile, place * sizeOfImage.width, 0));
    });
  };
  let near = false;
  whileNear(figures[0], (isNear) => {
    near = isNear;
    if (near) paint();
  }, '200px');
  points.onTheme(() => near && paint());
};

const figures = findAll(document, '[data-hollow]');
if (points && figures.length && figures.every(({ dataset }) => has(dataset.hollow ?? ''))) start(figures, points);

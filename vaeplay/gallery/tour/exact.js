// The station on the bound: the exact posteriors of a few test images under the encoder's ellipses.
import { find, findAll } from '../frame/dom.js';
import { whenNear } from '../frame/near.js';
import { has, load } from '../explorer/engine.js';
import { points } from '../explorer/points.js';
import { drawPosterior, exactPixels, gaussianOf, obstacle } from '../explorer/posterior.js';
import { exactPosterior } from '../explorer/quadrature.js';

/** @type {(box: HTMLElement, points: import('../explorer/points.js').Points) => void} */
const start = (box, points) => {
  const figures = findAll(box, 'figure');
  whenNear(box, async () => {
    const cell = await load(box.dataset.exact ?? '');
    const last = points.rows.length - 1;
    for (const [n, figure] of figures.entries()) {
      const index = Math.round((n * last) / (figures.length - 1)); // spread evenly
      const pixels = obstacle(cell) ? null : await exactPixels(points, index);
      figure.hidden = !pixels;
      if (!pixels) continue;
      points.show(find(figure, '.its-image', HTMLCanvasElement), index);
      const gaussian = gaussianOf(cell, index);
      const found = await exactPosterior(cell, pixels, gaussian, () => false);
      if (!found) continue;
      drawPosterior(find(figure, '.its-posterior', HTMLCanvasElement), found, gaussian);
      find(figure, 'figcaption').textContent = `gap ${(found.evidence - found.elbo).toFixed(2)}\u00a0nats`;
    }
  });
};

for (const box of findAll(document, '[data-exact]')) if (points && has(box.dataset.exact ?? '')) start(box, points);

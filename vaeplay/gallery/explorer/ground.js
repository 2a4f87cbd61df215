// What does not move on a pad: the field of holes with draws from the prior, circles of whole standard deviations, and
// the test images, as points or as the ellipses of their posteriors.
import { circles, element, fresh } from '../frame/dom.js';
import { fieldOf } from './field.js';

/**
 * @typedef {Pick<import('./side.js').Side, 'pad' | 'size' | 'scale' | 'spot'>} Side What a ground needs of a side.
 * @typedef {import('./engine.js').Explorable} Explorable
 */

/**
 * The pixel of a place on a side's pad.
 * @type {(side: Side, place: number[]) => number[]}
 */
export const pixel = ({ size, scale }, [a, b]) => {
  const half = size / 2;
  return [half + (a / scale) * half, half - (b / scale) * half];
};

/**
 * Standard deviations from the middle of a cell's plane to its edge: all but the farthest points are there.
 * @type {(cell: Explorable) => number}
 */
export const reachOf = (cell) => {
  const sizes = Float32Array.from(cell.tensors.points, Math.abs).sort();
  return Math.min(8, Math.max(3, 1.05 * sizes[Math.floor(0.995 * (sizes.length - 1))]));
};

/** @type {(context: CanvasRenderingContext2D, side: Side, cell: Explorable) => void} */
const draws = (context, side, cell) => {
  const marks = new Path2D();
  for (let n = 0; n < cell.draws; n++) {
    const [x, y] = pixel(side, cell.place(cell.drawn(n)));
    marks.moveTo(x - 2, y);
    marks.lineTo(x + 2, y);
    marks.moveTo(x, y - 2);
    marks.lineTo(x, y + 2);
  }
  const style = getComputedStyle(side.pad);
  for (const [colour, width] of /** @type {[string, number][]} */ ([[style.backgroundColor, 2.5], [style.color, 1]])) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke(marks);
  }
};

/** @type {(context: CanvasRenderingContext2D, side: Side, cell: Explorable, colours: string[]) => void} */
const ellipses = (context, side, { tensors, size }, colours) => {
  const { points, logvar, axes } = tensors;
  context.globalAlpha = 0.55;
  context.lineWidth = 1;
  colours.forEach((colour, index) => {
    const [x, y] = pixel(side, [points[2 * index], points[2 * index + 1]]);
    const [wide, high] = [0, 1].map((d) =>
      ((Math.exp(logvar[2 * index + d] / 2) / Math.abs(axes[d * size + d])) * side.size) / 2 / side.scale);
    context.strokeStyle = colour;
    context.beginPath();
    context.ellipse(x, y, wide, high, 0, 0, 2 * Math.PI);
    context.stroke();
  });
  context.globalAlpha = 1;
};

/**
 * Draws the ground of a side, and notes where the points are.
 * @type {(side: Side, cell: Explorable, layers: string[], points: import('./points.js').Marks) => HTMLCanvasElement}
 */
export const ground = (side, cell, layers, points) => {
  const canvas = element('canvas', {});
  const [context] = fresh(canvas, side.size, side.size);
  const field = layers.includes('holes') ? fieldOf(cell, side.scale) : null;
  if (field) context.drawImage(field, 0, 0, side.size, side.size);
  context.strokeStyle = getComputedStyle(side.pad).borderTopColor;
  circles(context, side.size, side.scale, Math.ceil(side.scale * 1.5) - 1); // up to the corners
  const flat = cell.tensors.points;
  side.spot = (index) => pixel(side, [flat[2 * index], flat[2 * index + 1]]);
  if (field) draws(context, side, cell);
  if (layers.includes('ellipses') && cell.tensors.logvar) ellipses(context, side, cell, points.colours());
  else points.draw(context, side.spot);
  return canvas;
};

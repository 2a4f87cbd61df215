// How far the places of a plane lie from the codes that the decoder was trained on: one scale for all cells, in radii,
// the distance of a training code to its fifth neighbour. Within one radius nothing is drawn; beyond lie the holes.
import { context2d, element } from '../frame/dom.js';
import { cividis } from './cividis.js';

const SIDE = 240; // pixels of the picture

/**
 * The share of the way from 1 radius to the farthest that the scale has; below 0 within 1 radius.
 * @type {(value: number, ends: number[]) => number}
 */
const beyond = (value, [near, far]) => {
  const radii = near * (far / near) ** (value / 255);
  return Math.log(radii) / Math.log(far);
};

/**
 * The field as a picture of the plane up to `scale` standard deviations each way; null for a cell without one.
 * @type {(cell: import('./engine.js').Explorable, scale: number) => HTMLCanvasElement | null}
 */
export const fieldOf = ({ about, tensors }, scale) => {
  if (!about.field) return null;
  const { side, reach, ends } = about.field;
  const { field } = tensors;
  const canvas = element('canvas', { width: SIDE, height: SIDE });
  const image = new ImageData(SIDE, SIDE);
  // The two rows or columns of the field that a pixel lies between, and how far from the first; its edge goes on.
  const steps = Array.from({ length: SIDE }, (_, pixel) => {
    const place = (((2 * (pixel + 0.5)) / SIDE - 1) * scale) / reach;
    const at = Math.min(side - 1, Math.max(0, ((place + 1) / 2) * (side - 1)));
    const low = Math.min(side - 2, Math.floor(at));
    return [low, at - low];
  });
  steps.forEach(([row, down], y) => {
    steps.forEach(([column, across], x) => {
      const at = row * side + column;
      const top = field[at] + across * (field[at + 1] - field[at]);
      const bottom = field[at + side] + across * (field[at + side + 1] - field[at + side]);
      const share = beyond(top + down * (bottom - top), ends);
      image.data.set([...cividis(share), share > 0 ? 255 : 0], 4 * (y * SIDE + x));
    });
  });
  context2d(canvas).putImageData(image, 0, 0);
  return canvas;
};

/**
 * The field at the nearest of its places, the larger the farther from the training codes.
 * @type {(cell: import('./engine.js').Explorable, place: number[]) => number}
 */
export const fieldAt = ({ about, tensors }, [a, b]) => {
  const { side, reach } = about.field;
  const step = (value) => Math.round(((Math.min(1, Math.max(-1, value / reach)) + 1) / 2) * (side - 1));
  return tensors.field[step(-b) * side + step(a)];
};

/** @param {HTMLCanvasElement} canvas */
export const drawScale = (canvas) => {
  Object.assign(canvas, { width: 128, height: 1 });
  const image = new ImageData(128, 1);
  for (let x = 0; x < 128; x++) image.data.set([...cividis(x / 127), 255], 4 * x);
  context2d(canvas).putImageData(image, 0, 0);
};

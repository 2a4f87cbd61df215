// What the lab draws: points of codes, rows of small images, and curves.
import { circles, context2d, fresh } from '../frame/dom.js';

/**
 * Codes in the mark of their class, over circles of one, two and three standard deviations of the prior.
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} points
 * @param {number[]} labels
 * @param {number} reach
 * @param {{ path: Path2D, colour: string }[]} marks
 */
export const drawPlane = (canvas, points, labels, reach, marks) => {
  const [context, across] = fresh(canvas);
  const half = across / 2;
  context.strokeStyle = getComputedStyle(canvas).color;
  circles(context, across, reach);
  for (let n = 0; n < points.length / 2; n++) {
    const { path, colour } = marks[labels[n] % marks.length];
    context.save();
    context.translate(half + (points[2 * n] / reach) * half, half - (points[2 * n + 1] / reach) * half);
    context.scale(0.55, 0.55);
    context.fillStyle = colour;
    context.fill(path);
    context.restore();
  }
};

/**
 * Small images side by side, `columns` in a row.
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} levels
 * @param {{ height: number, width: number }} size of an image
 * @param {number} columns
 */
export const drawImages = (canvas, levels, { height, width }, columns) => {
  const count = levels.length / (height * width);
  const sheet = new ImageData(columns * width, Math.ceil(count / columns) * height);
  for (let at = 0; at < levels.length; at++) {
    const [image, pixel] = [Math.floor(at / (height * width)), at % (height * width)];
    const row = Math.floor(image / columns) * height + Math.floor(pixel / width);
    const column = (image % columns) * width + (pixel % width);
    const out = 4 * (row * sheet.width + column);
    sheet.data[out] = sheet.data[out + 1] = sheet.data[out + 2] = levels[at];
    sheet.data[out + 3] = 255;
  }
  if (canvas.width !== sheet.width) canvas.width = sheet.width;
  if (canvas.height !== sheet.height) canvas.height = sheet.height;
  context2d(canvas).putImageData(sheet, 0, 0);
};

/**
 * A curve over the steps, up to its highest value after the first steps, which would flatten all that follows.
 * @param {HTMLCanvasElement} canvas
 * @param {number[]} steps
 * @param {number[]} values
 * @param {number} low the value at the bottom
 * @param {number[]} others values of a second curve, which is dashed
 */
export const drawCurve = (canvas, steps, values, low, others = []) => {
  if (!steps.length) {
    fresh(canvas);
    return;
  }
  const [context, across, down] = fresh(canvas);
  const style = getComputedStyle(canvas);
  const last = steps[steps.length - 1];
  const late = [values, others].flatMap((curve) => curve.filter((_, at) => steps[at] > 0.1 * last));
  const top = low + 1.3 * Math.max(Math.max(...late) - low, 0.5);
  context.strokeStyle = style.color;
  context.lineWidth = 1.7;
  context.lineJoin = 'round';
  [values, others].forEach((curve, n) => {
    context.setLineDash(n ? [5, 3] : []);
    context.beginPath();
    curve.forEach((value, at) => context.lineTo((steps[at] / last) * across, down - 1 - ((value - low) / (top - low)) * (down - 2)));
    context.stroke();
  });
  context.fillStyle = style.getPropertyValue('--muted');
  context.font = `11px ${style.fontFamily}`;
  context.fillText(low.toFixed(low ? 1 : 0), 4, down - 4);
  context.textAlign = 'right';
  context.fillText(top.toFixed(1), across - 4, 12);
};

// A drawing or a photograph as one of the data set's images: vaeplay/data says how those were framed.

/**
 * @typedef {{ width: number, height: number, values: Float32Array }} Raster values in 0…1, channel by channel
 * @typedef {{ longest: number, pen: number, mass: number | null }} Frame in shares of the image's side
 * @typedef {{ left: number, top: number, across: number, down: number }} Box in pixels of a raster
 */

const INK = 0.2; // from which on a pixel is ink, with 1 for what differs most from the paper

// Weights of a row's pixels in each of `count` pixels that divide the stretch from `start` on: a triangle as wide as the
// step between them, as Pillow's bilinear filter. Beyond the row lies black where `padded`, else nothing.
/** @type {(size: number, start: number, length: number, count: number, padded: boolean) => [number, number[]][]} */
const weights = (size, start, length, count, padded) => {
  const step = length / count;
  const reach = Math.max(step, 1);
  return Array.from({ length: count }, (_, n) => {
    const centre = start + (n + 0.5) * step;
    const [all, first] = [Math.floor(centre - reach + 0.5), Math.max(0, Math.floor(centre - reach + 0.5))];
    const last = Math.floor(centre + reach + 0.5);
    const own = [];
    let sum = 0;
    for (let at = all; at < last; at++) {
      const weight = Math.max(0, 1 - Math.abs((at + 0.5 - centre) / reach));
      const within = at >= 0 && at < size;
      if (within || padded) sum += weight;
      if (within) own.push(weight);
    }
    return [first, own.map((weight) => (sum ? weight / sum : 0))];
  });
};

/**
 * A box of a raster as an image of so many pixels each way.
 * @type {(raster: Raster, box: Box, width: number, height: number, padded?: boolean) => Float32Array}
 */
export const resample = (raster, box, width, height, padded = false) => {
  const area = raster.width * raster.height;
  const channels = raster.values.length / area;
  const across = weights(raster.width, box.left, box.across, width, padded);
  const down = weights(raster.height, box.top, box.down, height, padded);
  const found = new Float32Array(channels * width * height);
  const rows = new Float32Array(width * raster.height);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < raster.height; y++) {
      across.forEach(([first, own], x) => {
        let sum = 0;
        for (let k = 0; k < own.length; k++) sum += own[k] * raster.values[c * area + y * raster.width + first + k];
        rows[y * width + x] = sum;
      });
    }
    down.forEach(([first, own], y) => {
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let k = 0; k < own.length; k++) sum += own[k] * rows[(first + k) * width + x];
        found[(c * height + y) * width + x] = Math.min(1, Math.max(0, sum));
      }
    });
  }
  return found;
};

/**
 * The middle of a raster, as large as its shape allows, with the proportions of the image: what `prepare` does.
 * @type {(raster: Raster, width: number, height: number) => Float32Array}
 */
export const cropped = (raster, width, height) => {
  const scale = Math.min(raster.width / width, raster.height / height);
  const [across, down] = [scale * width, scale * height];
  const box = { left: (raster.width - across) / 2, top: (raster.height - down) / 2, across, down };
  return resample(raster, box, width, height);
};

/**
 * How much each pixel differs from the paper, of which the border shows the most: ink, whatever its colour, as white.
 * @type {(raster: Raster) => Raster}
 */
export const inked = ({ width, height, values }) => {
  const border = [];
  for (let x = 0; x < width; x++) border.push(values[x], values[(height - 1) * width + x]);
  for (let y = 0; y < height; y++) border.push(values[y * width], values[(y + 1) * width - 1]);
  const paper = border.sort((a, b) => a - b)[border.length >> 1];
  const ink = values.map((value) => Math.abs(value - paper));
  const most = ink.reduce((all, value) => Math.max(all, value), 0);
  // A sheet of one brightness is all ink, or none.
  if (most < 1 / 255) return { width, height, values: values.map((value) => (value > 0.5 ? 1 : 0)) };
  return { width, height, values: ink.map((value) => (value / most < INK ? 0 : value / most)) };
};

/**
 * White ink on black, framed: scaled until it is as long as the frame says, but by `most` times at most, and centred.
 * @type {(raster: Raster, frame: Frame, side: number, most?: number) => Float32Array}
 */
export const framed = (raster, frame, side, most = Infinity) => {
  const { width, height, values } = raster;
  let [left, right, top, bottom, mass, x, y] = [width, 0, height, 0, 0, 0, 0];
  values.forEach((value, at) => {
    const [column, row] = [at % width, Math.floor(at / width)];
    mass += value;
    x += value * (column + 0.5);
    y += value * (row + 0.5);
    if (value < INK) return;
    [left, right] = [Math.min(left, column), Math.max(right, column + 1)];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row + 1)];
  });
  if (right <= left) return new Float32Array(side * side);
  const size = Math.max(Math.max(right - left, bottom - top) / frame.longest, Math.max(width, height) / most);
  const centre = frame.mass === null ? [(left + right) / 2, (top + bottom) / 2] : [x / mass, y / mass];
  const before = size * (frame.mass ?? 0.5);
  const box = { left: centre[0] - before, top: centre[1] - before, across: size, down: size };
  return resample(raster, box, side, side, true);
};

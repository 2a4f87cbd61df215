// log p(x) of an image and its exact posterior by quadrature, for codes of two numbers under N(0, I) and a Bernoulli
// likelihood: the sum of p(x|z) p(z) over a square grid of codes, as in vaeplay/evaluation/metrics/exact.py. The square
// narrows to where the mass is, until the grid of twice the spacing gives the same sum.

/**
 * @typedef {{ low: number[], width: number }} Square
 * @typedef {object} Exact
 * @property {number} evidence log p(x), nats
 * @property {number} error of it, nats: how far the grid of twice the spacing is from it
 * @property {number} elbo nats
 * @property {Square} square
 * @property {number} side places each way
 * @property {Float64Array} posterior of each place, 1 at its highest
 */

const FIRST = 40; // places each way of the first grid, which spans all
const SIDE = 56; // and of those that follow
const REACH = 5; // standard deviations of the prior that are searched
const LEFT_OUT = 10; // nats below the highest from which a place counts for nothing
const TOLERANCE = 0.01; // nats
const ROUNDS = 6;
const AT_ONCE = 256; // codes to a request, so that another image need not wait
const EPSILON = 2 ** -24;

/** @type {(square: Square, side: number) => Float32Array} */
const grid = ({ low, width }, side) => {
  const codes = new Float32Array(2 * side * side);
  for (let at = 0; at < side * side; at++) {
    codes[2 * at] = low[0] + (width * (at % side)) / (side - 1);
    codes[2 * at + 1] = low[1] + (width * Math.floor(at / side)) / (side - 1);
  }
  return codes;
};

/** @param {ArrayLike<number>} values */
const logSumExp = (values) => {
  let highest = -Infinity;
  for (let n = 0; n < values.length; n++) highest = Math.max(highest, values[n]);
  let sum = 0;
  for (let n = 0; n < values.length; n++) sum += Math.exp(values[n] - highest);
  return highest + Math.log(sum);
};

/**
 * log p(x|z) of each code; null as soon as `stale` says that nobody waits for it.
 * @type {(cell: import('./engine.js').Explorable, codes: Float32Array, pixels: Float32Array, stale: () => boolean) =>
 *   Promise<Float64Array | null>}
 */
const logLikelihoods = async (cell, codes, pixels, stale) => {
  const count = codes.length / 2;
  const found = new Float64Array(count);
  for (let start = 0; start < count; start += AT_ONCE) {
    const end = Math.min(count, start + AT_ONCE);
    const levels = await cell.decode(codes.slice(2 * start, 2 * end), end - start);
    if (stale()) return null;
    for (let n = start; n < end; n++) {
      let sum = 0;
      for (let d = 0, at = (n - start) * pixels.length; d < pixels.length; d++, at++) {
        const p = levels[at] / 255;
        if (pixels[d] > 0) sum += pixels[d] * Math.log(Math.max(p, 1e-37));
        if (pixels[d] < 1) sum += (1 - pixels[d]) * Math.log(Math.max(1 - p, EPSILON));
      }
      found[n] = sum;
    }
  }
  return found;
};

/**
 * The square around the places within LEFT_OUT of the highest, and around the encoder's ellipse.
 * @type {(joint: Float64Array, codes: Float32Array, step: number, mean: number[], deviation: number[]) => Square}
 */
const narrowed = (joint, codes, step, mean, deviation) => {
  const least = joint.reduce((highest, value) => Math.max(highest, value), -Infinity) - LEFT_OUT;
  const low = mean.map((value, d) => value - 3 * deviation[d]);
  const high = mean.map((value, d) => value + 3 * deviation[d]);
  joint.forEach((value, n) => {
    if (value < least) return;
    for (const d of [0, 1]) {
      low[d] = Math.min(low[d], codes[2 * n + d] - step);
      high[d] = Math.max(high[d], codes[2 * n + d] + step);
    }
  });
  const width = Math.max(high[0] - low[0], high[1] - low[1]);
  return { low: low.map((value, d) => (value + high[d] - width) / 2), width };
};

/**
 * E log p(x|z) − KL over the encoder's Gaussian, by a grid in its standard deviations.
 * @type {(cell: import('./engine.js').Explorable, pixels: Float32Array, mean: number[], deviation: number[],
 *   stale: () => boolean) => Promise<number | null>}
 */
const bound = async (cell, pixels, mean, deviation, stale) => {
  const steps = grid({ low: [-5, -5], width: 10 }, 21);
  const found = await logLikelihoods(cell, steps.map((t, n) => mean[n % 2] + t * deviation[n % 2]), pixels, stale);
  if (!found) return null;
  let [sum, total] = [0, 0];
  found.forEach((value, n) => {
    const weight = Math.exp(-(steps[2 * n] ** 2 + steps[2 * n + 1] ** 2) / 2);
    sum += weight * value;
    total += weight;
  });
  const rate = mean.reduce((all, m, d) => all + (m * m + deviation[d] ** 2 - 1) / 2 - Math.log(deviation[d]), 0);
  return sum / total - rate;
};

/**
 * The exact posterior of an image, whose pixels are in 0…1; null where another is wanted meanwhile.
 * @type {(cell: import('./engine.js').Explorable, pixels: Float32Array,
 *   gaussian: { mean: number[], deviation: number[] }, stale: () => boolean) => Promise<Exact | null>}
 */
export const exactPosterior = async (cell, pixels, { mean, deviation }, stale) => {
  const elbo = await bound(cell, pixels, mean, deviation, stale);
  const reach = Math.max(REACH, ...mean.map((m, d) => Math.abs(m) + 6 * deviation[d]));
  /** @type {Square} */
  let square = { low: [-reach, -reach], width: 2 * reach };
  let side = FIRST;
  for (let round = 0; elbo !== null; round++) {
    const codes = grid(square, side);
    const joint = await logLikelihoods(cell, codes, pixels, stale);
    if (!joint) return null;
    for (let n = 0; n < joint.length; n++) {
      joint[n] -= (codes[2 * n] ** 2 + codes[2 * n + 1] ** 2) / 2 + Math.log(2 * Math.PI);
    }
    const step = square.width / (side - 1);
    const evidence = logSumExp(joint) + 2 * Math.log(step);
    const even = joint.filter((_, n) => (n % side) % 2 === 0 && Math.floor(n / side) % 2 === 0);
    const error = Math.abs(evidence - logSumExp(even) - 2 * Math.log(2 * step));
    const next = narrowed(joint, codes, step, mean, deviation);
    const narrower = next.width < 0.8 * square.width;
    if ((!narrower && error <= TOLERANCE) || round === ROUNDS) {
      const highest = joint.reduce((most, value) => Math.max(most, value), -Infinity);
      return { evidence, error, elbo, square, side, posterior: joint.map((value) => Math.exp(value - highest)) };
    }
    if (narrower) square = next;
    side = narrower ? SIDE : Math.min(2 * side, 160);
  }
  return null;
};

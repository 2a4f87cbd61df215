// One image through the networks of a cell: code, reconstruction, rate and distortion. One self-contained function,
// since a worker is made from its text.
import { makeWorker } from '../frame/worker.js';
import { decoding, makeDecoding } from '../explorer/decoder.js';
import { lookup, makeLookup } from '../explorer/lookup.js';

/**
 * @typedef {object} Passed What a cell makes of an image.
 * @property {Float32Array} code that was decoded
 * @property {Float32Array | null} mean of its posterior, if it has one
 * @property {Float32Array | null} deviation
 * @property {Uint16Array | null} entries of the codebook, if it has one
 * @property {Float32Array} levels of the reconstruction, 0…255
 * @property {number | null} rate nats
 * @property {number} distortion nats
 *
 * @typedef {[string, import('../explorer/decoder.js').File][]} Files of cells, by name
 * @typedef {[string, Passed][]} All
 */

/**
 * @param {ReturnType<typeof makeDecoding>} decoding
 * @param {ReturnType<typeof makeLookup>} lookup
 */
export const makePassing = (decoding, lookup) => {
  const logistic = (x) => 1 / (1 + Math.exp(-x));
  const softplus = (x) => (x > 30 ? x : Math.log1p(Math.exp(x)));

  // −log p(x|z) of one number, given what the decoder says of it, as in vaeplay/models/parts/likelihoods.py.
  const bernoulli = (x, logit) => softplus(logit) - logit * x;
  const gaussian = (x, logit, logSigma) =>
    0.5 * (((x - logistic(logit)) / Math.exp(logSigma)) ** 2 + Math.log(2 * Math.PI)) + logSigma;
  const discretised = (x, centre, logScale) => {
    const scale = 0.5 * Math.exp(Math.min(7, Math.max(-7, logScale)));
    const centred = x - 0.5 - 0.5 * centre;
    const [above, below] = [(centred + 0.5 / 255) / scale, (centred - 0.5 / 255) / scale];
    if (x < 0.5 / 255) return softplus(-above);
    if (x > 1 - 0.5 / 255) return softplus(below);
    return softplus(-above) + softplus(below) - Math.log(-Math.expm1(-1 / (255 * scale)));
  };
  const distortion = (x, outputs, { likelihood, log_sigma: logSigma }) => {
    let sum = 0;
    for (let at = 0; at < x.length; at++) {
      if (likelihood.startsWith('bernoulli')) sum += bernoulli(x[at], outputs[at]);
      else if (likelihood === 'logistic') sum += discretised(x[at], outputs[at], outputs[x.length + at]);
      else sum += gaussian(x[at], outputs[at], logSigma);
    }
    return sum;
  };

  // The same numbers for the same seed: mulberry32, and Box and Muller's normal ones.
  const uniforms = (seed) => {
    let state = (seed * 0x9e3779b9) | 0;
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let bits = Math.imul(state ^ (state >>> 15), 1 | state);
      bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
      return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
    };
  };
  const binarised = (x, seed) => {
    const draw = uniforms(seed);
    return x.map((value) => (draw() < value ? 1 : 0));
  };

  /** @type {(file: import('../explorer/decoder.js').File) => (x: Float32Array, seed: number) => Passed} */
  const through = ({ about, tensors }) => {
    const { encoder } = about;
    const encode = decoding.network({ about: encoder, tensors });
    const last = about.layers.length - 1; // makes pixels of what the decoder says
    const decode = decoding.network({ about: { layers: about.layers.slice(0, last) }, tensors });
    const show = decoding.network({ about: { layers: about.layers.slice(last) }, tensors });
    const book = tensors['encoder.codebook'];
    return (pixels, seed) => {
      const x = encoder.binarises ? binarised(pixels, seed) : pixels;
      /** @type {Float32Array} */
      let code = encode(x).slice();
      /** @type {Pick<Passed, 'mean' | 'deviation' | 'entries' | 'rate'>} */
      const known = { mean: null, deviation: null, entries: null, rate: null };
      if (book) {
        known.entries = lookup.nearest(code, book, about.code[0]);
        code = lookup.vectors(known.entries, book, about.code[0]);
      } else if (encoder.gaussian) {
        const size = code.length / 2;
        const mean = code.slice(0, size);
        const deviation = code.slice(size).map((value) => Math.exp(value / 2));
        const draw = uniforms(seed);
        const normal = () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
        code = mean.map((value, d) => value + deviation[d] * normal());
        Object.assign(known, { mean, deviation });
        if (encoder.rate) {
          known.rate = mean.reduce((sum, m, d) => sum + (m * m + deviation[d] ** 2 - 1) / 2 - Math.log(deviation[d]), 0);
        }
      }
      const outputs = decode(code);
      return { ...known, code, levels: show(outputs).slice(), distortion: distortion(x, outputs, encoder) };
    };
  };
  return { through, binarised };
};
export const passing = makePassing(decoding, lookup);

const worker = /** @type {ReturnType<typeof makeWorker<All>>} */ (makeWorker(`'use strict';
  const decoding = (${makeDecoding})();
  const passing = (${makePassing})(decoding, (${makeLookup})());
  const runs = new Map();
  onmessage = ({ data: { ticket, files, x, seed } }) => {
    for (const [cell, file] of files ?? []) runs.set(cell, passing.through(file));
    if (x) postMessage({ ticket, found: [...runs].map(([cell, run]) => [cell, run(x, seed)]) });
  };`));

/**
 * The function that passes an image, with pixels in 0…1, through all of these cells.
 * @param {Files} files
 */
export const passAll = (files) => {
  /** @type {[string, ReturnType<typeof passing.through>][] | null} */
  let own = null;
  const sent = files.map(([cell, { about, tensors }]) => {
    const needed = Object.entries(tensors).filter(([name]) => /^(encoder\.)?\d+\.|^encoder\.codebook$/.test(name));
    return [cell, { about, tensors: Object.fromEntries(needed) }];
  });
  worker.tell({ files: sent });
  /** @type {(x: Float32Array, seed: number) => Promise<All>} */
  return (x, seed) =>
    worker.ask({ x, seed }, () => {
      own ??= files.map(([cell, file]) => [cell, passing.through(file)]);
      return own.map(([cell, run]) => [cell, run(x, seed)]);
    });
};
export const isHired = () => worker.isHired();

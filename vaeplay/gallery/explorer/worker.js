// Decoders that run in the page: here or, where that is heavy, in a worker made from the text of `makeDecoding`.
import { makeWorker } from '../frame/worker.js';
import { decoding, makeDecoding } from './decoder.js';

/**
 * @typedef {(code: Float32Array) => Float32Array} Run
 * @typedef {(codes: Float32Array, count?: number) => Float32Array | Promise<Float32Array>} Decode grey levels
 */

const HEAVY = 1e6; // multiplications per image from which a worker decodes

/**
 * All codes through one decoder, one after the other: (n, D) → (n, pixels).
 * @type {(run: Run, codes: Float32Array, count: number) => Float32Array}
 */
const decodeAll = (run, codes, count) => {
  const size = codes.length / count;
  let found = new Float32Array(0);
  for (let n = 0; n < count; n++) {
    const levels = run(codes.subarray(n * size, (n + 1) * size));
    if (!n) found = new Float32Array(count * levels.length);
    found.set(levels, n * levels.length);
  }
  return found;
};

const worker = makeWorker(`'use strict';
  const decoding = (${makeDecoding})();
  const decodeAll = ${decodeAll};
  const runs = new Map();
  onmessage = ({ data: { ticket, cell, file, codes, count } }) => {
    if (file) runs.set(cell, decoding.network(file));
    if (codes) {
      const found = decodeAll(runs.get(cell), codes, count);
      postMessage({ ticket, found }, [found.buffer]);
    }
  };`);

// What a worker needs of a file: not its points, draws and maps, which would be copied for nothing.
const weightsOf = ({ about, tensors }) => {
  const layers = about.layers.flatMap(({ weights }) => (weights === undefined ? [] : [`${weights}.`]));
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => layers.some((layer) => name.startsWith(layer))));
};

/**
 * A cell's decoder: here for a light one, in a worker for a heavy one.
 * @type {(cell: string, file: import('./decoder.js').File) => Decode}
 */
export const live = (cell, file) => {
  const heavy = decoding.cost(file) > HEAVY;
  /** @type {Run | null} */
  let run = null;
  let sent = false;
  const here = (codes, count) => decodeAll((run ??= decoding.network(file)), codes, count);
  // `many` images at once go to the worker whatever they cost, so that the page does not stand still.
  return (codes, count = 1) => {
    if (!(heavy || count > 4) || !worker.hire()) return here(codes, count);
    if (!sent) worker.tell({ cell, file: { about: file.about, tensors: weightsOf(file) } });
    sent = true;
    return worker.ask({ cell, codes, count }, () => here(codes, count));
  };
};

export const isHired = () => worker.isHired();

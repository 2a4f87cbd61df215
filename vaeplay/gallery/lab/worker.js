// The lab's model and what is seen of it, in a worker made from the text of `makeLab` and `makeEngine`.
import { makeEngine } from './engine.js';

/**
 * @typedef {object} Settings
 * @property {'VAE' | 'AE'} model
 * @property {number} beta
 * @property {number} warmup steps over which the weight of the rate grows to β
 * @property {number} rate of learning
 * @property {number} latent
 * @property {number} hidden
 * @property {'ReLU' | 'tanh'} activation
 * @property {number | string} images that are trained on, at most; no number for all
 * @property {number} seed
 *
 * @typedef {object} Data Grey levels of the images, one after the other, and the rows of those that are reconstructed.
 * @property {Uint8Array} levels
 * @property {number} pixels of an image
 * @property {number[]} shown
 *
 * @typedef {object} Wish What to do, in this order: take data, start a run anew, turn dials, train and look.
 * @property {Data} [data]
 * @property {{ run: number, settings: Settings }} [start]
 * @property {Settings} [turn]
 * @property {{ milliseconds?: number, steps?: number }} [train] until either is over
 *
 * @typedef {object} Look
 * @property {number} run
 * @property {number} steps of the run so far
 * @property {number} trained images of this wish
 * @property {number} distortion their mean, in nats per image
 * @property {number} rate
 * @property {number} heldOut distortion of images that are not trained on
 * @property {number} weight of the rate
 * @property {Float32Array} points two numbers of each image's code
 * @property {number[]} axes which two
 * @property {number} used dimensions whose μ has a variance of at least 0.01 (Burda et al. 2016)
 * @property {number} reach from the plane's middle to its edge
 * @property {Uint8Array} pairs reconstructions
 * @property {Uint8Array} samples
 * @property {Uint8Array} grid
 */

/** @type {(engine: ReturnType<typeof makeEngine>) => (wish: Wish) => Look | undefined} */
const makeLab = (engine) => {
  const BATCH = 64; // images of a step
  const [POINTS, SAMPLES, GRID] = [500, 20, 12]; // images that the plane shows, samples, and tiles along the decoded plane
  const HELD = 100; // images that are held out, the last ones, but no more than a fifth
  /** @type {Data} */ let data;
  /** @type {Settings} */ let settings;
  /** @type {ReturnType<typeof engine.network>} */ let network;
  /** @type {ReturnType<typeof engine.generator>} */ let random;
  let images = new Float32Array(0);
  let [x, noise, fixed, own] = [images, images, images, images];
  let [run, steps, count, held, reach] = [0, 0, 0, 0, 3];
  let axes = [0, 1];

  const begin = (start) => {
    ({ run, settings } = start);
    [steps, reach, axes] = [0, 3, [0, 1]];
    const { hidden, latent, activation, seed } = settings;
    random = engine.generator(seed);
    const all = images.length / data.pixels;
    [count, held] = [Math.min(POINTS, all), Math.min(HELD, Math.floor(all / 5))];
    const most = Math.max(BATCH, POINTS);
    network = engine.network({ pixels: data.pixels, hidden, latent, activation }, random, Float32Array, most);
    [x, noise] = [new Float32Array(BATCH * data.pixels), new Float32Array(BATCH * latent)];
    fixed = new Float32Array(SAMPLES * latent);
    random.normal(fixed);
    own = new Float32Array(held * latent);
    random.normal(own);
  };
  const weight = () => settings.beta * (settings.warmup ? Math.min(1, steps / settings.warmup) : 1);

  const train = ({ milliseconds = Infinity, steps: most = Infinity }) => {
    const { pixels } = data;
    const learned = Math.min(Number(settings.images) || Infinity, images.length / pixels - held);
    const until = performance.now() + milliseconds;
    let [trained, distortion, rate] = [0, 0, 0];
    while (trained < most && performance.now() < until) {
      for (let n = 0; n < BATCH; n++) {
        const image = random.whole(learned) * pixels;
        x.set(images.subarray(image, image + pixels), n * pixels);
      }
      random.normal(noise);
      const training = { vae: settings.model === 'VAE', beta: weight(), learningRate: settings.rate };
      const loss = network.step(x, noise, BATCH, training);
      steps += 1;
      trained += 1;
      distortion += loss.distortion;
      rate += loss.rate;
    }
    const parts = Math.max(1, trained);
    return { trained: trained * BATCH, distortion: distortion / parts, rate: rate / parts };
  };

  const decoded = (codes, number) => {
    const logits = network.decode(codes, number);
    return Uint8Array.from({ length: number * data.pixels }, (_, i) => Math.round(255 / (1 + Math.exp(-logits[i]))));
  };

  // μ alone of (μ, log σ²): an image is encoded without noise where it is looked at.
  const meansOf = (statistics, number) => {
    const { latent } = settings;
    const means = new Float32Array(number * latent);
    for (let n = 0; n < number; n++) means.set(statistics.subarray(2 * n * latent, (2 * n + 1) * latent), n * latent);
    return means;
  };

  // The distortion of the images that are held out, with one draw of a VAE's noise, the same at every look.
  const heldOut = () => {
    const { latent, model } = settings;
    const rows = images.subarray(images.length - held * data.pixels);
    const statistics = network.encode(rows, held);
    const codes = meansOf(statistics, held);
    if (model === 'VAE') {
      codes.forEach((mean, at) => {
        const logVariance = statistics[at + latent * (Math.floor(at / latent) + 1)];
        codes[at] = mean + Math.exp(logVariance / 2) * own[at];
      });
    }
    const logits = network.decode(codes, held);
    let sum = 0;
    for (let at = 0; at < rows.length; at++) {
      sum += Math.max(logits[at], 0) + Math.log1p(Math.exp(-Math.abs(logits[at]))) - rows[at] * logits[at];
    }
    return sum / Math.max(1, held);
  };

  // Samples: from the prior, or for an autoencoder, which has none, from a Gaussian fitted to its codes.
  const sampled = (codes, means) => {
    const { latent, model } = settings;
    if (model === 'VAE') return fixed;
    const root = new Float64Array(latent * latent); // of the covariance, by Cholesky
    for (let i = 0; i < latent; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let n = 0; n < count; n++) sum += (codes[n * latent + i] - means[i]) * (codes[n * latent + j] - means[j]);
        sum /= count;
        for (let k = 0; k < j; k++) sum -= root[i * latent + k] * root[j * latent + k];
        root[i * latent + j] = i === j ? Math.sqrt(Math.max(sum, 1e-9)) : sum / root[j * latent + j];
      }
    }
    return fixed.map((_, at) => {
      const [n, i] = [Math.floor(at / latent), at % latent];
      let value = means[i];
      for (let j = 0; j <= i; j++) value += root[i * latent + j] * fixed[n * latent + j];
      return value;
    });
  };

  /** @returns {Look} */
  const look = (loss) => {
    const { latent } = settings;
    const { pixels, shown } = data;
    const codes = meansOf(network.encode(images, count), count);
    const dimensions = Array.from({ length: latent }, (_, d) => d);
    const means = dimensions.map(() => 0);
    const variances = dimensions.map(() => 0);
    for (let at = 0; at < codes.length; at++) means[at % latent] += codes[at] / count;
    for (let at = 0; at < codes.length; at++) variances[at % latent] += (codes[at] - means[at % latent]) ** 2 / count;
    // The plane has the two dimensions that vary most; it changes them only for ones that vary clearly more.
    const most = [...dimensions].sort((a, b) => variances[b] - variances[a]).slice(0, 2);
    const sum = (pair) => variances[pair[0]] + variances[pair[1]];
    if (sum(most) > 1.3 * sum(axes)) axes = most.sort((a, b) => a - b);

    const points = Float32Array.from({ length: 2 * count }, (_, at) => codes[(at >> 1) * latent + axes[at & 1]]);
    const sizes = points.map(Math.abs).sort();
    reach += 0.2 * (Math.max(3, 1.1 * sizes[Math.floor(0.99 * (sizes.length - 1))]) - reach);
    const grid = new Float32Array(GRID * GRID * latent);
    for (let at = 0; at < GRID * GRID; at++) {
      grid[at * latent + axes[0]] = (((at % GRID) + 0.5) / GRID - 0.5) * 2 * reach;
      grid[at * latent + axes[1]] = (0.5 - (Math.floor(at / GRID) + 0.5) / GRID) * 2 * reach;
    }
    const originals = new Float32Array(shown.length * pixels);
    shown.forEach((row, n) => originals.set(images.subarray(row * pixels, (row + 1) * pixels), n * pixels));
    const rebuilt = meansOf(network.encode(originals, shown.length), shown.length);
    return {
      run,
      steps,
      ...loss,
      heldOut: heldOut(),
      weight: settings.model === 'VAE' ? weight() : 0,
      points,
      axes,
      used: variances.filter((variance) => variance >= 0.01).length,
      reach,
      pairs: decoded(rebuilt, shown.length),
      samples: decoded(sampled(codes, means), SAMPLES),
      grid: decoded(grid, GRID * GRID),
    };
  };

  return (wish) => {
    if (wish.data) {
      data = wish.data;
      images = Float32Array.from(data.levels, (level) => level / 255);
    }
    if (wish.start) begin(wish.start);
    if (wish.turn) settings = wish.turn;
    return wish.train && look(train(wish.train));
  };
};

const WORK = `'use strict';
  const act = (${makeLab})((${makeEngine})());
  onmessage = ({ data }) => {
    const look = act(data);
    if (look) postMessage(look);
  };`;

/**
 * A lab in a worker, or here where the browser allows none. `seen` is called once for each wish to train.
 * @type {(seen: (look: Look) => void) => (wish: Wish) => void}
 */
export const hire = (seen) => {
  /** @type {Wish[]} */
  const asked = []; // which a worker that may not start leaves undone: it says so by an event
  /** @type {((wish: Wish) => void) | null} */
  let here = null;
  const stay = () => {
    const act = makeLab(makeEngine());
    here = (wish) => {
      setTimeout(() => {
        const look = act(wish);
        if (look) seen(look);
      });
    };
    asked.splice(0).forEach(here);
  };
  try {
    const worker = new Worker(URL.createObjectURL(new Blob([WORK], { type: 'text/javascript' })));
    let started = false;
    worker.onmessage = (event) => {
      started = true;
      asked.length = 0;
      seen(event.data);
    };
    worker.onerror = () => !started && stay();
    return (wish) => {
      if (here) return here(wish);
      if (!started) asked.push(wish);
      worker.postMessage(wish);
    };
  } catch {
    stay();
    return (wish) => here?.(wish);
  }
};

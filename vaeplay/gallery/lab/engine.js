// A variational autoencoder that learns, in plain loops: Kingma and Welling 2014 (arXiv:1312.6114), with the weight β of
// Higgins et al. 2017 and the optimiser Adam (Kingma and Ba 2015, arXiv:1412.6980). tests/test_browser_lab.py holds every
// weight against PyTorch's. All of it is one self-contained function, since a worker is made from its text.
//
//   encoder   x → a = f(x W₁ + b₁) → (μ, log σ²) = a W₂ + b₂
//   code      z = μ + σ ε,  ε ~ N(0, I)               an autoencoder has z = μ, and ignores log σ²
//   decoder   z → c = f(z W₃ + b₃) → s = c W₄ + b₄    logits of the pixels
//   loss      Σ log(1 + eˢ) − x s  +  β · ½ Σ (μ² + σ² − log σ² − 1),  the mean over a batch, in nats per image
//
// A batch of vectors is one flat array, image after image. Every backward pass is given ∂loss/∂output and works out
// ∂loss/∂input; gradients of weights add up until Adam uses them.

/**
 * @typedef {Float32Array | Float64Array} Numbers
 * @typedef {Float32ArrayConstructor | Float64ArrayConstructor} Kind
 * @typedef {object} Layer y = x W + b, with W of (inputs, outputs) row by row.
 * @property {number} inputs
 * @property {number} outputs
 * @property {Numbers} weight
 * @property {Numbers} bias
 * @property {Numbers} weightGradient
 * @property {Numbers} biasGradient
 *
 * @typedef {{ pixels: number, hidden: number, latent: number, activation: 'ReLU' | 'tanh' }} Shape
 * @typedef {{ vae: boolean, beta: number, learningRate: number }} Training
 * @typedef {{ distortion: number, rate: number }} Loss in nats per image
 */
export const makeEngine = () => {
  /**
   * Random numbers that a seed fixes: xoshiro128** (Blackman and Vigna 2021), its state filled by splitmix32.
   * @param {number} seed
   */
  const generator = (seed) => {
    let filling = seed | 0;
    const splitmix = () => {
      filling = (filling + 0x9e3779b9) | 0;
      let mixed = Math.imul(filling ^ (filling >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      return mixed ^ (mixed >>> 15);
    };
    const rotate = (bits, by) => (bits << by) | (bits >>> (32 - by));
    let [a, b, c, d] = [splitmix(), splitmix(), splitmix(), splitmix()];

    /** A number from 0 up to, but not including, 1. */
    const uniform = () => {
      const drawn = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
      const shifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= shifted;
      d = rotate(d, 11);
      return drawn / 2 ** 32;
    };

    /** @param {number} below A whole number from 0 up to, but not including, this. */
    const whole = (below) => Math.floor(uniform() * below);

    /**
     * Fills `out` with draws from N(0, 1), two at a time (Box and Muller 1958).
     * @param {Numbers} out
     */
    const normal = (out) => {
      for (let i = 0; i < out.length; i += 2) {
        const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
        const angle = 2 * Math.PI * uniform();
        out[i] = radius * Math.cos(angle);
        if (i + 1 < out.length) out[i + 1] = radius * Math.sin(angle);
      }
    };
    return { uniform, whole, normal };
  };

  // Linear layers. Pixels are often 0, and so are units of ReLU: what is multiplied by 0 is passed over.

  /** @type {(layer: Layer, x: Numbers, y: Numbers, count: number) => void} */
  const forward = ({ inputs, outputs, weight, bias }, x, y, count) => {
    for (let n = 0; n < count; n++) {
      const out = n * outputs;
      for (let o = 0; o < outputs; o++) y[out + o] = bias[o];
      for (let i = 0; i < inputs; i++) {
        const value = x[n * inputs + i];
        if (value === 0) continue;
        const row = i * outputs;
        for (let o = 0; o < outputs; o++) y[out + o] += value * weight[row + o];
      }
    }
  };

  /**
   * ∂loss/∂W += xᵀ dy and ∂loss/∂b += Σ dy
   * @type {(layer: Layer, x: Numbers, dy: Numbers, count: number) => void}
   */
  const gradients = ({ inputs, outputs, weightGradient, biasGradient }, x, dy, count) => {
    for (let n = 0; n < count; n++) {
      const out = n * outputs;
      for (let o = 0; o < outputs; o++) biasGradient[o] += dy[out + o];
      for (let i = 0; i < inputs; i++) {
        const value = x[n * inputs + i];
        if (value === 0) continue;
        const row = i * outputs;
        for (let o = 0; o < outputs; o++) weightGradient[row + o] += value * dy[out + o];
      }
    }
  };

  /**
   * ∂loss/∂x = dy Wᵀ
   * @type {(layer: Layer, dy: Numbers, dx: Numbers, count: number) => void}
   */
  const backward = ({ inputs, outputs, weight }, dy, dx, count) => {
    for (let n = 0; n < count; n++) {
      const out = n * outputs;
      for (let i = 0; i < inputs; i++) {
        const row = i * outputs;
        let sum = 0;
        for (let o = 0; o < outputs; o++) sum += dy[out + o] * weight[row + o];
        dx[n * inputs + i] = sum;
      }
    }
  };

  // Activations, in place. Both know their slope from their value.

  const ACTIVATIONS = {
    ReLU: { value: (x) => (x > 0 ? x : 0), slope: (y) => (y > 0 ? 1 : 0) },
    tanh: { value: Math.tanh, slope: (y) => 1 - y * y },
  };

  /**
   * A network, its weights drawn from U(−1/√inputs, 1/√inputs), as PyTorch does.
   * @param {Shape} shape
   * @param {ReturnType<typeof generator>} random
   * @param {Kind} kind of its numbers
   * @param {number} most images in a batch
   */
  const network = ({ pixels, hidden, latent, activation }, random, kind, most) => {
    const sizes = [
      [pixels, hidden],
      [hidden, 2 * latent],
      [latent, hidden],
      [hidden, pixels],
    ];
    const total = sizes.reduce((sum, [inputs, outputs]) => sum + (inputs + 1) * outputs, 0);
    const numbers = (count) => /** @type {Numbers} */ (new kind(count));
    // All weights are one array, so that Adam is one loop; layers are views of it.
    const [weights, gradient, mean, square] = [numbers(total), numbers(total), numbers(total), numbers(total)];
    let start = 0;
    const layers = sizes.map(([inputs, outputs]) => {
      const [first, middle, end] = [start, start + inputs * outputs, start + (inputs + 1) * outputs];
      start = end;
      for (let i = first; i < end; i++) weights[i] = (2 * random.uniform() - 1) / Math.sqrt(inputs);
      return {
        inputs,
        outputs,
        weight: weights.subarray(first, middle),
        bias: weights.subarray(middle, end),
        weightGradient: gradient.subarray(first, middle),
        biasGradient: gradient.subarray(middle, end),
      };
    });
    const [first, statistics, widening, last] = layers;
    const { value, slope } = ACTIVATIONS[activation];
    const activate = (y, count) => {
      for (let i = 0; i < count * hidden; i++) y[i] = value(y[i]);
    };
    const undo = (dy, y, count) => {
      for (let i = 0; i < count * hidden; i++) dy[i] *= slope(y[i]);
    };
    const room = (size) => numbers(most * size);
    const [a, q, z, c, s] = [room(hidden), room(2 * latent), room(latent), room(hidden), room(pixels)];
    const [da, dq, dz, dc, ds] = [room(hidden), room(2 * latent), room(latent), room(hidden), room(pixels)];

    /**
     * Images to (μ, log σ²) of each, until the next call.
     * @param {Numbers} x
     */
    const encode = (x, count) => {
      forward(first, x, a, count);
      activate(a, count);
      forward(statistics, a, q, count);
      return q;
    };

    /**
     * Codes to logits of the pixels, until the next call.
     * @param {Numbers} codes
     */
    const decode = (codes, count) => {
      forward(widening, codes, c, count);
      activate(c, count);
      forward(last, c, s, count);
      return s;
    };

    /**
     * Adds the gradients of one batch `x` with the noise ε. β stands in `training`.
     * @type {(x: Numbers, noise: Numbers, count: number, training: Training) => Loss}
     */
    const learn = (x, noise, count, { vae, beta }) => {
      encode(x, count);
      for (let n = 0; n < count; n++) {
        for (let d = 0; d < latent; d++) {
          const [mu, logVariance] = [q[2 * n * latent + d], q[(2 * n + 1) * latent + d]];
          z[n * latent + d] = vae ? mu + Math.exp(logVariance / 2) * noise[n * latent + d] : mu;
        }
      }
      decode(z, count);

      // Distortion: log(1 + eˢ) − x s, with the slope 1 / (1 + e⁻ˢ) − x.
      let distortion = 0;
      for (let i = 0; i < count * pixels; i++) {
        const small = Math.exp(-Math.abs(s[i]));
        distortion += Math.max(s[i], 0) + Math.log1p(small) - x[i] * s[i];
        ds[i] = ((s[i] > 0 ? 1 : small) / (1 + small) - x[i]) / count;
      }
      gradients(last, c, ds, count);
      backward(last, ds, dc, count);
      undo(dc, c, count);
      gradients(widening, z, dc, count);
      backward(widening, dc, dz, count);

      // Rate: ½ (μ² + σ² − log σ² − 1); and through z = μ + σ ε, ∂z/∂μ = 1 and ∂z/∂log σ² = ½ σ ε.
      let rate = 0;
      for (let n = 0; n < count; n++) {
        for (let d = 0; d < latent; d++) {
          const [at, above, code] = [2 * n * latent + d, (2 * n + 1) * latent + d, n * latent + d];
          dq[at] = dz[code];
          dq[above] = 0;
          if (!vae) continue;
          const sigma = Math.exp(q[above] / 2);
          rate += (q[at] ** 2 + sigma ** 2 - q[above] - 1) / 2;
          dq[at] += (beta * q[at]) / count;
          dq[above] = (dz[code] * sigma * noise[code]) / 2 + (beta * (sigma ** 2 - 1)) / (2 * count);
        }
      }
      gradients(statistics, a, dq, count);
      backward(statistics, dq, da, count);
      undo(da, a, count);
      gradients(first, x, da, count);
      return { distortion: distortion / count, rate: rate / count };
    };

    // Adam: steps along the running mean of the gradient, each weight's over the root of its running square. Both start
    // at 0, which the powers of their shares make up for.
    const [KEEP, KEEP_SQUARE, SMALL] = [0.9, 0.999, 1e-8];
    let steps = 0;
    /** @param {number} learningRate */
    const descend = (learningRate) => {
      steps += 1;
      const size = learningRate / (1 - KEEP ** steps);
      const root = Math.sqrt(1 - KEEP_SQUARE ** steps);
      for (let i = 0; i < total; i++) {
        const slope = gradient[i];
        mean[i] = KEEP * mean[i] + (1 - KEEP) * slope;
        square[i] = KEEP_SQUARE * square[i] + (1 - KEEP_SQUARE) * slope * slope;
        weights[i] -= (size * mean[i]) / (Math.sqrt(square[i]) / root + SMALL);
        gradient[i] = 0;
      }
    };

    /** @type {(x: Numbers, noise: Numbers, count: number, training: Training) => Loss} */
    const step = (x, noise, count, training) => {
      const loss = learn(x, noise, count, training);
      descend(training.learningRate);
      return loss;
    };
    return { layers, weights, encode, decode, step };
  };

  return { generator, network };
};

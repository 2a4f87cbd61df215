// Decoders and encoders in plain JavaScript: the layers that vaeplay/evaluation/layers.py defines, on typed arrays. One
// self-contained function, since a worker is made from its text.

/** @typedef {{ about: any, tensors: Record<string, any> }} File What a cell's file holds. */
export const makeDecoding = () => {
  // Float16 to Float32, by its bits: not every browser has a Float16Array yet.
  const fromHalf = (bits) => {
    const out = new Float32Array(bits.length);
    for (let i = 0; i < bits.length; i++) {
      const exponent = (bits[i] >> 10) & 31;
      const fraction = bits[i] & 1023;
      const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
      out[i] = bits[i] & 0x8000 ? -size : size;
    }
    return out;
  };
  const READERS = {
    F32: (buffer, start, count) => new Float32Array(buffer, start, count),
    F16: (buffer, start, count) => fromHalf(new Uint16Array(buffer, start, count)),
    I32: (buffer, start, count) => new Int32Array(buffer, start, count),
    I8: (buffer, start, count) => new Int8Array(buffer, start, count),
    U8: (buffer, start, count) => new Uint8Array(buffer, start, count),
  };

  // A safetensors file: a length, a header in JSON, the tensors, the widest numbers first.
  const read = (buffer) => {
    const length = Number(new DataView(buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
    /** @type {Record<string, any>} */
    const tensors = {};
    const { __metadata__: metadata, ...entries } = header;
    for (const [name, { dtype, shape, data_offsets: [start] }] of Object.entries(entries)) {
      const count = shape.reduce((product, size) => product * size, 1);
      tensors[name] = READERS[dtype](buffer, 8 + length + start, count);
    }
    return { about: JSON.parse(metadata.explorer), tensors };
  };

  // erf x = 2/√π · Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1))
  const erf = (x) => {
    const a = Math.abs(x);
    if (a > 4) return Math.sign(x);
    let term = a;
    let sum = a;
    for (let n = 1; n < 60 && Math.abs(term) > 1e-12; n++) {
      term *= (-a * a) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  };
  const logistic = (x) => 1 / (1 + Math.exp(-x));
  const softplus = (x) => (x > 20 ? x : Math.log1p(Math.exp(x)));
  const ACTIVATIONS = {
    ReLU: (x) => (x > 0 ? x : 0),
    LeakyReLU: (x) => (x > 0 ? x : 0.01 * x),
    ELU: (x) => (x > 0 ? x : Math.expm1(x)),
    SELU: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
    GELU: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
    SiLU: (x) => x * logistic(x),
    Mish: (x) => x * Math.tanh(softplus(x)),
    Softplus: softplus,
    Tanh: Math.tanh,
    Sigmoid: logistic,
  };

  const product = (sizes) => sizes.reduce((all, size) => all * size, 1);

  // Whole numbers of up to 16 bits: the highest 8, and a plane of bits for each lower one, from the lowest on.
  const whole = (high, low) => {
    const plane = Math.ceil(high.length / 8);
    const count = low.length / plane;
    const found = new Int16Array(high.length);
    for (let i = 0; i < high.length; i++) {
      let value = high[i];
      for (let k = count - 1; k >= 0; k--) value = 2 * value + ((low[k * plane + (i >> 3)] >> (7 - (i & 7))) & 1);
      found[i] = value;
    }
    return found;
  };

  // Weights as Float32, (inputs, outputs · kernel), whatever they are stored as.
  const weightsOf = (tensors, name, inputs, outputs) => {
    const high = tensors[`${name}.weight.high`];
    const stored = high ? whole(high, tensors[`${name}.weight.low`]) : tensors[`${name}.weight`];
    const scale = tensors[`${name}.scale`];
    if (!scale) return stored;
    const kernel = stored.length / (inputs * outputs);
    const weights = new Float32Array(stored.length);
    for (let i = 0, at = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++) {
        for (let k = 0; k < kernel; k++, at++) weights[at] = stored[at] * scale[o];
      }
    }
    return weights;
  };

  // y += x · row, for the inputs that are not 0: after a ReLU, half of them are.
  const addRow = (sum, weights, start, x) => {
    const { length } = sum;
    for (let j = 0; j < length; j++) sum[j] += x * weights[start + j];
  };

  const linear = (weights, bias) => {
    const out = new Float32Array(bias.length);
    return (x) => {
      out.set(bias);
      for (let i = 0; i < x.length; i++) if (x[i] !== 0) addRow(out, weights, i * out.length, x[i]);
      return out;
    };
  };

  // A convolution: each output place gathers what lies within its kernel, all feature maps at once.
  const convolution = (layer, weights, bias) => {
    const [inputs, height, width] = layer.input;
    const [outputs, outHeight, outWidth] = layer.output;
    const [kernelHeight, kernelWidth] = layer.kernel_size;
    const kernel = kernelHeight * kernelWidth;
    const [area, outArea] = [height * width, outHeight * outWidth];
    const rows = new Float32Array(weights.length); // (inputs, kernel, outputs)
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++) {
        for (let k = 0; k < kernel; k++) rows[(i * kernel + k) * outputs + o] = weights[(i * outputs + o) * kernel + k];
      }
    }
    const out = new Float32Array(outputs * outArea);
    const sum = new Float32Array(outputs);
    return (x) => {
      for (let to = 0; to < outArea; to++) {
        sum.set(bias);
        const top = Math.floor(to / outWidth) * layer.stride[0] - layer.padding[0];
        const left = (to % outWidth) * layer.stride[1] - layer.padding[1];
        for (let k = 0; k < kernel; k++) {
          const [row, column] = [top + Math.floor(k / kernelWidth), left + (k % kernelWidth)];
          if (row < 0 || row >= height || column < 0 || column >= width) continue;
          for (let i = 0; i < inputs; i++) {
            const value = x[i * area + row * width + column];
            if (value !== 0) addRow(sum, rows, (i * kernel + k) * outputs, value);
          }
        }
        for (let o = 0; o < outputs; o++) out[o * outArea + to] = sum[o];
      }
      return out;
    };
  };

  // A transposed one: what a pixel gives to all outputs within its kernel is one matrix product, and is then added where
  // it belongs.
  const transposed = (layer, weights, bias) => {
    const [inputs, height, width] = layer.input;
    const [outputs, outHeight, outWidth] = layer.output;
    const [kernelHeight, kernelWidth] = layer.kernel_size;
    const kernel = kernelHeight * kernelWidth;
    const out = new Float32Array(outputs * outHeight * outWidth);
    const sum = new Float32Array(outputs * kernel);
    // Where each pixel and kernel row (or column) lands; −1 for nowhere.
    const places = (axis, size, kernelSize, outSize) => {
      const [stride, padding] = [layer.stride[axis], layer.padding[axis]];
      const found = new Int32Array(size * kernelSize).fill(-1);
      for (let at = 0; at < size; at++) {
        for (let k = 0; k < kernelSize; k++) {
          const to = at * stride - padding + k;
          if (to >= 0 && to < outSize) found[at * kernelSize + k] = to;
        }
      }
      return found;
    };
    const rows = places(0, height, kernelHeight, outHeight);
    const columns = places(1, width, kernelWidth, outWidth);
    const area = height * width;
    return (x) => {
      for (let o = 0; o < outputs; o++) out.fill(bias[o], o * outHeight * outWidth, (o + 1) * outHeight * outWidth);
      for (let at = 0; at < area; at++) {
        sum.fill(0);
        for (let i = 0; i < inputs; i++) {
          const value = x[i * area + at];
          if (value !== 0) addRow(sum, weights, i * sum.length, value);
        }
        const row = Math.floor(at / width) * kernelHeight;
        const column = (at % width) * kernelWidth;
        for (let ky = 0; ky < kernelHeight; ky++) {
          const y = rows[row + ky];
          if (y < 0) continue;
          for (let kx = 0; kx < kernelWidth; kx++) {
            const to = columns[column + kx];
            if (to < 0) continue;
            let place = y * outWidth + to;
            for (let from = ky * kernelWidth + kx; from < sum.length; from += kernel) {
              out[place] += sum[from];
              place += outHeight * outWidth;
            }
          }
        }
      }
      return out;
    };
  };

  const each = (apply, size) => {
    const out = new Float32Array(size);
    return (x) => {
      for (let i = 0; i < size; i++) out[i] = apply(x[i]);
      return out;
    };
  };

  // Each group of feature maps of an image gets mean 0 and variance 1, and each map then its own scale and offset.
  const norm = ({ input, groups }, weight, bias) => {
    const out = new Float32Array(product(input));
    const area = out.length / weight.length;
    const size = out.length / groups;
    return (x) => {
      for (let start = 0; start < out.length; start += size) {
        let sum = 0;
        for (let i = start; i < start + size; i++) sum += x[i];
        const mean = sum / size;
        let squares = 0;
        for (let i = start; i < start + size; i++) squares += (x[i] - mean) ** 2;
        const scale = 1 / Math.sqrt(squares / size + 1e-5);
        for (let i = start; i < start + size; i++) {
          const map = Math.floor(i / area);
          out[i] = (x[i] - mean) * scale * weight[map] + bias[map];
        }
      }
      return out;
    };
  };

  // The end of a residual block, which adds what went into it.
  const add = ({ input, from }) => {
    const out = new Float32Array(product(input));
    return (x, inputs) => {
      for (let i = 0; i < out.length; i++) out[i] = x[i] + inputs[from][i];
      return out;
    };
  };

  // The expected level under a discretised logistic, as in vaeplay/models/parts/likelihoods.py.
  const levels = (size) => (x) =>
    x.subarray(0, size).map((centre, i) => {
      const scale = Math.exp(Math.min(7, Math.max(-7, x[size + i])));
      return 127.5 * scale * (softplus((centre + 1) / scale) - softplus((centre - 1) / scale));
    });

  // Each unit, or feature map, times σ(a · log β + b): the β of a dial that may turn between two images.
  const gate = (layer, { a, b }, dial) => {
    const out = new Float32Array(product(layer.input));
    const area = out.length / a.length;
    return (x) => {
      for (let i = 0; i < out.length; i++) {
        const unit = Math.floor(i / area);
        out[i] = x[i] * logistic(a[unit] * dial.logBeta + b[unit]);
      }
      return out;
    };
  };

  const step = (layer, tensors, dial) => {
    if (layer.kind === 'activation') return each(ACTIVATIONS[layer.name], product(layer.input));
    if (layer.kind === 'pixels') return each((x) => 255 * logistic(x), product(layer.output));
    if (layer.kind === 'levels') return levels(product(layer.output));
    if (layer.kind === 'gate') {
      const [a, b] = ['a', 'b'].map((part) => tensors[`${layer.weights}.${part}`]);
      return gate(layer, { a, b }, dial);
    }
    if (layer.kind === 'add') return add(layer);
    const bias = tensors[`${layer.weights}.bias`];
    if (layer.kind === 'norm') return norm(layer, tensors[`${layer.weights}.weight`], bias);
    const weights = weightsOf(tensors, layer.weights, layer.input[0], layer.output[0]);
    if (layer.kind === 'linear') return linear(weights, bias);
    return (layer.kind === 'conv' ? convolution : transposed)(layer, weights, bias);
  };

  // Multiplications and additions of one image.
  const cost = ({ about, tensors }) => {
    let found = 0;
    for (const layer of about.layers) {
      if (layer.weights === undefined || layer.kind === 'gate' || layer.kind === 'norm') continue;
      const places = layer.kind === 'linear' ? 1 : product((layer.kind === 'conv' ? layer.output : layer.input).slice(1));
      const { length } = tensors[`${layer.weights}.weight`] ?? tensors[`${layer.weights}.weight.high`];
      found += length * places;
    }
    return found;
  };

  // The function from a flat code to grey levels 0…255, or from an image to what its encoder gives, channel by channel.
  // Its result is overwritten by the next. Gates follow the dial.
  const network = ({ about, tensors }, dial = { logBeta: 0 }) => {
    const steps = about.layers.map((layer) => step(layer, tensors, dial));
    /** @type {Float32Array[]} */
    const inputs = [];
    return (code) =>
      steps.reduce((x, run, at) => {
        inputs[at] = x;
        return run(x, inputs);
      }, code);
  };

  return { read, network, cost };
};
export const decoding = makeDecoding();

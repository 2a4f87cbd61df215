// The explorer's cells: unpacks a cell's file when it is first wanted, and decodes codes here or, where that is heavy, in
// a worker. A cell without a decoder in the page answers from its atlas, the nearest of some decoded places.
'use strict';
gallery.latent = JSON.parse(document.getElementById('latent-data').textContent);
gallery.engine = (() => {
  const HEAVY = 1e6; // multiplications an image, from which a worker decodes
  const [channels, height, width] = gallery.latent.shape;
  const area = height * width;

  const scripts = new Map(
    [...document.querySelectorAll('script[data-explorable]')].map((script) => [script.dataset.explorable, script]),
  );
  const kept = new Map();

  const inflate = async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
    return new Response(stream).arrayBuffer();
  };

  // Grey levels, channel by channel, of `count` images as one RGBA image each.
  const colour = (levels, count = 1) => {
    const images = [];
    for (let n = 0; n < count; n++) {
      const image = new ImageData(width, height);
      for (let at = 0; at < area; at++) {
        for (let c = 0; c < 3; c++) {
          image.data[4 * at + c] = Math.round(levels[(n * channels + (channels === 3 ? c : 0)) * area + at]);
        }
        image.data[4 * at + 3] = 255;
      }
      images.push(image);
    }
    return images;
  };

  // All codes through one decoder, one after the other: (n, D) → (n, pixels).
  const decodeAll = (run, codes, count) => {
    const size = codes.length / count;
    let found = null;
    for (let n = 0; n < count; n++) {
      const levels = run(codes.subarray(n * size, (n + 1) * size));
      found ??= new Float32Array(count * levels.length);
      found.set(levels, n * levels.length);
    }
    return found;
  };

  const WORK = `'use strict';
    const decoding = (${makeDecoding})();
    const decodeAll = ${decodeAll};
    const runs = new Map();
    onmessage = ({ data: { ticket, cell, file, codes, count } }) => {
      if (file) runs.set(cell, decoding.network(file));
      if (codes) {
        const levels = decodeAll(runs.get(cell), codes, count);
        postMessage({ ticket, levels }, [levels.buffer]);
      }
    };`;
  let worker = null;
  let tickets = 0;
  const waiting = new Map();
  // A worker that may not start says so by an event: what was asked of it is then done here.
  const dismiss = () => {
    worker = false;
    for (const { resolve, here } of waiting.values()) resolve(here());
    waiting.clear();
  };
  // A worker, or null where the browser allows none: then everything runs here.
  const hire = () => {
    if (worker !== null) return worker || null;
    try {
      worker = new Worker(URL.createObjectURL(new Blob([WORK], { type: 'text/javascript' })));
      worker.onmessage = ({ data }) => {
        waiting.get(data.ticket)?.resolve(data.levels);
        waiting.delete(data.ticket);
      };
      worker.onerror = dismiss;
    } catch {
      worker = false;
    }
    return worker || null;
  };

  // What a worker needs of a file: not its points, draws and maps, which would be copied for nothing.
  const weightsOf = ({ about, tensors }) => {
    const layers = about.layers.flatMap(({ weights }) => (weights === undefined ? [] : [`${weights}.`]));
    return Object.fromEntries(Object.entries(tensors).filter(([name]) => layers.some((layer) => name.startsWith(layer))));
  };

  const live = (cell, file) => {
    const heavy = decoding.cost(file) > HEAVY;
    let run = null;
    let sent = false;
    const here = (codes, count) => decodeAll((run ??= decoding.network(file)), codes, count);
    // `many` images at once go to the worker whatever they cost, so that the page does not stand still.
    return (codes, count = 1) => {
      const hired = heavy || count > 4 ? hire() : null;
      if (!hired) return here(codes, count);
      if (!sent) hired.postMessage({ cell, file: { about: file.about, tensors: weightsOf(file) } });
      sent = true;
      return new Promise((resolve) => {
        waiting.set(++tickets, { resolve, here: () => here(codes, count) });
        hired.postMessage({ ticket: tickets, cell, codes, count });
      });
    };
  };

  // Φ and its inverse, for the places of an atlas: Φ(x) = 1/2 + φ(x) · (x + x³/3 + x⁵/15 + …), and by halving.
  const normal = (x) => {
    if (Math.abs(x) > 7) return x > 0 ? 1 : 0;
    let term = x;
    let sum = x;
    for (let n = 1; n < 120 && Math.abs(term) > 1e-12; n++) {
      term *= (x * x) / (2 * n + 1);
      sum += term;
    }
    return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
  };
  const inverseNormal = (share) => {
    let [low, high] = [-7, 7];
    for (let n = 0; n < 40; n++) {
      const middle = (low + high) / 2;
      if (normal(middle) < share) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };

  const picture = (address) =>
    new Promise((resolve, reject) => {
      const image = new Image();
      image.onload = () => resolve(image);
      image.onerror = reject;
      image.src = address;
    });

  const atlas = async (file, place) => {
    const { grid } = file.about;
    const letters = Array.from(file.tensors.atlas, (byte) => String.fromCharCode(byte)).join('');
    const sheet = await picture(`data:image/webp;base64,${btoa(letters)}`);
    const canvas = new OffscreenCanvas(sheet.width, sheet.height).getContext('2d', { willReadFrequently: true });
    canvas.drawImage(sheet, 0, 0);
    const tile = (share) => Math.min(grid - 1, Math.max(0, Math.floor(share * grid)));
    return (codes, count = 1) => {
      const size = codes.length / count;
      const levels = new Float32Array(count * channels * area);
      for (let n = 0; n < count; n++) {
        const [a, b] = place(codes.subarray(n * size, (n + 1) * size));
        const { data } = canvas.getImageData(tile(normal(a)) * width, tile(1 - normal(b)) * height, width, height);
        for (let c = 0; c < channels; c++) {
          for (let at = 0; at < area; at++) levels[(n * channels + c) * area + at] = data[4 * at + c];
        }
      }
      return levels;
    };
  };

  const load = async (cell) => {
    const script = scripts.get(cell);
    const file = decoding.read(await inflate(JSON.parse(script.textContent).payload));
    const { about, tensors } = file;
    const { origin, axes, codebook } = tensors;
    const size = origin.length;
    const lengths = [0, 1].map((axis) => {
      let sum = 0;
      for (let d = 0; d < size; d++) sum += axes[axis * size + d] ** 2;
      return sum;
    });
    // Where a code lies on the cell's plane, in standard deviations.
    const place = (code) =>
      lengths.map((length, axis) => {
        let sum = 0;
        for (let d = 0; d < size; d++) sum += (code[d] - origin[d]) * axes[axis * size + d];
        return length ? sum / length : 0;
      });
    // The code at a place of the plane, or the nearest to `base` there.
    const at = ([a, b], base = origin) => {
      const [p, q] = place(base);
      return Float32Array.from(base, (value, d) => value + (a - p) * axes[d] + (b - q) * axes[size + d]);
    };

    const found = { cell, about, tensors, size, place, at, live: script.dataset.way === 'live', steps: null };
    if (codebook) {
      const [depth, rows, columns] = about.code;
      const entries = codebook.length / depth;
      // The vectors of a map of entries, laid out as the decoder takes them.
      found.vectors = (map, from = 0) => {
        const code = new Float32Array(size);
        const places = rows * columns;
        for (let p = 0; p < places; p++) {
          for (let d = 0; d < depth; d++) code[d * places + p] = codebook[map[from + p] * depth + d];
        }
        return code;
      };
      found.nearest = (code) => {
        const places = rows * columns;
        const map = new Uint16Array(places);
        for (let p = 0; p < places; p++) {
          let least = Infinity;
          for (let k = 0; k < entries; k++) {
            let distance = 0;
            for (let d = 0; d < depth; d++) distance += (code[d * places + p] - codebook[k * depth + d]) ** 2;
            if (distance < least) {
              least = distance;
              map[p] = k;
            }
          }
        }
        return map;
      };
      found.entries = entries;
    }
    const rowOf = (flat, maps, row) => {
      if (maps) return found.vectors(maps, row * about.code[1] * about.code[2]);
      return flat.slice(row * size, (row + 1) * size);
    };
    if (found.live) {
      found.draws = codebook ? tensors.draws.length / (about.code[1] * about.code[2]) : tensors.draws.length / size;
      found.drawn = (n) => rowOf(tensors.draws, codebook && tensors.draws, n % found.draws);
      found.code = (index) => rowOf(tensors.codes, tensors.maps, index);
      found.decode = live(cell, file);
    } else {
      found.code = (index) => at([tensors.points[2 * index], tensors.points[2 * index + 1]]);
      found.draws = 0;
      found.decode = await atlas(file, place);
    }
    return found;
  };

  let sheet = null;
  return {
    width,
    height,
    normal,
    inverseNormal,
    colour,
    cells: [...scripts.keys()],
    has: (cell) => scripts.has(cell),
    way: (cell) => scripts.get(cell)?.dataset.way,
    // A cell's decoder and codes, as a promise; each is unpacked once.
    load: (cell) => {
      if (!kept.has(cell)) kept.set(cell, load(cell));
      return kept.get(cell);
    },
    // The picture that holds all test images of the page.
    sheet: () => (sheet ??= picture(gallery.latent.sheet)),
    worker: () => worker instanceof Worker,
  };
})();

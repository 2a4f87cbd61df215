// The β dial: gates follow β in the page's own decoder; codes and figures lie between those of the ladder's rungs.
import { circles, context2d, find, findAll, fresh } from '../frame/dom.js';
import { whileNear } from '../frame/near.js';
import { inflate } from '../frame/inflate.js';
import { follow, getState, setState, shows } from '../frame/state.js';
import { decoding } from '../explorer/decoder.js';
import { colour } from '../explorer/latent.js';

/** @param {HTMLElement} section */
const start = (section) => {
  /** @type {{ payload: string, labels: number[] }} */
  const { payload, labels } = JSON.parse(find(section, '#dial-data').textContent ?? '');
  const slider = find(section, 'input[type=range]', HTMLInputElement);
  const output = find(section, 'output');
  const rungs = findAll(section, 'circle.rung', SVGCircleElement);
  const now = find(section, 'circle.now', SVGCircleElement);
  const cloud = find(section, '.dial-cloud', HTMLCanvasElement);
  /** @type {any} */
  let file = null;
  /** @type {((code: Float32Array) => Float32Array) | null} */
  let run = null;
  const dial = { logBeta: 0 };
  let near = false;
  let waiting = 0;
  shows(section, 'dial');

  const load = async () => {
    file = decoding.read(await inflate(payload));
    run = decoding.network(file, dial);
  };

  // The rungs on either side of the slider, and how far it is from the first to the second.
  const between = () => {
    const at = Math.min(Number(slider.value), rungs.length - 1);
    const low = Math.min(Math.floor(at), rungs.length - 2);
    return { low, share: at - low };
  };
  /** @type {(first: number, second: number, share: number) => number} */
  const mix = (first, second, share) => first + (second - first) * share;

  /** @type {(name: string, codes: Float32Array[]) => void} */
  const row = (name, codes) => {
    const canvas = find(section, `[data-row=${name}]`, HTMLCanvasElement);
    const [, height, width] = file.about.shape;
    canvas.width = codes.length * width;
    canvas.height = height;
    const context = context2d(canvas);
    codes.forEach((code, n) => {
      const levels = name === 'originals' ? code : /** @type {any} */ (run)(code);
      context.putImageData(colour(levels)[0], n * width, 0);
    });
  };

  /** @type {(numbers: ArrayLike<number>, count: number) => Float32Array[]} */
  const split = (numbers, count) => {
    const size = numbers.length / count;
    return Array.from({ length: count }, (_, n) => Float32Array.from({ length: size }, (_, i) => numbers[n * size + i]));
  };

  const paintCloud = (low, share) => {
    const [context, size] = fresh(cloud, cloud.clientWidth, cloud.clientWidth);
    const reach = 4;
    const colours = findAll(section, '.classes [data-path]').map((item) => getComputedStyle(item).color);
    context.strokeStyle = getComputedStyle(cloud).color;
    context.globalAlpha = 0.35;
    circles(context, size, reach);
    context.globalAlpha = 0.85;
    const points = file.tensors.cloud;
    const all = 2 * labels.length;
    labels.forEach((label, n) => {
      const [x, y] = [0, 1].map((axis) => mix(points[low * all + 2 * n + axis], points[(low + 1) * all + 2 * n + axis], share));
      context.fillStyle = colours[label % colours.length];
      context.beginPath();
      context.arc((x / reach + 1) * (size / 2), (1 - y / reach) * (size / 2), 2.4, 0, 7);
      context.fill();
    });
  };

  const paint = () => {
    waiting = 0;
    if (!file || !near) return;
    const { low, share } = between();
    const { ladder } = file.about;
    dial.logBeta = mix(Math.log(ladder[low].beta), Math.log(ladder[low + 1].beta), share);
    const beta = Math.exp(dial.logBeta);
    output.textContent = `β = ${beta < 1 ? beta.toFixed(2) : beta.toFixed(1)}`;
    slider.setAttribute('aria-valuetext', output.textContent);
    for (const axis of ['x', 'y']) {
      const [first, second] = [low, low + 1].map((place) => Number(rungs[place].dataset[axis]));
      now.setAttribute(`c${axis}`, String(mix(first, second, share)));
    }
    for (const item of findAll(section, '[data-of]')) {
      const key = item.dataset.of ?? '';
      item.textContent = mix(ladder[low][key], ladder[low + 1][key], share).toFixed(key === 'frechet' ? 2 : 1).replace('-', '−');
    }
    const { codes, draws, originals } = file.tensors;
    const count = originals.length / file.about.shape.reduce((all, size) => all * size, 1);
    const all = codes.length / ladder.length;
    const mixed = Float32Array.from({ length: all }, (_, i) => mix(codes[low * all + i], codes[(low + 1) * all + i], share));
    row('originals', split(originals, count));
    row('reconstructions', split(mixed, count));
    row('samples', split(draws, count));
    paintCloud(low, share);
    section.dataset.beta = beta.toFixed(3);
  };
  const soon = () => {
    waiting ||= requestAnimationFrame(paint);
  };

  slider.addEventListener('input', soon);
  slider.addEventListener('change', () => setState({ dial: slider.value }));
  const parts = find(section, '.dial-parts'); // without a box while its section is folded
  whileNear(
    parts,
    (isNear) => {
      near = isNear;
      if (near) (file ? Promise.resolve() : load()).then(soon);
    },
    '200px',
  );
  new ResizeObserver(soon).observe(parts);
  find(document, '#theme').addEventListener('change', soon);
  follow(() => {
    const wanted = getState('dial');
    if (wanted === null || wanted === slider.value) return;
    slider.value = wanted;
    soon();
  });
};

/** @type {HTMLElement | null} */
const section = document.querySelector('#beta');
if (section) start(section);

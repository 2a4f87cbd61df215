// The lab: dials, buttons and pictures of a model that learns in a worker. It learns only after Train has been pressed,
// and only while it can be seen. Its settings are the entry lab= of the address.
import { closest, find, findAll } from '../frame/dom.js';
import { whileNear } from '../frame/near.js';
import { inflate } from '../frame/inflate.js';
import { follow, getState, setState, shows } from '../frame/state.js';
import { drawCurve, drawImages, drawPlane } from './pictures.js';
import { hire } from './worker.js';

/** @typedef {import('./worker.js').Look} Look */

const SLICE = 16; // milliseconds of learning between two looks
const KEPT = 400; // points of a curve

/** @param {HTMLElement} section */
const start = (section) => {
  shows(section, 'lab');
  const { payload, labels, ...size } = JSON.parse(find(section, '#lab-data').textContent ?? '');
  const dials = findAll(section, 'select', HTMLSelectElement);
  const seed = find(section, '[name=seed]', HTMLInputElement);
  const trainer = find(section, '[data-act=train]', HTMLButtonElement);
  const canvas = (name) => find(section, `canvas.lab-${name}`, HTMLCanvasElement);
  const [plane, grid, pairs, samples] = ['plane', 'grid', 'pairs', 'samples'].map(canvas);
  const curves = findAll(section, 'canvas.lab-curve', HTMLCanvasElement);
  const [counts, status] = [find(section, '.counts'), find(section, '.state')];
  const outputs = findAll(section, 'output', HTMLOutputElement);
  const usual = wordOf();
  // One image of each class, or the first ten where there are not as many classes.
  const firsts = [...new Set(labels)].sort((a, b) => a - b).map((label) => labels.indexOf(label));
  const shown = [...new Set([...firsts, ...labels.keys()])].slice(0, 10);

  /** @type {Uint8Array} */
  let originals;
  /** @type {() => { steps: number[], distortion: number[], heldOut: number[], rate: number[] }} */
  const nothing = () => ({ steps: [], distortion: [], heldOut: [], rate: [] });
  let history = nothing();
  /** @type {Look | null} */
  let latest = null;
  let [run, waiting, since, before] = [0, 0, 0, 0];
  let [running, visible, ready, drawing] = [false, false, false, false];
  const activity = { images: 0, frames: 0, milliseconds: 0 };

  // Settings: each dial's value stands as it is in the address, a word before its number.
  function wordOf() {
    return [...dials.map(({ value }) => value), `seed${seed.value}`].join('_');
  }
  /** @returns {import('./worker.js').Settings} */
  const settings = () => {
    const value = ({ value }) => (/\d/.test(value) ? Number(value.replace(/^[a-z]+/, '')) : value);
    const turned = Object.fromEntries(dials.map((dial) => [dial.name, value(dial)]));
    return /** @type {any} */ ({ ...turned, seed: Number(seed.value) });
  };
  const turnTo = (word) => {
    const parts = word.split('_');
    for (const dial of dials) {
      const found = [...dial.options].find((option) => parts.includes(option.value));
      if (found) dial.value = found.value;
    }
    const number = parts.map((part) => /^seed(\d{1,4})$/.exec(part)?.[1]).find(Number);
    if (number) seed.value = String(Number(number));
  };
  const say = (text) => {
    status.textContent = text;
  };

  const ask = hire((look) => {
    waiting -= 1;
    if (look.run === run) take(look);
    go();
  });
  const wish = (train) => {
    waiting += 1;
    ask({ train });
  };
  const going = () => running && visible && ready && !document.hidden;
  const go = () => {
    if (going() && !waiting) wish({ milliseconds: SLICE });
  };

  /** @param {Look} look */
  const take = (look) => {
    latest = look;
    if (look.trained) {
      history.steps.push(look.steps);
      history.distortion.push(look.distortion);
      history.heldOut.push(look.heldOut);
      history.rate.push(look.rate);
    }
    if (history.steps.length > KEPT) {
      for (const values of Object.values(history)) values.splice(0, Infinity, ...values.filter((_, at) => at % 2));
    }
    activity.images += look.trained;
    if (!drawing) requestAnimationFrame(draw);
    drawing = true;
  };

  // Marks of the classes, in the colours of the theme.
  /** @type {{ path: Path2D, colour: string }[]} */
  let marks = [];
  const mark = () => {
    const items = findAll(section, '[data-path]');
    marks = items.map((item) => ({ path: new Path2D(item.dataset.path), colour: getComputedStyle(item).color }));
  };
  const restyle = () => {
    mark();
    if (latest) draw();
  };
  find(document, '#theme').addEventListener('change', restyle);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', restyle);

  const draw = () => {
    drawing = false;
    if (!latest) return;
    if (!marks.length) mark();
    const { points, reach, axes, steps, weight, used } = latest;
    const { model, latent } = settings();
    drawPlane(plane, points, labels, reach, marks);
    drawImages(grid, latest.grid, size, Math.round(Math.sqrt(latest.grid.length / (size.height * size.width))));
    const both = new Uint8Array(2 * latest.pairs.length);
    both.set(originals);
    both.set(latest.pairs, latest.pairs.length);
    drawImages(pairs, both, size, shown.length);
    drawImages(samples, latest.samples, size, 10);
    drawCurve(curves[0], history.steps, history.distortion, Math.min(...history.distortion, ...history.heldOut), history.heldOut);
    drawCurve(curves[1], history.steps, history.rate, 0);
    const isVae = model === 'VAE';
    curves[1].hidden = !isVae;
    const [distortion, rate] = [history.distortion.at(-1), history.rate.at(-1)];
    const held = `; images held out (dashed): ${history.heldOut.at(-1)?.toFixed(1)}`;
    outputs[0].value = distortion === undefined ? '' : `${distortion.toFixed(1)} nats per image${held}`;
    outputs[1].value = !isVae ? 'none: an AE has no rate' : rate === undefined ? '' : `${rate.toFixed(2)} nats per image`;
    find(section, '.axes').textContent =
      latent > 2 ? `dimensions ${axes[0] + 1} and ${axes[1] + 1}; ${used} of ${latent} in use` : '';
    find(section, '.source').textContent = isVae ? 'from the prior' : 'from a Gaussian fitted to the codes';
    activity.frames += 1;
    const now = performance.now();
    if (running) activity.milliseconds += now - before;
    before = now;
    if (now - since > 500 || !running) {
      const speed = running && activity.milliseconds > 250 ? Math.round((1000 * activity.images) / activity.milliseconds) : 0;
      counts.textContent = [
        `Step ${steps.toLocaleString('en')}`,
        isVae && `weight of the rate ${Number(weight.toFixed(2))}`,
        speed && `${speed.toLocaleString('en')} images per second`,
      ]
        .filter(Boolean)
        .join(' · ');
      since = now;
      Object.assign(activity, { images: 0, milliseconds: 0 });
    }
  };

  const setRunning = (wanted) => {
    running = wanted;
    before = performance.now();
    trainer.textContent = running ? 'Pause' : 'Train';
    say(running ? 'Training.' : 'Paused.');
    if (!running && latest) draw();
    go();
  };
  const restart = () => {
    run += 1;
    history = nothing();
    since = 0; // the count of steps is shown anew at once
    if (!ready) return;
    ask({ start: { run, settings: settings() } });
    wish({ steps: 0 });
  };
  const write = () => setState({ lab: wordOf() });

  const ACTS = {
    train: () => setRunning(!running),
    step: () => {
      if (running) setRunning(false);
      if (ready) wish({ steps: 1 });
    },
    reset: () => {
      restart();
      say('Reset.');
    },
  };
  section.addEventListener('click', (event) => {
    ACTS[closest(event, '[data-act]')?.dataset.act ?? '']?.();
    const preset = closest(event, '.presets a');
    if (!preset || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    turnTo((preset.getAttribute('href') ?? '').slice(5));
    write();
    restart();
    setRunning(true);
    say(`${preset.textContent}: training from the start.`);
    plane.scrollIntoView({ block: 'nearest' });
  });
  section.addEventListener('change', ({ target }) => {
    if (target === seed) seed.value = String(Math.min(9999, Math.max(1, Math.round(Number(seed.value)) || 1)));
    if (target === seed || (target instanceof HTMLElement && 'resets' in target.dataset)) restart();
    else ask({ turn: settings() });
    if (!running && ready) wish({ steps: 0 });
    write();
  });
  follow(({ arrived }) => {
    const word = getState('lab') ?? usual;
    if (word === wordOf() || (!arrived && !getState('lab'))) return;
    turnTo(word);
    restart();
  });

  // The images are unpacked, and the model is shown as it starts, when the lab first comes into sight.
  const open = async () => {
    const levels = new Uint8Array(await inflate(payload));
    const pixels = size.height * size.width;
    originals = new Uint8Array(shown.length * pixels);
    shown.forEach((row, n) => originals.set(levels.subarray(row * pixels, (row + 1) * pixels), n * pixels));
    ask({ data: { levels, pixels, shown } });
    ready = true;
    restart();
  };
  let opening = false;
  // While the section is folded, this has no box, and nothing happens.
  whileNear(find(section, '.needs-js'), (near) => {
    visible = near;
    if (visible && !opening) {
      opening = true;
      open();
    }
    before = performance.now();
    go();
  });
  document.addEventListener('visibilitychange', go);
  new ResizeObserver(() => latest && draw()).observe(plane);
  return { activity, latest: () => latest, settings, running: () => running };
};

const section = document.getElementById('lab');
export const lab = section && start(section);

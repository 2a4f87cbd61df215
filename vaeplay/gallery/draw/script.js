// Draw, drop, paste or choose an image, and see what every live model makes of it (drawn=row of the test split).
import { closest, context2d, element, find, findAll } from '../frame/dom.js';
import '../frame/link.js';
import { whileNear } from '../frame/near.js';
import { imageNumber } from '../frame/numbers.js';
import { follow, getState, setState, shows } from '../frame/state.js';
import { load } from '../explorer/engine.js';
import { colour, latent, sizeOfImage } from '../explorer/latent.js';
import { points } from '../explorer/points.js';
import { cropped, framed, inked } from './framing.js';
import { makePad, raster } from './pad.js';
import { passAll, passing } from './passing.js';
import { show, verdictOn } from './rows.js';

/**
 * @typedef {object} Source What is on the pad: strokes, a test image by its place in the page, or an image of the reader.
 * @property {import('./pad.js').Stroke[]} strokes
 * @property {number} [test]
 * @property {import('./framing.js').Raster} [image]
 *
 * @typedef {{ cells: Record<string, import('./rows.js').Places>, frame: import('./framing.js').Frame | null,
 *   binarise: boolean }} Facts
 */

const LARGEST = 1024; // pixels of an image that is read, each way
const REST = 700; // milliseconds after which the verdict is said

/** @type {(section: HTMLElement, facts: Facts, points: import('../explorer/points.js').Points) => void} */
const start = (section, facts, points) => {
  const { width, height, channels, area } = sizeOfImage;
  const paper = find(section, 'canvas.paper', HTMLCanvasElement);
  const seen = find(section, 'canvas.seen', HTMLCanvasElement);
  const verdict = find(section, '.verdict');
  const file = find(section, 'input[type=file]', HTMLInputElement);
  const rows = new Map(findAll(section, '.drawn > li').map((row) => [row.dataset.cell ?? '', row]));
  shows(section, 'drawn');
  Object.assign(seen, { width, height });

  /** @type {Source[]} */
  const history = [{ strokes: [], test: 0 }];
  const source = () => history[history.length - 1];
  /** @type {Map<string, import('../explorer/engine.js').Explorable>} */
  let cells = new Map();
  /** @type {ReturnType<typeof passAll> | null} */
  let pass = null;
  /** @type {Float32Array} */
  let x = new Float32Array(channels * area);
  let seed = 1;
  let near = false;
  let [busy, late] = [false, false];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let resting;

  const say = (text) => {
    if (verdict.textContent !== text) verdict.textContent = text;
  };

  // The image as the models see it: in the 8 bits that the data set's images have.
  /** @type {(source: Source) => Promise<Float32Array>} */
  const seenOf = async ({ strokes, test, image }) => {
    if (test !== undefined) return points.pixels(test);
    const { frame } = facts;
    const grey = channels === 1;
    let found;
    if (image && frame && grey) found = framed(inked(image), frame, width);
    else if (image) found = cropped(image, width, height);
    else {
      const drawn = raster(strokes, frame);
      found = frame && grey ? framed(drawn, frame, width, 1) : cropped(drawn, width, height);
      if (!grey) found = Float32Array.from({ length: channels * area }, (_, at) => found[at % area]);
    }
    const whole = found.map((value) => Math.round(255 * value) / 255);
    return facts.binarise ? passing.binarised(whole, seed) : whole;
  };

  // The verdict in words, once nothing has changed for a while.
  /** @type {(found: import('./passing.js').All) => void} */
  const judge = (found) => {
    const test = source().test;
    const what = test === undefined ? 'Your image' : `Test image no. ${points.rows[test]}`;
    say(`${what}: ${verdictOn(found, x, facts.cells)}`);
  };

  // Passes the image; while the worker is at it, the last wish waits.
  const run = async () => {
    if (!near || !pass) return;
    if (busy) {
      late = true;
      return;
    }
    busy = true;
    section.dataset.busy = 'true';
    const since = performance.now();
    const wanted = source();
    x = await seenOf(wanted);
    context2d(seen).putImageData(colour(x.map((value) => 255 * value))[0], 0, 0);
    const found = await pass(x, seed);
    for (const [name, passed] of found) {
      const [row, cell] = [rows.get(name), cells.get(name)];
      if (row && cell) show(row, cell, passed, x, facts.cells[name]);
    }
    busy = false;
    section.dataset.busy = String(late);
    section.dataset.passed = String(Number(section.dataset.passed ?? 0) + 1);
    section.dataset.milliseconds = (performance.now() - since).toFixed(1);
    clearTimeout(resting);
    resting = setTimeout(() => judge(found), REST);
    if (late) {
      late = false;
      run();
    }
  };

  /** @type {HTMLCanvasElement | null} */
  let picture = null;
  const repaint = () => paint(source().strokes, picture);
  const changed = async () => {
    const { test, image } = source();
    picture = test === undefined && !image ? null : element('canvas', { width, height });
    if (test !== undefined && near) await points.show(/** @type {HTMLCanvasElement} */ (picture), test);
    if (image) picture = pictureOf(image);
    tell();
    repaint();
    run();
  };
  const pictureOf = ({ width: across, height: down, values }) => {
    const canvas = element('canvas', { width: across, height: down });
    const size = { channels, height: down, width: across, area: across * down };
    context2d(canvas).putImageData(colour(values.map((value) => 255 * value), 1, size)[0], 0, 0);
    return canvas;
  };
  /** @param {Source} next */
  const put = (next) => {
    history.push(next);
    setState({ drawn: next.test === undefined ? null : String(points.rows[next.test]) });
    changed();
  };

  const paint = makePad(paper, {
    begin: (place) => put({ strokes: [...source().strokes, [place]] }),
    extend: (place) => {
      source().strokes[source().strokes.length - 1].push(place);
      repaint();
      run();
    },
    undo: () => undo(),
    say,
    moved: () => repaint(),
  });
  const undo = () => {
    if (history.length === 1) return;
    history.pop();
    const { test } = source();
    setState({ drawn: test === undefined || history.length === 1 ? null : String(points.rows[test]) });
    changed();
  };

  // Of an image's file, pixels in grey or colour, on white where it is transparent.
  /** @type {(blob: Blob) => Promise<void>} */
  const open = async (blob) => {
    let bitmap;
    try {
      bitmap = await createImageBitmap(blob);
    } catch {
      say('This file is no image that the browser can read.');
      return;
    }
    const scale = Math.min(1, LARGEST / Math.max(bitmap.width, bitmap.height));
    const [across, down] = [bitmap.width, bitmap.height].map((size) => Math.max(1, Math.round(scale * size)));
    const canvas = element('canvas', { width: across, height: down });
    const context = context2d(canvas, { willReadFrequently: true });
    context.fillStyle = '#fff';
    context.fillRect(0, 0, across, down);
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, 0, 0, across, down);
    const { data } = context.getImageData(0, 0, across, down);
    const values = Float32Array.from({ length: channels * across * down }, (_, at) => {
      const [pixel, c] = [4 * (at % (across * down)), Math.floor(at / (across * down))];
      if (channels === 3) return data[pixel + c] / 255;
      return (0.299 * data[pixel] + 0.587 * data[pixel + 1] + 0.114 * data[pixel + 2]) / 255; // luma, ITU-R 601
    });
    put({ strokes: [], image: { width: across, height: down, values } });
  };
  const take = (/** @type {DataTransfer | null} */ data) => {
    const image = [...(data?.files ?? [])].find(({ type }) => type.startsWith('image/'));
    if (image) open(image);
    return Boolean(image);
  };
  section.addEventListener('dragover', (event) => {
    event.preventDefault();
    section.classList.add('over');
  });
  section.addEventListener('dragleave', () => section.classList.remove('over'));
  section.addEventListener('drop', (event) => {
    event.preventDefault();
    section.classList.remove('over');
    if (!take(event.dataTransfer)) say('What was dropped is no image file.');
  });
  document.addEventListener('paste', (event) => {
    if (near && take(event.clipboardData)) event.preventDefault();
  });
  file.addEventListener('change', () => {
    if (file.files?.[0]) open(file.files[0]);
    file.value = '';
  });
  const showNumber = imageNumber(section, points.rows, (test) => put({ strokes: [], test }));
  // The number that the address names, else that of the image on the pad, if it is a test image; its place.
  const tell = () => {
    const { test } = source();
    return showNumber(getState('drawn') ?? (test === undefined ? null : String(points.rows[test])));
  };
  section.addEventListener('click', (event) => {
    const wish = closest(event, '[data-do]')?.dataset.do;
    if (wish === 'undo') undo();
    else if (wish === 'clear') put({ strokes: [] });
    else if (wish === 'random') put({ strokes: [], test: Math.floor(Math.random() * points.rows.length) });
    else if (wish === 'again') {
      seed += 1;
      run();
    }
  });

  const begin = async () => {
    if (!cells.size) {
      const names = [...rows.keys()];
      const found = await Promise.all(names.map(load));
      cells = new Map(names.map((name, n) => [name, found[n]]));
      pass = passAll(names.map((name, n) => [name, found[n]]));
    }
    changed();
  };
  whileNear(
    section,
    (isNear) => {
      near = isNear;
      if (near) begin();
    },
    '200px',
  );
  points.onTheme(() => run());
  new ResizeObserver(() => run()).observe(section);
  follow(() => {
    const test = tell();
    if (test >= 0 && test !== source().test) put({ strokes: [], test });
  });
};

/** @type {HTMLElement | null} */
const section = document.querySelector('#draw');
if (section && points && latent.images) start(section, JSON.parse(find(section, '#draw-data').textContent ?? ''), points);

// The film of the training: one scrubber for all cells. Between two frames, points move in a straight line.
import { circles, context2d, find, findAll, fresh } from '../frame/dom.js';
import { whileNear } from '../frame/near.js';
import { inflate } from '../frame/inflate.js';
import { follow, getState, setState, shows } from '../frame/state.js';

/**
 * @typedef {object} Film
 * @property {number[]} epochs
 * @property {string} places
 * @property {number | null} reach
 * @property {string} sheet
 * @property {number[]} labels
 * @property {boolean} prior
 * @property {(number | null)[]} loss
 *
 * @typedef {object} Reel A film on the page.
 * @property {Film} film
 * @property {HTMLElement} figure
 * @property {Uint8Array | null} places
 * @property {ImageBitmap | null} sheet
 */

const SECONDS = 0.7; // from one frame to the next
const DOT = 2.4;

/** @type {(epoch: number) => string} */
const words = (epoch) => (epoch ? `after epoch ${epoch}` : 'before the first step');

/** @param {HTMLElement} section */
const start = (section) => {
  /** @type {Record<string, Film>} */
  const films = JSON.parse(find(section, '#film-data').textContent ?? '').films;
  shows(section, 'film');
  const scrubber = find(section, 'input[type=range]', HTMLInputElement);
  const output = find(section, 'output');
  const play = find(section, '[data-play]');
  const reels = findAll(section, 'figure.film').map((figure) => {
    const film = films[figure.dataset.film ?? ''];
    return /** @type {Reel} */ ({ film, figure, places: null, sheet: null });
  });
  const epochs = reels[0].film.epochs;
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  let at = 0; // the frame, with the way to the next as its fraction
  let playing = 0; // the request of the next animation frame
  let near = false;
  let before = 0; // the time of the last animation frame

  /** @type {(reel: Reel) => Promise<void>} */
  const load = async (reel) => {
    const image = new Image();
    image.src = reel.film.sheet;
    const [places] = await Promise.all([inflate(reel.film.places), image.decode()]);
    reel.places = new Uint8Array(places);
    reel.sheet = await createImageBitmap(image);
  };

  /** @type {(reel: Reel, colours: string[]) => void} */
  const paintPlane = ({ film, figure, places }, colours) => {
    const canvas = find(figure, '.film-plane', HTMLCanvasElement);
    const [context, size] = fresh(canvas);
    if (!places) return;
    const count = places.length / film.epochs.length;
    const frame = Math.min(Math.floor(at), film.epochs.length - 1);
    const next = Math.min(frame + 1, film.epochs.length - 1);
    const share = at - Math.floor(at);
    const value = (/** @type {number} */ n) => {
      const from = places[frame * count + n];
      return (from + (places[next * count + n] - from) * share) / 255;
    };
    context.strokeStyle = context.fillStyle = getComputedStyle(canvas).color;
    if (film.reach === null) {
      const wide = size / count;
      for (let n = 0; n < count; n++) context.fillRect(n * wide, size * (1 - 0.96 * value(n)), wide - 1, size);
      return;
    }
    context.globalAlpha = 0.35;
    if (film.prior) circles(context, size, film.reach);
    context.globalAlpha = 0.85;
    film.labels.forEach((label, n) => {
      context.fillStyle = colours[label % colours.length];
      context.beginPath();
      context.arc(value(2 * n) * size, (1 - value(2 * n + 1)) * size, DOT, 0, 7);
      context.fill();
    });
  };

  /** @type {(reel: Reel) => void} */
  const paintStrip = ({ film, figure, sheet }) => {
    if (!sheet) return;
    const canvas = find(figure, '.film-strip', HTMLCanvasElement);
    const height = sheet.height / film.epochs.length;
    const row = Math.min(Math.round(at), film.epochs.length - 1);
    canvas.width = sheet.width;
    canvas.height = height;
    context2d(canvas).drawImage(sheet, 0, row * height, sheet.width, height, 0, 0, sheet.width, height);
  };

  /** @type {(reel: Reel, epoch: number) => void} */
  const paintCurve = ({ film, figure }, epoch) => {
    const canvas = find(figure, '.film-curve', HTMLCanvasElement);
    const [context, width, height] = fresh(canvas);
    const known = film.loss.filter((value) => value !== null);
    if (!known.length) return;
    const [low, high] = [Math.min(...known), Math.max(...known)];
    const last = epochs[epochs.length - 1];
    context.strokeStyle = getComputedStyle(canvas).color;
    context.beginPath();
    film.loss.forEach((value, n) => {
      if (value === null) return;
      context.lineTo(((n + 1) / last) * width, 3 + (1 - (value - low) / (high - low || 1)) * (height - 6));
    });
    context.stroke();
    context.fillStyle = context.strokeStyle;
    context.fillRect(Math.min((epoch / last) * width, width - 1), 0, 1.5, height);
  };

  const paint = () => {
    if (!near) return;
    const colours = findAll(section, '.classes [data-path]').map((item) => getComputedStyle(item).color);
    const frame = Math.floor(at);
    const next = Math.min(frame + 1, epochs.length - 1);
    const epoch = epochs[frame] + (epochs[next] - epochs[frame]) * (at - frame);
    for (const reel of reels.filter(({ figure }) => !figure.hidden)) {
      if (!reel.places) continue;
      paintPlane(reel, colours);
      paintStrip(reel);
      paintCurve(reel, epoch);
      const loss = reel.film.loss[epochs[Math.round(at)] - 1];
      find(reel.figure, 'small').textContent = loss ? `validation loss ${loss.toFixed(1)}` : '';
    }
    section.dataset.frame = String(Math.round(at));
  };

  /** @param {number} to */
  const go = (to) => {
    at = Math.max(0, Math.min(to, epochs.length - 1));
    const frame = Math.round(at);
    scrubber.value = String(frame);
    output.textContent = words(epochs[frame]);
    scrubber.setAttribute('aria-valuetext', output.textContent);
    paint();
  };

  const pause = () => {
    cancelAnimationFrame(playing);
    playing = 0;
    play.textContent = 'Play';
    play.setAttribute('aria-pressed', 'false');
    setState({ film: String(Math.round(at)) });
  };
  /** @param {number} now */
  const step = (now) => {
    const passed = before ? (now - before) / 1000 : 0;
    const moved = at + passed / SECONDS;
    const isHere = near && !document.hidden;
    if (!still.matches || Math.floor(moved) > Math.floor(at) || !before) {
      before = now;
      if (isHere) go(still.matches ? Math.floor(moved) : moved);
    }
    if (at >= epochs.length - 1) pause();
    else playing = requestAnimationFrame(step);
  };
  play.addEventListener('click', () => {
    if (playing) return pause();
    if (at >= epochs.length - 1) go(0);
    before = 0;
    play.textContent = 'Pause';
    play.setAttribute('aria-pressed', 'true');
    playing = requestAnimationFrame(step);
  });
  scrubber.addEventListener('input', () => {
    if (playing) pause();
    go(Number(scrubber.value));
    setState({ film: scrubber.value });
  });
  section.querySelector('[data-all]')?.addEventListener('click', (event) => {
    const button = /** @type {HTMLElement} */ (event.currentTarget);
    reels.forEach(({ figure }) => (figure.hidden = false));
    button.hidden = true;
    arrive();
  });

  const arrive = async () => {
    near = true;
    const wanted = reels.filter((reel) => !reel.figure.hidden && !reel.places);
    await Promise.all(wanted.map(load));
    paint();
  };
  const reelsBox = find(section, '.films'); // without a box while its section is folded
  whileNear(
    reelsBox,
    (isNear) => {
      near = isNear;
      if (near) arrive();
    },
    '200px',
  );
  new ResizeObserver(paint).observe(reelsBox);
  find(document, '#theme').addEventListener('change', paint);
  follow(() => {
    const wanted = getState('film');
    if (wanted !== null && !playing && Number(wanted) !== Math.round(at)) go(Number(wanted) || 0);
  });
};

/** @type {HTMLElement | null} */
const section = document.querySelector('#film');
if (section) start(section);

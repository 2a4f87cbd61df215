// The pair that moves by itself: one point on a closed path, decoded by an AE and a VAE. It rests where motion is
// unwelcome, while it is off the screen, and for good once it has been touched.
import { load, sheet } from '../explorer/engine.js';
import { colour, latent, sizeOfImage } from '../explorer/latent.js';
import { context2d, find, findAll } from '../frame/dom.js';
import { whileNear } from '../frame/near.js';

/** @typedef {import('../explorer/engine.js').Explorable} Explorable */

const NEAREST = 12;
const SECONDS = 24; // once round the path
const REACH = 2; // standard deviations that the path goes from the middle
/** @type {(turn: number) => number[]} a place of the plane, in standard deviations, for a share of the way round */
const placeAt = (turn) => [REACH * Math.sin(4 * Math.PI * turn), REACH * Math.cos(6 * Math.PI * turn)];

/** @type {(canvas: HTMLCanvasElement) => CanvasRenderingContext2D} */
const sized = (canvas) => {
  canvas.width = sizeOfImage.width;
  canvas.height = sizeOfImage.height;
  return context2d(canvas);
};

/**
 * The average of the test images whose codes are nearest to a code.
 * @param {Explorable} cell
 */
const averager = async (cell) => {
  const { images } = latent;
  if (!images) return null;
  const picture = await sheet();
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, picture.width, picture.height);
  const { width, height } = sizeOfImage;
  const codes = images.rows.map((_, index) => cell.code(index));
  /** @type {(code: Float32Array) => ImageData} */
  return (code) => {
    const distances = codes.map((own, index) => {
      let sum = 0;
      for (let d = 0; d < code.length; d++) sum += (own[d] - code[d]) ** 2;
      return { sum, index };
    });
    const near = distances.sort((one, other) => one.sum - other.sum).slice(0, NEAREST);
    const mean = new ImageData(width, height);
    for (let y = 0; y < height; y++) {
      for (let at = 0; at < 4 * width; at++) {
        let sum = 0;
        for (const { index } of near) {
          const row = Math.floor(index / images.columns) * height + y;
          sum += data[4 * (row * picture.width + (index % images.columns) * width) + at];
        }
        mean.data[4 * y * width + at] = sum / near.length;
      }
    }
    return mean;
  };
};

/** @param {HTMLElement} box */
const start = async (box) => {
  const button = find(box, '[data-move]');
  const [path, dot] = [find(box, 'path', SVGPathElement), find(box, 'circle', SVGCircleElement)];
  const still = matchMedia('(prefers-reduced-motion: reduce)');
  const places = Array.from({ length: 241 }, (_, step) => placeAt(step / 240));
  path.setAttribute('d', `M${places.map(([a, b]) => `${a.toFixed(2)} ${(-b).toFixed(2)}`).join('L')}`);

  const figures = findAll(box, 'figure[data-cell]');
  const sides = await Promise.all(
    figures.map(async (figure) => ({
      cell: await load(figure.dataset.cell ?? ''),
      context: sized(find(figure, 'canvas', HTMLCanvasElement)),
    })),
  );
  const average = await averager(sides[1].cell);
  const shown = sized(find(box, '.average canvas', HTMLCanvasElement));

  const draw = async (turn) => {
    const place = placeAt(turn);
    dot.setAttribute('cx', place[0].toFixed(3));
    dot.setAttribute('cy', (-place[1]).toFixed(3));
    const codes = sides.map(({ cell }) => cell.at(place));
    const levels = await Promise.all(sides.map(({ cell }, side) => cell.decode(codes[side])));
    sides.forEach(({ context }, side) => context.putImageData(colour(levels[side])[0], 0, 0));
    if (average) shown.putImageData(average(codes[1]), 0, 0);
  };

  let turn = 0;
  let playing = !still.matches;
  let visible = false;
  /** @type {number | null} */
  let before = null;
  let asked = 0;
  const step = async (now) => {
    turn = (turn + (before === null ? 0 : Math.min(now - before, 100) / (1000 * SECONDS))) % 1;
    before = now;
    await draw(turn);
    if (asked) asked = requestAnimationFrame(step);
  };
  const settle = () => {
    const moves = playing && visible && !document.hidden;
    button.textContent = playing ? '❚❚' : '▶';
    button.setAttribute('aria-label', `${playing ? 'Pause' : 'Resume'} the motion`);
    if (moves && !asked) {
      before = null;
      asked = requestAnimationFrame(step);
    } else if (!moves) {
      cancelAnimationFrame(asked);
      asked = 0;
    }
  };
  button.addEventListener('click', () => {
    playing = !playing;
    settle();
  });
  find(box, '.tiles').addEventListener('pointerdown', () => {
    playing = false;
    settle();
  });
  document.addEventListener('visibilitychange', settle);
  whileNear(box, (near) => {
    visible = near;
    settle();
  });
  await draw(turn);
};

const box = document.querySelector('#answer .moving');
if (box instanceof HTMLElement) window.addEventListener('load', () => setTimeout(() => start(box)));

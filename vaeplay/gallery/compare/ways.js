// Pictures of several cells: side by side, as differences from the first, under a slider, or taking turns in one place.
import { context2d, element, find } from '../frame/dom.js';
import { fitPicture, ownSize } from '../frame/state.js';

const SIZE = 2; // screen pixels to a pixel, at most
const PACE = 700; // milliseconds per picture when they are shown in turn
const still = window.matchMedia('(prefers-reduced-motion: reduce)');
/** @type {ReturnType<typeof setInterval> | undefined} */
let turns;

const side = (caption, content) =>
  element('figure', { className: 'side' }, element('figcaption', {}, ...caption), content);
/** @type {(source: HTMLImageElement, room: number) => HTMLImageElement} */
const picture = (source, room) => {
  const image = element('img', { src: source.src, alt: source.alt, className: 'pixels' });
  fitPicture(image, ownSize(source), SIZE, room); // where not even one screen pixel fits, the style sheet shrinks it
  return image;
};

/** @param {HTMLImageElement} source */
const pixels = async (source) => {
  const image = element('img', { src: source.src });
  await image.decode();
  const canvas = element('canvas', { width: image.naturalWidth, height: image.naturalHeight });
  const context = context2d(canvas, { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return { canvas, context, pixels: context.getImageData(0, 0, canvas.width, canvas.height) };
};

// |other − first| of every channel, on a canvas of the pictures' own size.
const difference = async (first, other, room) => {
  const [one, two] = await Promise.all([pixels(first), pixels(other)]);
  const { data } = two.pixels;
  for (let at = 0; at < data.length; at += 1) {
    if (at % 4 < 3) data[at] = Math.abs(data[at] - (one.pixels.data[at] ?? 0));
  }
  two.context.putImageData(two.pixels, 0, 0);
  two.canvas.setAttribute('role', 'img');
  two.canvas.setAttribute('aria-label', `Difference between ${other.alt} and the first`);
  fitPicture(two.canvas, ownSize(other), SIZE, room);
  return two.canvas;
};

/** @type {(sources: HTMLImageElement[], labels: HTMLElement[], room: number) => HTMLElement[]} */
const flicker = (sources, labels, room) => {
  const image = picture(sources[0], room);
  const swapper = element('button', { type: 'button' }, 'Swap');
  const pauser = element('button', { type: 'button' });
  const figure = side([labels[0]], element('div', {}, image, element('p', {}, swapper, ' ', pauser)));
  let turn = 0;
  const swap = () => {
    turn = (turn + 1) % sources.length;
    image.src = sources[turn].src;
    image.alt = sources[turn].alt;
    find(figure, 'figcaption').replaceChildren(labels[turn]);
  };
  const pace = (running) => {
    clearInterval(turns);
    turns = running ? setInterval(swap, PACE) : undefined;
    pauser.textContent = running ? 'Pause' : 'Play';
  };
  for (const item of [image, swapper]) item.addEventListener('click', swap);
  pauser.addEventListener('click', () => pace(turns === undefined));
  pace(!still.matches);
  return [figure];
};

// The second picture lies on the first, cut off at the slider.
/** @type {(sources: HTMLImageElement[], labels: HTMLElement[], room: number) => HTMLElement[]} */
const slider = (sources, labels, room) => {
  const [under, over] = sources.slice(0, 2).map((source) => picture(source, room));
  const control = element('input', { type: 'range', min: '0', max: '100', value: '50', className: 'slider' });
  control.setAttribute('aria-label', `${labels[0].textContent} on the left, ${labels[1].textContent} on the right`);
  const cut = () => {
    over.style.clipPath = `inset(0 0 0 ${control.value}%)`;
    control.style.width = under.style.width;
  };
  control.addEventListener('input', cut);
  cut();
  const both = element('div', { className: 'stack' }, under, over);
  return [side([labels[0], ' | ', labels[1]], element('div', {}, both, control))];
};

/**
 * The pictures in one of the ways: `side`, `slider`, `difference` or `flicker`. Those before them stop taking turns.
 * @param {{ label: HTMLElement, source: HTMLImageElement }[]} there
 * @param {string} way
 * @param {number} room in CSS pixels
 * @returns {Promise<HTMLElement[]>}
 */
export const arranged = async (there, way, room) => {
  clearInterval(turns);
  const [sources, labels] = [there.map(({ source }) => source), there.map(({ label }) => label)];
  if (way === 'flicker' && there.length > 1) return flicker(sources, labels, room);
  if (way === 'slider' && there.length > 1) return slider(sources, labels, room);
  if (way !== 'difference') return sideBySide(there, room);
  const [first, ...others] = there;
  const title = ({ label }) => [label, ' compared with ', first.label.cloneNode(true)];
  return Promise.all(
    others.map(async (item) => side(title(item), await difference(first.source, item.source, room))),
  );
};

/**
 * Pictures side by side.
 * @param {{ label: HTMLElement, source: HTMLImageElement }[]} there
 * @param {number} room in CSS pixels
 */
export const sideBySide = (there, room) => there.map(({ label, source }) => side([label], picture(source, room)));

// Test images as points: their colours and shapes by class, which is nearest, and the image that is pointed at.
import { context2d, element, find, findAll } from '../frame/dom.js';
import { sheet } from './engine.js';
import { latent, sizeOfImage } from './latent.js';
import { stampsOf } from './stamps.js';

/**
 * @typedef {(index: number) => number[]} Place The pixel of an image's point.
 * @typedef {ReturnType<typeof make>} Points
 * @typedef {Pick<Points, 'colours' | 'draw' | 'nearest' | 'point' | 'onTheme'>} Marks What a pad needs of them.
 */

/**
 * @param {NonNullable<import('./latent.js').Latent['images']>} images
 * @param {HTMLElement} box
 */
const make = (images, box) => {
  const { classes } = latent;
  const legend = findAll(box, '[data-path]');
  /** The colour of each image's class, in the current theme. */
  const colours = () => {
    const own = legend.map((item) => getComputedStyle(item).color);
    return images.labels.map((label) => own[label % own.length]);
  };
  /** @type {(() => void)[]} */
  const themed = [];

  const stamps = stampsOf(legend, images.labels);
  const restyle = () => {
    stamps.renew();
    themed.forEach((listener) => listener());
  };
  find(document, '#theme').addEventListener('change', restyle);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', restyle);

  /**
   * The image whose point is nearest to (x, y), or −1 where none is within `reach`.
   * @param {Place} place
   * @param {number} x
   * @param {number} y
   */
  const nearest = (place, x, y, reach = 10) => {
    let [found, least] = [-1, reach * reach];
    for (let index = 0; index < images.rows.length; index++) {
      const [px, py] = place(index);
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < least) [found, least] = [index, distance];
    }
    return found;
  };

  /**
   * Draws one test image into a canvas, once the sheet of all is there.
   * @param {HTMLCanvasElement} canvas
   * @param {number} index
   */
  const show = async (canvas, index) => {
    const all = await sheet();
    const { width, height } = sizeOfImage;
    canvas.width = width;
    canvas.height = height;
    const [column, row] = [index % images.columns, Math.floor(index / images.columns)];
    const across = all.width / images.columns; // less than `width` where large images were made smaller
    const down = all.height / Math.ceil(images.rows.length / images.columns);
    context2d(canvas).drawImage(all, column * across, row * down, across, down, 0, 0, width, height);
  };
  /**
   * Its pixels in 0…1, channel by channel, as exactly as the sheet has them.
   * @param {number} index
   */
  const pixels = async (index) => {
    const own = element('canvas', {});
    await show(own, index);
    const { channels, width, height, area } = sizeOfImage;
    const { data } = context2d(own, { willReadFrequently: true }).getImageData(0, 0, width, height);
    return Float32Array.from({ length: channels * area }, (_, at) =>
      data[4 * (at % area) + Math.floor(at / area)] / 255);
  };
  /** @param {number} index */
  const name = (index) => `test image ${images.rows[index]}, ${classes[images.labels[index]] ?? 'no class'}`;

  const peek = find(document, '#peek');
  const [picture, words] = [find(peek, 'canvas', HTMLCanvasElement), find(peek, 'span')];
  let peeked = -1;
  // Shows image `index` beside (x, y) of the window; −1 hides it.
  const point = (index, x = 0, y = 0) => {
    peek.hidden = index < 0;
    if (index < 0) {
      peeked = -1;
      return;
    }
    if (index !== peeked) {
      peeked = index;
      words.textContent = name(index);
      show(picture, index);
    }
    const { offsetWidth, offsetHeight } = peek;
    peek.style.left = `${Math.max(4, Math.min(x + 14, window.innerWidth - offsetWidth - 4))}px`;
    peek.style.top = `${Math.max(4, y + 14 + offsetHeight > window.innerHeight ? y - offsetHeight - 10 : y + 14)}px`;
  };

  /** @param {() => void} listener */
  const onTheme = (listener) => {
    themed.push(listener);
  };
  return { ...images, colours, draw: stamps.draw, nearest, show, pixels, name, point, onTheme };
};

/** @type {HTMLElement | null} */
const legend = document.querySelector('.classes');
/** @type {Points | null} Nothing where the page has nothing that shows points. */
export const points = latent.images && legend && make(latent.images, legend);

// Film strips: steps of a way through the latent space, decoded side by side, and saved as a PNG.
import { context2d, element, find, findAll } from '../frame/dom.js';
import { saveCanvas } from '../frame/save.js';
import { cellOf } from '../frame/state.js';
import { colour, sizeOfImage } from './latent.js';

const FRAMES = 11;
const SCALE = 3; // pixels of the saved picture to one of an image
const LINE = 26; // pixels of a line of text

/**
 * Draws a cell's strip; `key` names what it shows, so that the same is decoded once, and `codeAt` gives a step's code.
 * @type {(canvas: HTMLCanvasElement, cell: import('./engine.js').Explorable, key: string,
 *   codeAt: (share: number) => Float32Array) => Promise<void>}
 */
const film = async (canvas, cell, key, codeAt) => {
  const wanted = `${cell.cell} ${key}`;
  if (canvas.dataset.wanted === wanted) return;
  canvas.dataset.wanted = wanted;
  const codes = new Float32Array(FRAMES * cell.size);
  for (let n = 0; n < FRAMES; n++) {
    const code = codeAt(n / (FRAMES - 1));
    const { codebook } = cell;
    codes.set(codebook ? codebook.vectors(codebook.nearest(code)) : code, n * cell.size);
  }
  const tiles = colour(await cell.decode(codes, FRAMES), FRAMES);
  if (canvas.dataset.wanted !== wanted) return;
  canvas.width = FRAMES * sizeOfImage.width;
  canvas.height = sizeOfImage.height;
  tiles.forEach((tile, n) => context2d(canvas).putImageData(tile, n * sizeOfImage.width, 0));
};

/** @type {(panel: HTMLElement, title: string) => void} */
const save = (panel, title) => {
  const strips = findAll(panel, '.strip').filter((strip) => !strip.hidden);
  const canvases = strips.map((strip) => find(strip, 'canvas', HTMLCanvasElement));
  const width = Math.max(...canvases.map((canvas) => canvas.width)) * SCALE;
  const height = LINE + canvases.reduce((sum, canvas) => sum + canvas.height * SCALE + LINE, 0);
  const whole = element('canvas', { width, height });
  const context = context2d(whole);
  context.fillStyle = '#fff';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingEnabled = false;
  context.fillStyle = '#000';
  context.font = '15px system-ui, sans-serif';
  context.fillText(title, 4, 18);
  let top = LINE;
  strips.forEach((strip, n) => {
    context.fillText(find(strip, 'bdi').textContent ?? '', 4, top + 18);
    context.drawImage(canvases[n], 0, top + LINE, canvases[n].width * SCALE, canvases[n].height * SCALE);
    top += LINE + canvases[n].height * SCALE;
  });
  saveCanvas(whole, `${panel.dataset.file}.png`);
};

/**
 * The strips of a panel, one for each side: `show` draws them, and its button saves them under `title`.
 * @type {(panel: HTMLElement, sides: import('./side.js').Side[], title: () => string) =>
 *   (key: string, codeAt: (cell: import('./engine.js').Explorable, share: number) => Float32Array) => void}
 */
export const stripsOf = (panel, sides, title) => {
  const strips = findAll(panel, '.strip');
  find(panel, '[data-save]').addEventListener('click', () => save(panel, title()));
  return (key, codeAt) =>
    sides.forEach(({ cell }, place) => {
      const strip = strips[place];
      strip.hidden = !cell;
      if (!cell) return;
      find(strip, 'bdi').textContent = cellOf(cell.cell).label;
      film(find(strip, 'canvas', HTMLCanvasElement), cell, key, (share) => codeAt(cell, share));
    });
};

// One model's explorer in a notebook. The page's parts run as they are; this has what is around them in the page.
import { startDial } from '../explorer/dial.js';
import { startDimensions } from '../explorer/dimensions.js';
import { cells, load } from '../explorer/engine.js';
import { latent, sizeOfImage } from '../explorer/latent.js';
import { startPads } from '../explorer/pad.js';
import { decode, settle, sideOf } from '../explorer/side.js';
import { stampsOf } from '../explorer/stamps.js';
import { find, findAll } from '../frame/dom.js';

const section = find(document, '#explorer');
const side = sideOf(find(section, 'figure.side'));
const labels = latent.images?.labels ?? [];
const legend = findAll(document, '[data-path]');
const stamps = stampsOf(legend, labels);
const dark = matchMedia('(prefers-color-scheme: dark)');
const points = {
  colours: () => labels.map((label) => getComputedStyle(legend[label % legend.length]).color),
  draw: stamps.draw,
  nearest: () => -1, // points are not chosen here
  point: () => {},
  onTheme: (listener) =>
    dark.addEventListener('change', () => {
      stamps.renew();
      listener();
    }),
};

/** @type {import('../explorer/address.js').Place} */
const state = { base: null, at: null, ends: [0, 0], cells, layers: [] };
/** @type {(() => void)[]} */
const parts = [];
let asked = false;
const frame = () => {
  asked = false;
  if (!side.cell) return;
  settle(side, side.cell, state, side);
  decode(side);
  const { base, at } = state;
  const [a, b] = side.place.map((value) => value.toFixed(2).replace('-', '−'));
  const drawn = base?.kind === 'draw' && !at;
  find(section, '.place').textContent = drawn ? `Sample ${base.n + 1} from ${side.cell.about.prior}` : `At ${a}, ${b}`;
  parts.forEach((part) => part());
};
const redraw = () => {
  if (!asked) requestAnimationFrame(frame);
  asked = true;
};
/** @param {Partial<typeof state>} wanted */
const change = (wanted) => {
  if ('base' in wanted && !('at' in wanted)) wanted.at = null;
  Object.assign(state, wanted);
  redraw();
};

/** @type {import('../explorer/side.js').Shown} */
export const explorer = { section, sides: [side], state, change, redraw, show: (part) => parts.push(part) };
startPads(explorer, points, () => false);
startDial(explorer, labels);
startDimensions(explorer);
find(section, '[data-act=draw]').addEventListener('click', () => {
  const n = state.base?.kind === 'draw' ? state.base.n + 1 : 0;
  if (side.cell) change({ base: { kind: 'draw', n: n % side.cell.draws } });
});
find(section, '[data-act=centre]').addEventListener('click', () => change({ base: null }));

// The frame is as high as its content, where the notebook allows it.
new ResizeObserver(() => {
  const outer = /** @type {HTMLElement | null} */ (window.frameElement);
  if (outer) outer.style.height = `${section.offsetHeight}px`;
}).observe(section);

load(cells[0]).then((cell) => {
  side.cell = cell;
  Object.assign(side.picture, { width: sizeOfImage.width, height: sizeOfImage.height });
  redraw();
});

// The compare tray: two to four cells (compare=name, repeated) on the same images, side by side, as differences from the
// first, under a slider, or taking turns in one place (way=side, difference, slider or flicker; the dialog is open when
// there is a way).
import { closest, context2d, element, find, findAll } from '../frame/dom.js';
import { cellOf, fitPicture, follow, getState, getStates, isCell, ownSize, pageData, setState } from '../frame/state.js';
import '../table/script.js';
import { imageOf } from '../wall/script.js';

const MOST = 4;
const PACE = 700; // milliseconds per picture when they are shown in turn
const tray = find(document, '#tray');
const dialog = find(document, '#compare', HTMLDialogElement);
const how = find(dialog, '.how');
const sides = find(dialog, '.sides');
const numbers = find(dialog, '.dialog-body .scroll');
const still = window.matchMedia('(prefers-reduced-motion: reduce)');
const explanations = {
  side: 'The same images for every cell, or images from the same noise if the latent sizes agree.',
  own: 'Each cell shows its own selection of test images here, so they may differ between cells.',
  slider: 'The first two cells, one over the other: move the slider to see more of one or the other.',
  difference: 'The difference of each cell from the first, pixel by pixel: black is none, white is the largest possible.',
  flicker: 'The cells are shown in turn in one place. Click the picture to see the next cell; use the buttons to pause.',
};
/** @type {ReturnType<typeof setInterval> | undefined} */
let turns;

const chosen = () => getStates('compare').filter((name) => isCell(name)).slice(0, MOST);

const ticks = findAll(document, '#cells-table tbody tr', HTMLTableRowElement).map((row) => {
  const name = row.dataset.compare ?? '';
  const { label } = cellOf(name);
  const tick = element('input', { type: 'checkbox', className: 'tick', value: name });
  tick.setAttribute('aria-label', `Compare ${label}`);
  tick.addEventListener('change', () => {
    const others = chosen().filter((name) => name !== tick.value);
    setState({ compare: tick.checked ? [...others, tick.value] : others });
  });
  row.cells[0].prepend(tick);
  return tick;
});

const side = (caption, content) =>
  element('figure', { className: 'side' }, element('figcaption', {}, ...caption), content);
/** @param {HTMLImageElement} source */
const picture = (source) => {
  const image = element('img', { src: source.src, alt: source.alt, className: 'pixels' });
  fitPicture(image, ownSize(source), 2, sides.clientWidth);
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
const difference = async (first, other) => {
  const [one, two] = await Promise.all([pixels(first), pixels(other)]);
  const { data } = two.pixels;
  for (let at = 0; at < data.length; at += 1) {
    if (at % 4 < 3) data[at] = Math.abs(data[at] - (one.pixels.data[at] ?? 0));
  }
  two.context.putImageData(two.pixels, 0, 0);
  two.canvas.setAttribute('role', 'img');
  two.canvas.setAttribute('aria-label', `Difference between ${other.alt} and the first`);
  fitPicture(two.canvas, ownSize(other), 2, sides.clientWidth);
  return two.canvas;
};

/** @type {(sources: HTMLImageElement[], labels: HTMLElement[]) => HTMLElement[]} */
const flicker = (sources, labels) => {
  const image = picture(sources[0]);
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
/** @type {(sources: HTMLImageElement[], labels: HTMLElement[]) => HTMLElement[]} */
const slider = (sources, labels) => {
  const [under, over] = sources.slice(0, 2).map(picture);
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

/** @param {string[]} names */
const table = (names) => {
  const cells = names.map((name) => cellOf(name));
  const head = element('tr', {}, element('th', { scope: 'col' }, 'Test split, with 95 % intervals'));
  head.append(...cells.map((cell) => element('th', { scope: 'col' }, element('bdi', {}, cell.label))));
  const text = (value, digits) => value.toFixed(digits).replace('-', '−');
  const entry = (cell, { key, digits }) => {
    const [value, interval] = [cell.metrics[key], cell.intervals[key]];
    if (typeof value !== 'number') return element('td', {}, '—');
    if (!interval) return element('td', {}, text(value, digits));
    const [low, high] = interval.map((end) => text(end, digits));
    return element('td', {}, text(value, digits), element('small', {}, ` (${low} to ${high})`));
  };
  const known = ({ key }) => cells.some((cell) => typeof cell.metrics[key] === 'number');
  const arrows = { higher: '↑', lower: '↓' };
  const rows = pageData.metrics.filter(known).map((metric) => {
    const { label, unit, better } = metric;
    const head = element('th', { scope: 'row' }, label, ' ');
    if (better) head.append(arrows[better], element('span', { className: 'unseen' }, ` ${better} is better `));
    head.append(' ', element('small', {}, unit));
    return element('tr', {}, head, ...cells.map((cell) => entry(cell, metric)));
  });
  return element('table', { className: 'numbers' }, element('thead', {}, head), element('tbody', {}, ...rows));
};

/** @type {(names: string[], way: string, kind: string) => Promise<void>} */
const draw = async (names, way, kind) => {
  const asked = before;
  const caption = ({ label, prior }) => (kind === 'prior' && prior ? `${label}, from: ${prior}` : label);
  const labels = names.map((name) => element('bdi', {}, caption(cellOf(name))));
  const found = names.map((name, index) => ({ label: labels[index], source: imageOf(kind, name) }));
  const there = found.flatMap(({ label, source }) => (source ? [{ label, source }] : []));
  const [images, captions] = [there.map(({ source }) => source), there.map(({ label }) => label)];
  let made = there.map(({ label, source }) => side([label], picture(source)));
  if (way === 'flicker' && there.length > 1) {
    made = flicker(images, captions);
  } else if (way === 'slider' && there.length > 1) {
    made = slider(images, captions);
  } else if (way === 'difference') {
    const [first, ...others] = there;
    const title = ({ label }) => [label, ' compared with ', first.label.cloneNode(true)];
    made = await Promise.all(
      others.map(async (item) => side(title(item), await difference(first.source, item.source))),
    );
  }
  if (before === asked) sides.replaceChildren(...made);
};

const opener = find(tray, '[data-compare]', HTMLButtonElement);
opener.addEventListener('click', () => setState({ way: 'side' }, { push: true }));
find(tray, '[data-forget]').addEventListener('click', () => setState({ compare: null, way: null }));
dialog.addEventListener('click', (event) => {
  const button = closest(event, 'button');
  if (button?.dataset.kind) setState({ kind: button.dataset.kind });
  if (button?.dataset.way) setState({ way: button.dataset.way });
  if (event.target === dialog || button?.hasAttribute('data-close')) dialog.close();
});
dialog.addEventListener('close', () => dialog.open || setState({ way: null }));

let before = '';
follow(() => {
  const names = chosen();
  const wanted = names.length > 1 ? (getState('way') ?? '') : '';
  const way = dialog.querySelector(`[data-way="${CSS.escape(wanted)}"]`) ? wanted : '';
  const kinds = findAll(dialog, '[data-kind]');
  const kind = (kinds.find((button) => button.dataset.kind === getState('kind')) || kinds[0]).dataset.kind ?? '';
  for (const tick of ticks) {
    tick.checked = names.includes(tick.value);
    tick.disabled = !tick.checked && names.length >= MOST;
  }
  tray.hidden = !names.length;
  const first = element('bdi', {}, names.length ? cellOf(names[0]).label : '');
  find(tray, '.chosen').replaceChildren(
    ...(names.length < 2 ? [first, ': tick another cell to compare'] : [`${names.length} cells chosen`]),
  );
  opener.disabled = names.length < 2;

  const now = JSON.stringify([names, way, kind]);
  if (now === before) return;
  before = now;
  clearInterval(turns);
  if (!way) {
    if (dialog.open) dialog.close();
    return;
  }
  if (!dialog.open) dialog.showModal();
  for (const button of kinds) button.setAttribute('aria-pressed', String(button.dataset.kind === kind));
  for (const button of findAll(dialog, '[data-way]')) {
    button.setAttribute('aria-pressed', String(button.dataset.way === way));
  }
  const own = kind === 'best' || kind === 'worst';
  how.textContent = own ? `${way === 'side' ? '' : explanations[way]} ${explanations.own}` : explanations[way];
  numbers.replaceChildren(table(names));
  draw(names, way, kind);
});

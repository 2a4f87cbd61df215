// The sample wall: one kind of picture at a time, in the order of the table or by two axes of the grid (rows=, columns=),
// at a whole number of screen pixels per pixel.
import { mark } from '../filters/script.js';
import { closest, element, find, findAll } from '../frame/dom.js';
import {
  cellOf,
  contentOf,
  fitPicture,
  follow,
  getState,
  ownSize,
  pageData,
  setState,
  shows,
  view,
} from '../frame/state.js';
import '../table/script.js';

const wall = find(document, '#wall');
const kinds = findAll(wall, 'div.kind');
const kindButtons = findAll(wall, 'button[data-kind]');
const sizeButtons = findAll(wall, 'button[data-size]');
shows(wall, 'kind', 'size', 'rows', 'columns');

const choices = findAll(wall, '.axis-choice select', HTMLSelectElement);
for (const select of choices) {
  select.addEventListener('change', () => setState({ [select.name]: select.value || null }));
}

for (const button of kindButtons) button.addEventListener('click', () => setState({ kind: button.dataset.kind ?? null }));
for (const button of sizeButtons) button.addEventListener('click', () => setState({ size: button.dataset.size ?? null }));

wall.addEventListener('click', (event) => {
  const frame = closest(event, 'a.frame');
  const name = frame?.closest('.tile')?.getAttribute('data-cell');
  if (!frame || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  setState({ zoom: `${frame.dataset.kind}:${name}`, cell: null }, { push: true });
});

// Only the first kind is in the page from the start: the others wait unread in noscript elements, which saves a page of
// many cells most of its opening time. A kind's tiles are made when one of them is first asked for.
/** @typedef {{ tiles: HTMLElement, places: Map<string, HTMLElement> }} Tiles */
/** @type {Map<HTMLElement, Tiles>} */
const everyTile = new Map();
/** @type {(part: HTMLElement) => Tiles} */
const tilesOf = (part) => {
  let made = everyTile.get(part);
  if (!made) {
    const waiting = part.querySelector('noscript');
    const tiles = find(waiting ? contentOf(waiting) : part, '.tiles');
    made = { tiles, places: new Map(findAll(tiles, '.tile').map((tile) => [tile.dataset.cell ?? '', tile])) };
    everyTile.set(part, made);
  }
  return made;
};
/** @type {(kind: string, name: string) => HTMLImageElement | null} */
export const imageOf = (kind, name) => {
  const part = kinds.find((item) => item.dataset.kind === kind);
  return (part && tilesOf(part).places.get(name)?.querySelector('img')) ?? null;
};

const chosenSize = () => sizeButtons.find((button) => button.dataset.size === getState('size')) || sizeButtons[0];
/** @param {HTMLElement} part */
const fit = (part) => {
  const columns = part.querySelector('.by-axes tr')?.children.length ?? 2;
  const room = Math.max((wall.clientWidth - 2) / (columns - 1) - (columns > 2 ? 24 : 0), 120); // a frame's border, gaps
  for (const image of findAll(part, 'img')) {
    fitPicture(image, ownSize(image), Number(chosenSize().dataset.size), room);
    image.classList.toggle('shrunk', ownSize(image).width / (window.devicePixelRatio || 1) > room);
  }
};

// Tiles as a table by two axes, either of which may be absent; tiles of one place stand below each other.
const title = (axis, text) => {
  const label = [...choices[0].options].find((option) => option.value === axis)?.textContent ?? '';
  return element('bdi', {}, axis && axis !== 'model' ? `${label} ${text}` : text);
};
/** @type {(made: Tiles, rowAxis: string, columnAxis: string) => void} */
const byAxes = ({ tiles, places }, rowAxis, columnAxis) => {
  const names = view.order.filter((name) => places.has(name));
  const of = (name, axis) => (axis ? cellOf(name).axes[axis] : '');
  const values = (axis) => [...new Set(pageData.cells.map(({ name }) => of(name, axis)))];
  const head = element('tr', {}, element('td', {}));
  for (const text of values(columnAxis)) head.append(element('th', { scope: 'col' }, title(columnAxis, text)));
  const body = element('tbody', {});
  for (const row of values(rowAxis)) {
    const cells = values(columnAxis).map((column) => {
      const own = names.filter((name) => of(name, rowAxis) === row && of(name, columnAxis) === column);
      return element('td', {}, ...own.flatMap((name) => places.get(name) ?? []));
    });
    body.append(element('tr', {}, element('th', { scope: 'row' }, title(rowAxis, row)), ...cells));
  }
  tiles.replaceChildren(element('table', { className: 'by-axes' }, element('thead', {}, head), body));
};

/** @param {HTMLElement} part */
const arrange = (part) => {
  const made = tilesOf(part);
  const { tiles, places } = made;
  if (!part.contains(tiles)) {
    find(part, 'noscript').replaceWith(tiles);
    mark(tiles);
  }
  const [rowAxis, columnAxis] = choices.map((select) => select.value);
  if (rowAxis || columnAxis) {
    byAxes(made, rowAxis, columnAxis);
  } else {
    tiles.querySelector('.by-axes')?.remove();
    view.order.forEach((name, index) => {
      const tile = places.get(name);
      if (tile && tiles.children[index] !== tile) tiles.insertBefore(tile, tiles.children[index] ?? null);
    });
  }
  fit(part);
};

let before = '';
let shown = kinds[0];
follow(() => {
  const wanted = kindButtons.find((button) => button.dataset.kind === getState('kind')) || kindButtons[0];
  // A select is empty where the address names no axis of this grid.
  for (const select of choices) select.value = getState(select.name) ?? '';
  const axes = choices.map((select) => select.value);
  const now = [wanted.dataset.kind, chosenSize().dataset.size, ...axes, ...view.order].join(' ');
  if (now === before) return;
  before = now;
  for (const button of kindButtons) button.setAttribute('aria-pressed', String(button === wanted));
  for (const button of sizeButtons) button.setAttribute('aria-pressed', String(button === chosenSize()));
  for (const part of kinds) part.classList.toggle('unchosen', part.dataset.kind !== wanted.dataset.kind);
  shown = kinds.find((part) => part.dataset.kind === wanted.dataset.kind) ?? shown;
  arrange(shown);
});
window.addEventListener('resize', () => fit(shown));

// On paper every kind is there.
const print = () => kinds.forEach(arrange);
window.addEventListener('beforeprint', print);
matchMedia('print').addEventListener('change', ({ matches }) => matches && print());

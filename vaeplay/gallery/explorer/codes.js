// The map of codes of a VQ-VAE: each place holds an entry of the codebook, and takes another by a click.
import { context2d, element, find } from '../frame/dom.js';
import { colour, sizeOfImage } from './latent.js';
import { explorer } from './place.js';

/**
 * @typedef {{ button: HTMLButtonElement, canvas: HTMLCanvasElement }} Tile
 * @typedef {import('./engine.js').Codebook} Codebook
 */

/** @param {import('./place.js').Explorer} explorer */
const start = (explorer) => {
  const { sides, state, change } = explorer;
  const box = find(explorer.section, '.codes');
  const [grid, palette] = [find(box, '.code-map'), find(box, '.palette')];
  const MOST = 64; // entries in the palette, the most used first
  const LARGEST = 400; // places of a map that can be edited
  const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  /** @type {import('./engine.js').Explorable | null} */
  let owner = null;
  let chosen = 0;
  /** @type {Tile[]} */
  let places = [];
  /** @type {Tile[]} */
  let entries = [];

  // The part of a picture that one place of the map describes.
  /** @type {(tile: Tile, picture: CanvasImageSource, codebook: Codebook, place: number) => void} */
  const cut = ({ canvas }, picture, { rows, columns }, place) => {
    const [row, column] = [Math.floor(place / columns), place % columns];
    const [across, down] = [sizeOfImage.width / columns, sizeOfImage.height / rows];
    const size = { width: Math.round(across), height: Math.round(down) };
    if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size);
    context2d(canvas).drawImage(picture, -Math.round(column * across), -Math.round(row * down));
  };
  /** @type {(act: (event: MouseEvent) => void) => Tile} */
  const tile = (act) => {
    const canvas = element('canvas', {});
    const button = element('button', { type: 'button' }, canvas);
    button.addEventListener('click', act);
    return { button, canvas };
  };
  // One stop of the Tab key for a grid; arrow keys move within it.
  /** @type {(tiles: Tile[], columns: number) => void} */
  const rove = (tiles, columns) => {
    const items = tiles.map(({ button }) => button);
    items.forEach((item, at) => {
      item.tabIndex = at ? -1 : 0;
      item.addEventListener('keydown', (event) => {
        const move = MOVES[event.key];
        if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        items[at + move[0] * columns + move[1]]?.focus();
      });
      item.addEventListener('focus', () => items.forEach((other) => (other.tabIndex = other === item ? 0 : -1)));
    });
  };

  // An entry's own number, as in the cell's account: its place here is by use.
  const numberOf = (entry) => owner?.tensors.entries[entry];

  const set = (place) => {
    // A side follows with the next frame.
    const latest = state.base?.kind === 'entries' && !state.at ? state.base : sides[0];
    const changed = Uint16Array.from(latest.entries ?? []);
    changed[place] = chosen;
    change({ base: { kind: 'entries', entries: changed } });
  };
  const choose = (entry) => {
    chosen = entry;
    entries.forEach(({ button }, at) => button.setAttribute('aria-pressed', String(at === entry)));
  };

  /** @param {import('./engine.js').Explorable} cell */
  const build = async (cell) => {
    owner = cell;
    const { codebook } = cell;
    box.hidden = !codebook || codebook.places > LARGEST;
    if (!codebook || box.hidden) return;
    const { columns } = codebook;
    const shown = Math.min(MOST, codebook.entries);
    grid.style.setProperty('--columns', String(columns));
    places = Array.from({ length: codebook.places }, (_, at) => {
      const made = tile((event) => event.detail === 0 && set(at)); // by a key; a pointer acts when it comes down
      made.button.addEventListener('pointerdown', (event) => {
        if (event.button) return;
        made.button.releasePointerCapture(event.pointerId); // so that a finger, too, enters the next tile
        set(at);
      });
      made.button.addEventListener('pointerenter', (event) => event.buttons === 1 && set(at));
      return made;
    });
    entries = Array.from({ length: shown }, (_, entry) => {
      const made = tile(() => choose(entry));
      made.button.setAttribute('aria-label', `Entry ${numberOf(entry)}`);
      return made;
    });
    rove(places, columns);
    rove(entries, 8);
    grid.replaceChildren(...places.map(({ button }) => button));
    palette.replaceChildren(...entries.map(({ button }) => button));
    choose(Math.min(1, shown - 1));
    // An entry is shown as what it makes of the first test image that has it.
    const { maps } = cell.tensors;
    const size = codebook.places;
    const first = entries.map((_, entry) => Math.max(0, maps.indexOf(entry)));
    const codes = new Float32Array(shown * cell.size);
    first.forEach((at, entry) => codes.set(cell.code(Math.floor(at / size)), entry * cell.size));
    const pictures = colour(await cell.decode(codes, shown), shown);
    if (owner !== cell) return;
    const whole = new OffscreenCanvas(sizeOfImage.width, sizeOfImage.height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (whole.getContext('2d'));
    entries.forEach((item, entry) => {
      context.putImageData(pictures[entry], 0, 0);
      cut(item, whole, codebook, first[entry] % size);
    });
    explorer.redraw();
  };

  // The map's places show their parts of the picture, whenever that has been drawn.
  sides[0].after = () => {
    const codebook = owner?.codebook;
    if (!codebook || box.hidden || sides[0].cell !== owner) return;
    places.forEach((item, at) => cut(item, sides[0].picture, codebook, at));
  };

  explorer.show(() => {
    const { cell, entries: map } = sides[0];
    if (!cell) return;
    if (cell !== owner) build(cell);
    if (box.hidden || !map || !cell.codebook) return;
    const { columns } = cell.codebook;
    places.forEach(({ button }, at) => {
      const label = `Row ${Math.floor(at / columns) + 1}, column ${(at % columns) + 1}: entry ${numberOf(map[at])}`;
      if (button.getAttribute('aria-label') !== label) button.setAttribute('aria-label', label);
    });
  });
};

if (explorer) start(explorer);

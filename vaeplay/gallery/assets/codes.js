// The map of codes of a VQ-VAE: each place holds an entry of the codebook, and takes another by a click.
'use strict';
(() => {
  if (!gallery.explorer) return;
  const { explorer, engine } = gallery;
  const { sides, change } = explorer;
  const box = explorer.section.querySelector('.codes');
  const [grid, palette] = ['.code-map', '.palette'].map((name) => box.querySelector(name));
  const MOST = 64; // entries in the palette, the most used first
  const TILES = 256; // entries with a picture
  const LARGEST = 400; // places of a map that can be edited
  const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  let owner = null;
  let chosen = 0;
  let tiles = [];
  let [places, entries] = [[], []];

  const tile = (button, entry) => {
    const canvas = button.firstChild;
    if (!tiles[entry] || canvas.dataset.entry === String(entry)) return;
    canvas.dataset.entry = entry;
    canvas.width = engine.width;
    canvas.height = engine.height;
    canvas.getContext('2d').putImageData(tiles[entry], 0, 0);
  };
  const button = (act) => {
    const made = document.createElement('button');
    made.type = 'button';
    made.append(document.createElement('canvas'));
    made.addEventListener('click', act);
    return made;
  };
  // One stop of the Tab key for a grid; arrow keys move within it.
  const rove = (items, columns) => {
    items.forEach((item, at) => {
      item.tabIndex = at ? -1 : 0;
      item.addEventListener('keydown', (event) => {
        const move = MOVES[event.key];
        const next = move && items[at + move[0] * columns + move[1]];
        if (!move) return;
        event.preventDefault();
        next?.focus();
      });
      item.addEventListener('focus', () => items.forEach((other) => (other.tabIndex = other === item ? 0 : -1)));
    });
  };

  const set = (place) => {
    const changed = Uint16Array.from(sides[0].entries);
    changed[place] = chosen;
    change({ base: { kind: 'entries', entries: changed } });
  };
  const choose = (entry) => {
    chosen = entry;
    entries.forEach((item, at) => item.setAttribute('aria-pressed', at === entry));
  };

  const build = async (cell) => {
    owner = cell;
    const [, rows, columns] = cell.about.code;
    box.hidden = !cell.vectors || rows * columns > LARGEST;
    if (box.hidden) return;
    const count = Math.min(MOST, cell.entries);
    grid.style.setProperty('--columns', columns);
    places = Array.from({ length: rows * columns }, (_, at) => {
      const made = button(() => set(at));
      made.addEventListener('pointerenter', (event) => event.buttons === 1 && set(at));
      return made;
    });
    entries = Array.from({ length: count }, (_, entry) => {
      const made = button(() => choose(entry));
      made.setAttribute('aria-label', `Entry ${entry + 1}`);
      return made;
    });
    rove(places, columns);
    rove(entries, 8);
    grid.replaceChildren(...places);
    palette.replaceChildren(...entries);
    choose(Math.min(1, count - 1));
    const shown = Math.min(TILES, cell.entries);
    // An entry alone: a map that holds it everywhere, decoded.
    const codes = new Float32Array(shown * cell.size);
    for (let entry = 0; entry < shown; entry++) {
      codes.set(cell.vectors(new Uint16Array(rows * columns).fill(entry)), entry * cell.size);
    }
    tiles = engine.colour(await cell.decode(codes, shown), shown);
    entries.forEach(tile);
    explorer.redraw();
  };

  explorer.show(() => {
    const { cell, entries: map } = sides[0];
    if (cell !== owner) build(cell);
    if (box.hidden || !map) return;
    const columns = cell.about.code[2];
    places.forEach((place, at) => {
      tile(place, map[at]);
      const label = `Row ${Math.floor(at / columns) + 1}, column ${(at % columns) + 1}: entry ${map[at] + 1}`;
      if (place.getAttribute('aria-label') !== label) place.setAttribute('aria-label', label);
    });
  });
})();

// The map of codes of a VQ-VAE: each place holds an entry of the codebook, and takes another by a click.
'use strict';
(() => {
  if (!gallery.explorer) return;
  const { explorer, engine } = gallery;
  const { sides, state, change } = explorer;
  const box = explorer.section.querySelector('.codes');
  const [grid, palette] = ['.code-map', '.palette'].map((name) => box.querySelector(name));
  const MOST = 64; // entries in the palette, the most used first
  const LARGEST = 400; // places of a map that can be edited
  const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  let owner = null;
  let chosen = 0;
  let [places, entries] = [[], []];

  // The part of a picture that one place of the map describes.
  const cut = (canvas, picture, row, column) => {
    const [, rows, columns] = owner.about.code;
    const [across, down] = [engine.width / columns, engine.height / rows];
    const [width, height] = [Math.round(across), Math.round(down)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    canvas.getContext('2d').drawImage(picture, -Math.round(column * across), -Math.round(row * down));
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
        const move = !event.ctrlKey && !event.metaKey && !event.altKey && MOVES[event.key];
        const next = move && items[at + move[0] * columns + move[1]];
        if (!move) return;
        event.preventDefault();
        next?.focus();
      });
      item.addEventListener('focus', () => items.forEach((other) => (other.tabIndex = other === item ? 0 : -1)));
    });
  };

  // An entry's own number, as in the cell's account: its place here is by use.
  const numberOf = (entry) => owner.tensors.entries[entry];

  const set = (place) => {
    const latest = state.base?.kind === 'entries' && !state.at ? state.base : sides[0]; // a side follows with the next frame
    const changed = Uint16Array.from(latest.entries);
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
    const shown = Math.min(MOST, cell.entries);
    grid.style.setProperty('--columns', columns);
    places = Array.from({ length: rows * columns }, (_, at) => {
      const made = button((event) => event.detail === 0 && set(at)); // by a key; a pointer acts when it comes down
      made.addEventListener('pointerdown', (event) => {
        if (event.button) return;
        made.releasePointerCapture(event.pointerId); // so that a finger, too, enters the next tile
        set(at);
      });
      made.addEventListener('pointerenter', (event) => event.buttons === 1 && set(at));
      return made;
    });
    entries = Array.from({ length: shown }, (_, entry) => {
      const made = button(() => choose(entry));
      made.setAttribute('aria-label', `Entry ${numberOf(entry)}`);
      return made;
    });
    rove(places, columns);
    rove(entries, 8);
    grid.replaceChildren(...places);
    palette.replaceChildren(...entries);
    choose(Math.min(1, shown - 1));
    // An entry is shown as what it makes of the first test image that has it.
    const { maps } = cell.tensors;
    const size = rows * columns;
    const first = entries.map((_, entry) => Math.max(0, maps.indexOf(entry)));
    const codes = new Float32Array(shown * cell.size);
    first.forEach((at, entry) => codes.set(cell.code(Math.floor(at / size)), entry * cell.size));
    const pictures = engine.colour(await cell.decode(codes, shown), shown);
    if (owner !== cell) return;
    const whole = new OffscreenCanvas(engine.width, engine.height);
    entries.forEach((item, entry) => {
      const place = first[entry] % size;
      whole.getContext('2d').putImageData(pictures[entry], 0, 0);
      cut(item.firstChild, whole, Math.floor(place / columns), place % columns);
    });
    explorer.redraw();
  };

  // The map's places show their parts of the picture, whenever that has been drawn.
  sides[0].after = () => {
    if (box.hidden || sides[0].cell !== owner) return;
    const columns = owner.about.code[2];
    places.forEach((place, at) => cut(place.firstChild, sides[0].picture, Math.floor(at / columns), at % columns));
  };

  explorer.show(() => {
    const { cell, entries: map } = sides[0];
    if (cell !== owner) build(cell);
    if (box.hidden || !map) return;
    const columns = cell.about.code[2];
    places.forEach((place, at) => {
      const label = `Row ${Math.floor(at / columns) + 1}, column ${(at % columns) + 1}: entry ${numberOf(map[at])}`;
      if (place.getAttribute('aria-label') !== label) place.setAttribute('aria-label', label);
    });
  });
})();

// The explorer: one place in the latent space, decoded live by one cell or by two side by side.
//
// The place is a base (a test image's code, a draw from the prior, a step of a walk between two images, or codes set by
// hand) and, once the point has been dragged, where it is on the plane. Two cells share both, each in its own plane.
// In the address: explore= (the cells), image=, draw=, walk=, code=, at=, and ends= (of the walk, while it is not at one).
'use strict';
(() => {
  const section = document.getElementById('explorer');
  if (!section) return;
  const { engine, points, latent } = gallery;
  const { rows, labels } = latent.images;
  const status = section.querySelector('.place');
  const original = section.querySelector('canvas.original');
  const drawing = section.querySelector('[data-act=draw]');
  const selects = [...section.querySelectorAll('select[data-side]')];
  const parts = []; // other modules' functions that draw what they show of the place
  const sides = [...section.querySelectorAll('figure.side')].map((figure) => ({
    figure,
    picture: figure.querySelector('canvas.picture'),
    caption: figure.querySelector('figcaption'),
    name: null,
    cell: null,
    painted: 0,
    milliseconds: 0,
  }));
  const DIGITS = 4;
  const ENDS = [0, Math.max(0, labels.findIndex((label) => label !== labels[0]))];
  const state = { base: null, at: null, ends: ENDS, cells: [] };

  // The flat code of a side at the place, and for a map of codes its entries.
  const codeOf = (side) => {
    const { cell } = side;
    const { base } = state;
    const own = base && (base.kind === 'code' || base.kind === 'entries');
    let at = state.at;
    let code = cell.tensors.origin;
    if (base?.kind === 'image') code = cell.code(base.index);
    else if (base?.kind === 'draw' && cell.draws) code = cell.drawn(base.n);
    else if (base?.kind === 'walk') code = between(cell, base.t);
    else if (own && side === sides[0]) code = base.kind === 'code' ? base.code : cell.vectors(base.entries);
    else if (own || base?.kind === 'draw') at ??= sides[0].place; // a cell without draws of its own follows the point
    if (at) code = cell.at(at, code);
    side.entries = cell.vectors ? cell.nearest(code) : null;
    side.code = side.entries ? cell.vectors(side.entries) : code;
    side.place = at ?? cell.place(code);
  };
  const between = (cell, t) => {
    const [first, second] = state.ends.map((index) => cell.code(index));
    return first.map((value, d) => value + t * (second[d] - value));
  };

  // Decodes and draws a side; while a worker is at it, the last wish waits.
  const paint = (side, levels, since) => {
    side.picture.getContext('2d').putImageData(engine.colour(levels)[0], 0, 0);
    side.painted += 1;
    side.milliseconds += 0.2 * (performance.now() - since - side.milliseconds);
    side.after?.();
  };
  const decode = (side) => {
    if (side.busy) {
      side.late = true;
      return;
    }
    const since = performance.now();
    const levels = side.cell.decode(side.code);
    if (!(levels instanceof Promise)) {
      paint(side, levels, since);
      return;
    }
    side.busy = true;
    const { cell } = side;
    levels.then((found) => {
      side.busy = false;
      if (side.cell === cell) paint(side, found, since);
      if (side.late && side.cell) {
        side.late = false;
        decode(side);
      }
    });
  };

  let asked = false;
  const frame = () => {
    asked = false;
    for (const side of sides) {
      if (!side.cell) continue;
      codeOf(side);
      decode(side);
    }
    if (sides[0].cell) {
      describe();
      parts.forEach((part) => part());
    }
  };
  const redraw = () => {
    if (!asked) requestAnimationFrame(frame);
    asked = true;
  };

  const signed = (value) => value.toFixed(2).replace('-', '−');
  let shown = -1;
  const describe = () => {
    const { base, at } = state;
    const index = base?.kind === 'image' && !at ? base.index : -1;
    const [a, b] = sides[0].place;
    let text = `At ${signed(a)}, ${signed(b)}`;
    if (index >= 0) text = `The code of ${points.name(index)}, decoded`;
    else if (base?.kind === 'draw' && !at) text = `Draw ${base.n + 1} from ${sides[0].cell.about.prior}, decoded`;
    else if (base?.kind === 'walk' && !at) text = `${Math.round(base.t * 100)} % of the way between two test images`;
    if (status.textContent !== text) status.textContent = text;
    drawing.disabled = !sides[0].cell.draws;
    original.hidden = index < 0;
    if (index >= 0 && index !== shown) points.show(original, index);
    shown = index;
  };

  // The address follows when the place has come to rest: browsers allow only so many changes.
  let writing = 0;
  const endsOf = ({ ends }) => (ends.join() === ENDS.join() ? null : ends.map((index) => rows[index]).join(','));
  const compact = (code) => Array.from(code, (value) => Number(value.toPrecision(DIGITS))).join(',');
  const write = () => {
    clearTimeout(writing);
    writing = 0;
    const { base, at, ends, cells } = state;
    const is = (kind) => base?.kind === kind;
    gallery.set({
      explore: cells,
      image: is('image') ? String(rows[base.index]) : null,
      draw: is('draw') ? String(base.n) : null,
      walk: is('walk') ? `${rows[ends[0]]},${rows[ends[1]]},${Number(base.t.toFixed(3))}` : null,
      ends: is('walk') ? null : endsOf(state),
      code: is('code') ? compact(base.code) : is('entries') ? base.entries.join(',') : null,
      at: at ? compact(at) : null,
    });
  };
  // Changes the place; a new base leaves the old place on the plane unless `at` is given with it.
  const change = (wanted) => {
    if ('base' in wanted && !('at' in wanted)) wanted.at = null;
    Object.assign(state, wanted);
    clearTimeout(writing);
    writing = setTimeout(write, 250);
    redraw();
  };

  const numbers = (text, count) => {
    const found = (text ?? '').split(',').map(Number);
    return text && found.every(Number.isFinite) && (!count || found.length === count) ? found : null;
  };
  const restore = (name) => {
    const index = (row) => rows.indexOf(row);
    const image = index(Number(gallery.get('image') ?? NaN));
    const walk = numbers(gallery.get('walk'), 3);
    const code = numbers(gallery.get('code'));
    const { cell } = sides[0];
    const ends = (walk?.slice(0, 2) ?? numbers(gallery.get('ends'), 2) ?? []).map(index);
    state.ends = ends.length && ends.every((end) => end >= 0) ? ends : ENDS;
    if (image >= 0) return { kind: 'image', index: image };
    if (gallery.get('draw') && cell.draws) {
      return { kind: 'draw', n: Math.abs(Math.trunc(Number(gallery.get('draw')) || 0)) % cell.draws };
    }
    if (walk && state.ends === ends) return { kind: 'walk', t: Math.min(1, Math.max(0, walk[2])) };
    if (!code || sides[0].name !== name) return null;
    if (cell.vectors && code.length === cell.size / cell.about.code[0]) {
      return { kind: 'entries', entries: Uint16Array.from(code, (k) => Math.min(cell.entries - 1, Math.max(0, k))) };
    }
    return !cell.vectors && code.length === cell.size ? { kind: 'code', code: Float32Array.from(code) } : null;
  };

  const put = async (side, name) => {
    side.name = name;
    side.figure.hidden = !name;
    if (!name) {
      side.cell = null;
      side.late = false;
    }
    if (!name || side.cell?.cell === name) return;
    const cell = await engine.load(name);
    if (side.name !== name) return; // another has been chosen meanwhile
    side.cell = cell;
    side.busy = side.late = false;
    side.painted = side.milliseconds = 0;
    side.picture.width = engine.width;
    side.picture.height = engine.height;
    const label = gallery.byName.get(name).label;
    side.picture.setAttribute('aria-label', `What ${label} decodes here`);
    side.caption.querySelector('bdi').textContent = label;
    const { grid } = cell.about;
    const source = cell.live ? '' : `from its atlas: the nearest of ${grid} × ${grid} decoded places`;
    side.caption.querySelector('small').textContent = source;
    fit();
  };
  const fit = () => {
    for (const { picture, figure } of sides) {
      const size = { dataset: { width: engine.width, height: engine.height } };
      if (!figure.hidden) gallery.fit(picture, size, 1000, picture.parentElement.clientWidth);
    }
  };

  // Without a wish: the first live cell, and beside it, where there is room, one of another model and the same size.
  const alike = (name, other) => {
    const [axes, others] = [name, other].map((cell) => gallery.byName.get(cell).axes);
    return axes.model !== others.model && axes.latent_dim === others.latent_dim;
  };
  const usual = () => {
    const live = engine.cells.filter((name) => engine.way(name) === 'live');
    const first = live[0] ?? engine.cells[0];
    const second = matchMedia('(min-width: 60rem)').matches && live.find((name) => alike(first, name));
    return second ? [first, second] : [first];
  };
  let loading = Promise.resolve();
  const follow = async () => {
    if (writing) return; // what is shown is newer than the address
    const wanted = [...new Set(gallery.all('explore').filter(engine.has))].slice(0, 2);
    state.cells = wanted.length ? wanted : usual();
    const [name, other] = state.cells;
    selects[0].value = name;
    selects[1].value = other ?? '';
    section.classList.toggle('two', Boolean(other));
    await Promise.all([put(sides[0], name), put(sides[1], other ?? null)]);
    if (writing || sides[0].name !== name) return;
    state.base = restore(name);
    state.at = numbers(gallery.get('at'), 2);
    redraw();
  };

  // What is shown gives way to the address: nothing goes on by itself, nothing is still to be written.
  const forget = () => {
    gallery.explorer.stop?.();
    clearTimeout(writing);
    writing = 0;
  };

  // Shows a cell at an image or at a place of its plane; other parts of the page come here.
  gallery.explore = ({ cell, image = null, at = null }) => {
    const row = image === null ? null : String(rows[image]);
    forget();
    const place = { image: row, at: at && compact(at), draw: null, walk: null, ends: endsOf(state), code: null };
    gallery.set({ explore: [cell], cell: null, zoom: null, ...place }, { push: true });
    gallery.goTo(section);
    section.querySelector('canvas.pad').focus({ preventScroll: true });
  };
  gallery.explorer = {
    section,
    sides,
    state,
    change,
    write,
    between,
    redraw,
    show: (part) => parts.push(part),
    ready: () => loading,
  };

  for (const select of selects) {
    select.addEventListener('change', () => {
      if (writing) write();
      const names = selects.map(({ value }) => value).filter(Boolean);
      gallery.set({ explore: [...new Set(names)], code: null });
    });
  }
  const following = ({ base }) => (base?.kind === 'draw' ? base.n + 1 : 0);
  const actions = {
    draw: () => change({ base: { kind: 'draw', n: following(state) % sides[0].cell.draws } }),
    image: () => change({ base: { kind: 'image', index: Math.floor(Math.random() * rows.length) } }),
    centre: () => change({ base: null }),
  };
  for (const button of section.querySelectorAll('[data-act]')) {
    button.addEventListener('click', () => sides[0].cell && actions[button.dataset.act]());
  }
  new ResizeObserver(fit).observe(section);

  // A decoder is unpacked when its reader comes near, or follows a link to it.
  let begun = false;
  const begin = () => {
    begun = true;
    loading = follow();
  };
  new IntersectionObserver((entries, observer) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    if (!begun) begin();
  }, { rootMargin: '600px' }).observe(section);
  gallery.follow(({ arrived }) => {
    if (arrived) forget();
    if (begun || gallery.get('explore')) begin();
  });
})();

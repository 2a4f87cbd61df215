// The latent maps: one canvas a cell, by the chosen method; a two-dimensional latent space as the decoded manifold.
'use strict';
(() => {
  const section = document.getElementById('map');
  if (!section) return;
  const { engine, points, latent } = gallery;
  const buttons = [...section.querySelectorAll('button[data-method]')];
  const overlay = section.querySelector('[name=points]');
  const EDGE = 8;
  const STEPS = 65535;
  let themes = 0; // how often the theme has changed

  const method = () => (buttons.find((button) => button.dataset.method === gallery.get('map')) || buttons[0])?.dataset.method;
  const unpacked = new Map();
  // Positions of a cell's points by a method, 0…1; null where there are none.
  const positions = (cell, way) => {
    const text = latent.maps[cell]?.[way];
    if (!text) return null;
    const key = `${cell} ${way}`;
    if (!unpacked.has(key)) {
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      unpacked.set(key, Float32Array.from(new Uint16Array(bytes.buffer), (value) => value / STEPS));
    }
    return unpacked.get(key);
  };

  // Decodes a grid of places, equally likely under the prior, and draws the tiles: Kingma & Welling 2014, figure 4.
  const manifold = async (view, cell, count) => {
    const codes = new Float32Array(count * count * cell.size);
    for (let row = 0; row < count; row++) {
      for (let column = 0; column < count; column++) {
        const place = [engine.inverseNormal((column + 0.5) / count), engine.inverseNormal(1 - (row + 0.5) / count)];
        codes.set(cell.at(place), (row * count + column) * cell.size);
      }
    }
    const tiles = engine.colour(await cell.decode(codes, count * count), count * count);
    const sheet = new OffscreenCanvas(count * engine.width, count * engine.height);
    const context = sheet.getContext('2d');
    tiles.forEach((tile, n) => {
      context.putImageData(tile, (n % count) * engine.width, Math.floor(n / count) * engine.height);
    });
    view.sheet = { count, sheet };
  };

  const views = [...section.querySelectorAll('figure.map')].map((figure) => ({
    figure,
    canvas: figure.querySelector('canvas'),
    name: figure.dataset.cell,
    plane: figure.dataset.plane === 'true',
    seen: false,
    place: null,
    chosen: -1,
  }));

  const paint = async (view) => {
    if (!view.seen) return; // before the width is read, which would lay out the whole page
    const size = view.figure.clientWidth;
    if (!size) return;
    const way = method();
    const wanted = [way, size, overlay.checked, themes].join(' ');
    if (view.wanted === wanted) return;
    view.wanted = wanted;
    const decoded = way === 'latent' && view.plane && engine.has(view.name) ? await engine.load(view.name) : null;
    const count = decoded?.live ? Math.round(Math.min(24, Math.max(8, size / 26))) : decoded?.about.grid;
    if (decoded && view.sheet?.count !== count) await manifold(view, decoded, count);
    if (view.wanted !== wanted) return; // something else has been asked for meanwhile
    const found = positions(view.name, way);
    view.decoded = decoded;
    if (decoded) {
      const at = decoded.tensors.points;
      const share = Float32Array.from(at, (value, n) => (n % 2 ? 1 - engine.normal(value) : engine.normal(value)));
      view.place = (index) => [share[2 * index] * size, share[2 * index + 1] * size];
    } else if (found) {
      const room = size - 2 * EDGE;
      view.place = (index) => [EDGE + found[2 * index] * room, EDGE + (1 - found[2 * index + 1]) * room];
    } else view.place = null;
    const context = points.fresh(view.canvas, size);
    if (decoded) context.drawImage(view.sheet.sheet, 0, 0, size, size);
    if (view.place && (!decoded || overlay.checked)) points.draw(context, view.place);
    view.canvas.dataset.drawn = way;
  };

  const local = (view, event) => {
    const box = view.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  // The image whose point is at the pointer; where no points are drawn, there is none.
  const under = (view, event) =>
    view.decoded && !overlay.checked ? -1 : points.nearest(view.place, ...local(view, event));
  const start = (view, index) => {
    if (index >= 0 && engine.has(view.name)) gallery.explore({ cell: view.name, image: index });
  };

  // The nearest point in the direction of an arrow key, so that the keyboard reaches all of them.
  const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const towards = (view, [dx, dy]) => {
    if (view.chosen < 0) return 0;
    const [x, y] = view.place(view.chosen);
    let [found, least] = [view.chosen, Infinity];
    latent.images.rows.forEach((_, index) => {
      const [px, py] = view.place(index);
      const along = (px - x) * dx + (py - y) * dy;
      const aside = Math.abs((px - x) * dy) + Math.abs((py - y) * dx);
      if (along > 0.5 && along >= aside && along + 2 * aside < least) [found, least] = [index, along + 2 * aside];
    });
    return found;
  };

  for (const view of views) {
    const { canvas } = view;
    canvas.addEventListener('pointermove', (event) => {
      if (view.place) points.point(under(view, event), event.clientX, event.clientY);
    });
    canvas.addEventListener('pointerleave', () => points.point(-1));
    canvas.addEventListener('click', (event) => {
      if (!view.place) return;
      const index = under(view, event);
      if (index >= 0) start(view, index);
      else if (view.decoded) {
        const [x, y] = local(view, event);
        const size = canvas.clientWidth;
        const at = [engine.inverseNormal(x / size), engine.inverseNormal(1 - y / size)];
        gallery.explore({ cell: view.name, at });
      }
    });
    canvas.addEventListener('keydown', (event) => {
      if (!view.place || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'Enter') start(view, view.chosen);
      else if (DIRECTIONS[event.key]) {
        view.chosen = towards(view, DIRECTIONS[event.key]);
        const box = canvas.getBoundingClientRect();
        const [x, y] = view.place(view.chosen);
        points.point(view.chosen, box.left + x, box.top + y);
      } else return;
      event.preventDefault();
    });
    canvas.addEventListener('blur', () => points.point(-1));
    view.figure.querySelector('[data-large]').addEventListener('click', () => {
      gallery.set({ large: gallery.get('large') === view.name ? null : view.name });
    });
  }

  const fill = () => {
    const way = method();
    const large = gallery.get('large');
    for (const button of buttons) button.setAttribute('aria-pressed', button.dataset.method === way);
    overlay.checked = gallery.get('points') === 'shown';
    overlay.closest('label').hidden = way !== 'latent';
    let hidden = 0;
    for (const view of views) {
      const there = Boolean(latent.maps[view.name]?.[way]) || (way === 'latent' && view.plane && engine.has(view.name));
      view.figure.hidden = !there;
      if (!there) hidden += 1;
      view.figure.classList.toggle('large', large === view.name);
      view.figure.querySelector('[data-large]').setAttribute('aria-pressed', large === view.name);
      for (const text of view.figure.querySelectorAll('[data-of]')) text.hidden = text.dataset.of !== way;
    }
    section.querySelector('.absent-maps').hidden = hidden === 0 || way !== 'latent';
    views.forEach(paint);
  };
  for (const button of buttons) button.addEventListener('click', () => gallery.set({ map: button.dataset.method }));
  overlay.addEventListener('change', () => gallery.set({ points: overlay.checked ? 'shown' : null }));

  const watcher = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const view = views.find(({ figure }) => figure === entry.target);
        if (entry.isIntersecting && !view.seen) {
          view.seen = true;
          paint(view);
        }
      }
    },
    { rootMargin: '300px' },
  );
  for (const view of views) watcher.observe(view.figure);
  new ResizeObserver(() => views.forEach(paint)).observe(section);
  points.onTheme(() => {
    themes += 1;
    views.forEach(paint);
  });
  gallery.follow(fill);
})();

// The latent maps: one canvas per cell, by the chosen method; a two-dimensional latent space as the decoded manifold.
import { find, findAll, fresh } from '../frame/dom.js';
import '../frame/link.js';
import '../frame/save.js';
import { follow, getState, setState, shows } from '../frame/state.js';
import { has, load } from '../explorer/engine.js';
import { colour, inverseNormal, latent, normal, sizeOfImage } from '../explorer/latent.js';
import { explore } from '../explorer/place.js';
import { points } from '../explorer/points.js';

/**
 * @typedef {import('../explorer/points.js').Place} Place
 * @typedef {object} View A cell's map.
 * @property {HTMLElement} figure
 * @property {HTMLCanvasElement} canvas
 * @property {string} name
 * @property {boolean} plane
 * @property {boolean} seen
 * @property {string} wanted
 * @property {{ count: number, sheet: OffscreenCanvas } | null} sheet
 * @property {import('../explorer/engine.js').Explorable | null} decoded
 * @property {Place | null} place
 * @property {number} chosen
 */

/**
 * @param {HTMLElement} section
 * @param {import('../explorer/points.js').Points} points
 */
const start = (section, points) => {
  shows(section, 'map', 'points', 'large');
  const buttons = findAll(section, 'button[data-method]');
  const overlay = find(section, '[name=points]', HTMLInputElement);
  const EDGE = 8;
  const STEPS = 65535;
  let themes = 0; // how often the theme has changed

  const method = () => {
    const wanted = buttons.find((button) => button.dataset.method === getState('map'));
    return (wanted ?? buttons[0])?.dataset.method ?? '';
  };
  /** @type {Map<string, Float32Array>} */
  const unpacked = new Map();
  // Positions of a cell's points by a method, 0…1; null where there are none.
  /** @type {(cell: string, way: string) => Float32Array | null} */
  const positions = (cell, way) => {
    const text = latent.maps[cell]?.[way];
    if (!text) return null;
    const key = `${cell} ${way}`;
    if (!unpacked.has(key)) {
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      unpacked.set(key, Float32Array.from(new Uint16Array(bytes.buffer), (value) => value / STEPS));
    }
    return unpacked.get(key) ?? null;
  };

  // Codes of two numbers need no projection: they are their own map, both numbers on one scale, 0…1.
  /** @type {(codes: ArrayLike<number>) => Float32Array} */
  const toScale = (codes) => {
    const all = Array.from(codes);
    const ends = [0, 1].map((axis) => {
      const values = all.filter((_, n) => n % 2 === axis);
      return [Math.min(...values), Math.max(...values)];
    });
    const side = Math.max(...ends.map(([low, high]) => high - low), 1e-12);
    return Float32Array.from(all, (value, n) => (value - (ends[n % 2][0] + ends[n % 2][1]) / 2) / side + 0.5);
  };

  // Decodes a grid of places, equally likely under the prior, and draws the tiles: Kingma & Welling 2014, figure 4.
  /** @type {(view: View, cell: import('../explorer/engine.js').Explorable, count: number) => Promise<void>} */
  const manifold = async (view, cell, count) => {
    const codes = new Float32Array(count * count * cell.size);
    for (let row = 0; row < count; row++) {
      for (let column = 0; column < count; column++) {
        const place = [inverseNormal((column + 0.5) / count), inverseNormal(1 - (row + 0.5) / count)];
        codes.set(cell.at(place), (row * count + column) * cell.size);
      }
    }
    const tiles = colour(await cell.decode(codes, count * count), count * count);
    const { width, height } = sizeOfImage;
    const sheet = new OffscreenCanvas(count * width, count * height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (sheet.getContext('2d'));
    tiles.forEach((tile, n) => {
      context.putImageData(tile, (n % count) * width, Math.floor(n / count) * height);
    });
    view.sheet = { count, sheet };
  };

  /** @type {View[]} */
  const views = findAll(section, 'figure.map').map((figure) => ({
    figure,
    canvas: find(figure, 'canvas', HTMLCanvasElement),
    name: figure.dataset.cell ?? '',
    plane: figure.dataset.plane === 'true',
    seen: false,
    wanted: '',
    sheet: null,
    decoded: null,
    place: null,
    chosen: -1,
  }));

  /** @param {View} view */
  const paint = async (view) => {
    if (!view.seen) return; // before the width is read, which would lay out the whole page
    const size = view.figure.clientWidth;
    if (!size) return;
    const way = method();
    const wanted = [way, size, overlay.checked, themes].join(' ');
    if (view.wanted === wanted) return;
    view.wanted = wanted;
    const own = view.plane && has(view.name) ? await load(view.name) : null;
    const decoded = way === 'latent' ? own : null;
    const count = decoded?.live ? Math.round(Math.min(24, Math.max(8, size / 26))) : decoded?.about.grid;
    if (decoded && view.sheet?.count !== count) await manifold(view, decoded, count);
    if (view.wanted !== wanted) return; // something else has been asked for meanwhile
    const found = positions(view.name, way);
    view.decoded = decoded;
    if (decoded) {
      const at = decoded.tensors.points;
      const share = Float32Array.from(at, (value, n) => (n % 2 ? 1 - normal(value) : normal(value)));
      view.place = (index) => [share[2 * index] * size, share[2 * index + 1] * size];
    } else if (found || own) {
      const room = size - 2 * EDGE;
      const at = found ?? toScale(/** @type {import('../explorer/engine.js').Explorable} */ (own).tensors.points);
      view.place = (index) => [EDGE + at[2 * index] * room, EDGE + (1 - at[2 * index + 1]) * room];
    } else view.place = null;
    const [context] = fresh(view.canvas, size, size);
    if (decoded && view.sheet) context.drawImage(view.sheet.sheet, 0, 0, size, size);
    if (view.place && (!decoded || overlay.checked)) points.draw(context, view.place);
    view.canvas.dataset.drawn = way;
  };

  const local = (view, event) => {
    const box = view.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  // The image whose point is at the pointer; where no points are drawn, there is none.
  /** @type {(view: View, event: MouseEvent) => number} */
  const under = (view, event) => {
    if (!view.place || (view.decoded && !overlay.checked)) return -1;
    const [x, y] = local(view, event);
    return points.nearest(view.place, x, y);
  };
  const start = (view, index) => {
    if (index >= 0 && has(view.name)) explore({ cell: view.name, image: index });
  };

  // The nearest point in the direction of an arrow key, so that the keyboard reaches all of them.
  const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  /** @type {(place: Place, chosen: number, direction: number[]) => number} */
  const towards = (place, chosen, [dx, dy]) => {
    if (chosen < 0) return 0;
    const [x, y] = place(chosen);
    let [found, least] = [chosen, Infinity];
    points.rows.forEach((_, index) => {
      const [px, py] = place(index);
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
        const at = [inverseNormal(x / size), inverseNormal(1 - y / size)];
        explore({ cell: view.name, at });
      }
    });
    canvas.addEventListener('keydown', (event) => {
      if (!view.place || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'Enter') start(view, view.chosen);
      else if (DIRECTIONS[event.key]) {
        view.chosen = towards(view.place, view.chosen, DIRECTIONS[event.key]);
        const box = canvas.getBoundingClientRect();
        const [x, y] = view.place(view.chosen);
        points.point(view.chosen, box.left + x, box.top + y);
      } else return;
      event.preventDefault();
    });
    canvas.addEventListener('blur', () => points.point(-1));
    find(view.figure, '[data-large]').addEventListener('click', () => {
      setState({ large: getState('large') === view.name ? null : view.name });
    });
  }

  const fill = () => {
    const way = method();
    const large = getState('large');
    for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset.method === way));
    overlay.checked = getState('points') === 'shown';
    find(section, '.check').hidden = way !== 'latent';
    let hidden = 0;
    for (const view of views) {
      const projected = Boolean(latent.maps[view.name]?.[way]);
      const there = projected || (view.plane && has(view.name));
      view.figure.hidden = !there;
      if (!there) hidden += 1;
      view.figure.classList.toggle('large', large === view.name);
      find(view.figure, '[data-large]').setAttribute('aria-pressed', String(large === view.name));
      for (const text of findAll(view.figure, '[data-of]')) {
        text.hidden = text.dataset.of === 'itself' ? projected || way === 'latent' : text.dataset.of !== way;
      }
    }
    find(section, '.absent-maps').hidden = hidden === 0 || way !== 'latent';
    views.forEach(paint);
  };
  for (const button of buttons) button.addEventListener('click', () => setState({ map: button.dataset.method ?? null }));
  overlay.addEventListener('change', () => setState({ points: overlay.checked ? 'shown' : null }));

  const watcher = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const view = views.find(({ figure }) => figure === entry.target);
        if (view && entry.isIntersecting && !view.seen) {
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
  follow(fill);
};

const section = document.getElementById('map');
if (section && points) start(section, points);

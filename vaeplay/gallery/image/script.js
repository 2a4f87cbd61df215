// One test image through all cells (image=row of the test split, of=cell by whose errors images are ordered, class=).
import { mark } from '../filters/script.js';
import { closest, context2d, element, find, findAll } from '../frame/dom.js';
import '../frame/link.js';
import { whenNear } from '../frame/near.js';
import { imageNumber } from '../frame/numbers.js';
import { cellOf, fitPicture, follow, getState, isCell, pageData, setState, shows, view } from '../frame/state.js';

/**
 * @typedef {object} Rebuilt
 * @property {number[]} rows of the test split
 * @property {number[]} labels
 * @property {string[]} classes
 * @property {number} columns of a sheet
 * @property {[number, number]} size of an image, width and height
 * @property {string} originals
 * @property {Record<string, string>} sheets
 * @property {Record<string, Record<string, (number | null)[]>>} values
 * @property {Record<string, string>} names of the values
 * @property {Record<string, number>} digits of the values
 */

const PIXELS = 84; // CSS pixels of a picture, about

/** @type {(address: string) => Promise<HTMLImageElement>} */
const picture = async (address) => {
  const image = element('img', { src: address });
  await image.decode();
  return image;
};

/** @type {(section: HTMLElement, data: Rebuilt) => void} */
const start = (section, data) => {
  const { rows, labels, classes, columns, values, names } = data;
  const [width, height] = data.size;
  const own = { width, height };
  const passes = find(section, '.passes');
  const every = find(section, '.every', HTMLDetailsElement);
  const overview = find(every, 'canvas', HTMLCanvasElement);
  const order = find(section, '[data-by=of]', HTMLSelectElement);
  const byClass = section.querySelector('[data-by=class]');
  const known = pageData.cells.filter(({ name }) => data.sheets[name]);
  shows(section, 'image', 'of', 'class');

  for (const { name, label } of known) {
    if (values[name]?.mse) order.append(element('option', { value: name }, `worst first, of ${label}`));
  }
  if (byClass instanceof HTMLSelectElement) {
    for (const label of [...new Set(labels)].sort((a, b) => a - b)) {
      byClass.append(element('option', { value: String(label) }, classes[label] ?? String(label)));
    }
    byClass.addEventListener('change', () => setState({ class: byClass.value || null, image: null }));
  }

  // The images of the chosen class in the chosen order, by their places in `rows`.
  const listed = () => {
    const wanted = getState('class');
    const places = rows.map((_, place) => place);
    const found = places.filter((place) => wanted === null || String(labels[place]) === wanted);
    const errors = values[getState('of') ?? '']?.mse;
    const list = found.length ? found : places;
    return errors ? list.sort((a, b) => (errors[b] ?? -1) - (errors[a] ?? -1)) : list;
  };
  const chosen = () => {
    const place = rows.indexOf(Number(getState('image') ?? NaN));
    return place < 0 ? listed()[0] : place;
  };
  /** @param {number} place */
  const choose = (place) => setState({ image: String(rows[place]) });

  order.addEventListener('change', () => setState({ of: order.value || null, image: null }));
  const showNumber = imageNumber(section, rows, (place) => setState({ class: null, image: String(rows[place]) }));
  section.addEventListener('click', (event) => {
    const button = closest(event, 'button');
    const go = button?.dataset.go;
    if (button?.hasAttribute('data-copy-link')) choose(chosen());
    if (!go) return;
    const list = listed();
    const at = Math.max(list.indexOf(chosen()), 0);
    if (go === 'best' || go === 'worst') choose(list[go === 'best' ? list.length - 1 : 0]);
    else if (go === 'random') choose(list[Math.floor(Math.random() * list.length)]);
    else choose(list[(at + Number(go) + list.length) % list.length]);
  });

  /** @typedef {{ sheet: HTMLImageElement, canvases: HTMLCanvasElement[], figure: HTMLElement }} Pass */
  /** @type {Map<string, Pass>} */
  const made = new Map();
  /** @type {HTMLImageElement} */
  let originals;
  const canvas = (label) => {
    const one = element('canvas', own);
    one.setAttribute('role', 'img');
    one.setAttribute('aria-label', label);
    fitPicture(one, own, Math.max(1, Math.round(PIXELS / width)), PIXELS * 1.2);
    return one;
  };
  /** @type {(sheet: HTMLImageElement, place: number, on: HTMLCanvasElement) => ImageData} */
  const show = (sheet, place, on) => {
    const context = context2d(on, { willReadFrequently: true });
    const [left, top] = [(place % columns) * width, Math.floor(place / columns) * height];
    context.drawImage(sheet, left, top, width, height, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  };

  const first = canvas('The test image');
  const firstCaption = element('figcaption', {}, 'The test image');
  const makeAll = async () => {
    originals = await picture(data.originals);
    const figure = element('figure', { className: 'pass' }, element('div', { className: 'both' }, first), firstCaption);
    const sheets = await Promise.all(known.map(({ name }) => picture(data.sheets[name])));
    known.forEach(({ name, label }, index) => {
      const canvases = [canvas(`Reconstruction by ${label}`), canvas(`Error of ${label}`)];
      const pass = element('figure', { className: 'pass' }, element('div', { className: 'both' }, ...canvases));
      pass.dataset.cell = name;
      pass.append(element('figcaption', {}, element('bdi', {}, label), element('small', {})));
      made.set(name, { sheet: sheets[index], canvases, figure: pass });
    });
    passes.replaceChildren(figure, ...[...made.values()].map((pass) => pass.figure));
    mark(passes);
  };

  /** @type {(name: string, key: string, place: number) => string} */
  const valueOf = (name, key, place) => {
    const value = values[name]?.[key]?.[place];
    return typeof value === 'number' ? `${names[key]} ${value.toFixed(data.digits[key])}` : '';
  };
  const overviewOf = (list) => {
    const across = Math.max(1, Math.floor((every.clientWidth || section.clientWidth) / width));
    overview.width = Math.min(across, list.length) * width;
    overview.height = Math.ceil(list.length / across) * height;
    const context = context2d(overview);
    list.forEach((place, n) => {
      const [left, top] = [(place % columns) * width, Math.floor(place / columns) * height];
      const [x, y] = [(n % across) * width, Math.floor(n / across) * height];
      context.drawImage(originals, left, top, width, height, x, y, width, height);
      if (place !== chosen()) return;
      context.strokeStyle = '#e69f00';
      context.lineWidth = 3;
      context.strokeRect(x + 1.5, y + 1.5, width - 3, height - 3);
    });
  };
  overview.addEventListener('click', ({ offsetX, offsetY }) => {
    const across = overview.width / width;
    const scale = overview.width / overview.clientWidth;
    const place = listed()[Math.floor((offsetY * scale) / height) * across + Math.floor((offsetX * scale) / width)];
    if (place !== undefined) choose(place);
  });

  let ready = false;
  const draw = () => {
    const place = chosen();
    const label = classes.length > 1 ? `, class ${classes[labels[place]] ?? labels[place]}` : '';
    showNumber(getState('image') ?? String(rows[place]));
    order.value = getState('of') ?? '';
    if (byClass instanceof HTMLSelectElement) byClass.value = getState('class') ?? '';
    for (const button of findAll(section, '[data-go=best], [data-go=worst]', HTMLButtonElement)) {
      button.disabled = !order.value;
    }
    if (!ready) return;
    firstCaption.textContent = `Test image no. ${rows[place]}${label}`;
    const target = show(originals, place, first);
    const least = known
      .filter(({ name }) => view.shown.has(name) && typeof values[name]?.mse?.[place] === 'number')
      .sort((a, b) => Number(values[a.name].mse[place]) - Number(values[b.name].mse[place]));
    for (const [name, { sheet, canvases, figure }] of made) {
      const rebuilt = show(sheet, place, canvases[0]);
      for (let at = 0; at < rebuilt.data.length; at += 1) {
        if (at % 4 < 3) rebuilt.data[at] = Math.abs(rebuilt.data[at] - target.data[at]);
      }
      context2d(canvases[1], { willReadFrequently: true }).putImageData(rebuilt, 0, 0);
      const parts = Object.keys(names).map((key) => valueOf(name, key, place)).filter(Boolean);
      find(figure, 'small').textContent = parts.join(' · ');
      figure.classList.toggle('closest', name === least[0]?.name);
    }
    const [best, worst] = [least[0], least.at(-1)];
    const ends = best && worst && best !== worst ? ` ${best.label} comes closest, ${worst.label} is farthest off.` : '';
    const by = order.value && isCell(order.value) ? `, ordered by the error of ${cellOf(order.value).label}` : '';
    const list = listed();
    const at = list.includes(place) ? `${list.indexOf(place) + 1} of ${list.length}${by}` : 'of another class';
    find(section, '.chosen-image').textContent = `No. ${rows[place]}${label} (${at}).${ends}`;
    if (every.open) overviewOf(list);
  };
  every.addEventListener('toggle', draw);
  follow(draw);
  whenNear(find(section, '.choice'), async () => {
    await makeAll();
    ready = true;
    draw();
  });
};

const section = document.getElementById('image');
const data = document.getElementById('image-data');
if (section && data) start(section, JSON.parse(data.textContent ?? ''));

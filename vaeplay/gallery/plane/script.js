// The plane with any two metrics as its axes (x=key, y=key). Rate against distortion is drawn by the page itself, with
// its lines of equal ELBO; other pairs are placed here, on axes that the page knows, without cells that lack a metric.
import '../filters/script.js';
import { find, findAll } from '../frame/dom.js';
import { cellOf, follow, getState, pageData, setState, shows, view } from '../frame/state.js';

/**
 * @typedef {{ low: number, high: number, ticks: { value: number, label: string }[] }} Axis
 * @typedef {{ axes: Record<string, Axis>, sweeps: string[][] }} PlaneData
 */

/**
 * @param {HTMLElement} section
 * @param {HTMLElement} form
 */
const start = (section, form) => {
  const [LEFT, RIGHT, TOP, BOTTOM] = [62, 740, 14, 384]; // in the drawing's own pixels
  shows(section, 'x', 'y');
  /** @type {PlaneData} */
  const data = JSON.parse(find(section, '#plane-data').textContent ?? '');
  const own = find(section, '.rate-distortion', SVGElement);
  const other = find(section, '.other-axes', SVGElement);
  const points = findAll(section, 'a.point', SVGElement).map((link) => {
    const text = find(link, 'text', SVGElement);
    const [name, place] = [link.dataset.cell ?? '', link.getAttribute('transform') ?? ''];
    return { link, text, name, place, words: text.textContent, said: link.getAttribute('aria-label') ?? '' };
  });
  const table = find(section, '#plane-numbers table', HTMLTableElement);
  const heads = findAll(table, 'thead th').map((cell) => ({ cell, text: cell.textContent }));
  const rows = findAll(table, 'tbody tr', HTMLTableRowElement).map((row) => {
    return { row, name: row.dataset.cell ?? '', texts: [row.cells[1].textContent, row.cells[2].textContent] };
  });
  const selects = { x: find(form, '[name=x]', HTMLSelectElement), y: find(form, '[name=y]', HTMLSelectElement) };
  const metrics = new Map(pageData.metrics.map((metric) => [metric.key, metric]));
  const metricOf = (key) => /** @type {import('../frame/state.js').Metric} */ (metrics.get(key));
  const value = (name, key) => cellOf(name).metrics[key] ?? null;
  const shown = (number, digits) => number.toFixed(digits).replace('-', '−');

  const STANDARD = { x: 'rate', y: 'distortion' };
  for (const [name, select] of Object.entries(selects)) {
    if (select.value !== STANDARD[name]) {
      select.prepend(new Option('Rate (where defined)', STANDARD[name], true, true));
    }
    select.addEventListener('change', () => {
      setState({ [name]: select.value === STANDARD[name] ? null : select.value });
    });
  }

  const ARROWS = { higher: ' ↑', lower: ' ↓' };
  const [title, ...how] = findAll(section, 'h2, .how').map((item) => ({ item, words: item.textContent }));
  const chart = find(section, 'svg.chart', SVGElement);
  // What the section says of rate and distortion is said of the two metrics that are shown instead, or of none again.
  /** @param {import('../frame/state.js').Metric[]} pair */
  const tell = (pair) => {
    const [x, y] = pair;
    const against = x && `${y.label} against ${x.label}`;
    const directions = pair.filter(({ better }) => better).map(({ label, better }) => `${label}: ${better} is better. `);
    title.item.textContent = against ?? title.words;
    for (const { item, words } of how) item.textContent = x ? directions.join('') : words;
    chart.setAttribute('aria-label', against ?? `Rate–distortion plane of ${points.length} cells`);
    for (const caption of findAll(section, '#plane-numbers caption')) {
      caption.textContent = `${against ?? 'Rate and distortion'} of each cell`;
    }
    for (const { link, name, said } of points) {
      const one = ({ key, label, digits }) => {
        const number = value(name, key);
        return number === null ? `no ${label}` : `${label} ${shown(number, digits)}`;
      };
      const text = x ? `${cellOf(name).label}: ${one(x)}, ${one(y)}` : said;
      link.setAttribute('aria-label', text);
      find(link, 'title', SVGElement).textContent = text;
    }
  };

  // A line of a sweep goes through those of its cells that are shown.
  const spots = new Map(points.map(({ name, place }) => [name, place.slice('translate('.length, -1)]));
  const sweeps = findAll(section, '.sweep', SVGElement);
  follow(() => {
    sweeps.forEach((path, place) => {
      const left = data.sweeps[place].filter((name) => view.shown.has(name)).map((name) => spots.get(name));
      path.setAttribute('d', left.length > 1 ? `M${left.join('L')}` : '');
    });
  });

  const drawn = (tag, attributes, text = '') => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, setting] of Object.entries(attributes)) made.setAttribute(name, String(setting));
    made.textContent = text;
    other.append(made);
  };
  /** @type {(axis: Axis, start: number, end: number) => (number: number) => number} */
  const scale = ({ low, high }, start, end) => (number) => start + ((number - low) / (high - low)) * (end - start);

  /** @type {(xKey: string, yKey: string) => string} */
  const redraw = (xKey, yKey) => {
    const there = points.filter(({ name }) => value(name, xKey) !== null && value(name, yKey) !== null);
    const across = scale(data.axes[xKey], LEFT, RIGHT);
    const up = scale(data.axes[yKey], BOTTOM, TOP);
    for (const tick of there.length ? data.axes[yKey].ticks : []) {
      drawn('path', { class: 'rule', d: `M${LEFT} ${up(tick.value)}H${RIGHT}` });
      drawn('text', { x: LEFT - 6, y: up(tick.value), dy: '0.35em', 'text-anchor': 'end' }, tick.label);
    }
    for (const tick of there.length ? data.axes[xKey].ticks : []) {
      drawn('text', { x: across(tick.value), y: BOTTOM + 16, 'text-anchor': 'middle' }, tick.label);
    }
    drawn('path', { class: 'axis', d: `M${LEFT} ${TOP}V${BOTTOM}H${RIGHT}` });
    const named = ({ label, unit, better }) => `${label}${ARROWS[better] ?? ''}, ${unit} →`;
    drawn('text', { x: RIGHT, y: BOTTOM + 36, 'text-anchor': 'end' }, named(metricOf(xKey)));
    drawn('text', { transform: `translate(11 ${TOP}) rotate(-90)`, 'text-anchor': 'end' }, named(metricOf(yKey)));
    for (const point of points) {
      const [x, y] = [value(point.name, xKey), value(point.name, yKey)];
      point.link.toggleAttribute('hidden', x === null || y === null);
      point.text.textContent = '';
      if (x === null || y === null) continue;
      point.link.setAttribute('transform', `translate(${across(x).toFixed(1)} ${up(y).toFixed(1)})`);
    }
    const left = points.length - there.length;
    return left ? `${left} of ${points.length} cells ${left === 1 ? 'does' : 'do'} not have both metrics and ${left === 1 ? 'is' : 'are'} not shown.` : '';
  };

  let before = `${STANDARD.x} ${STANDARD.y}`;
  follow(() => {
    const usable = (name) => {
      const key = getState(name);
      return key !== null && key in data.axes ? key : STANDARD[name];
    };
    const keys = [usable('x'), usable('y')];
    const [xKey, yKey] = keys;
    if (keys.join(' ') === before) return;
    before = keys.join(' ');
    const standard = xKey === STANDARD.x && yKey === STANDARD.y;
    selects.x.value = xKey;
    selects.y.value = yKey;
    other.replaceChildren();
    tell(standard ? [] : keys.map(metricOf));
    own.toggleAttribute('hidden', !standard);
    let note = '';
    if (standard) {
      for (const { link, text, place, words } of points) {
        link.removeAttribute('hidden');
        link.setAttribute('transform', place);
        text.textContent = words;
      }
    } else {
      note = redraw(xKey, yKey);
    }
    find(form, '.count').textContent = note;
    heads.forEach(({ cell, text }, index) => {
      const metric = metrics.get(keys[index - 1]);
      cell.textContent = standard || !metric ? text : `${metric.label}, ${metric.unit}`;
    });
    for (const { row, name, texts } of rows) {
      keys.forEach((key, index) => {
        const number = value(name, key);
        const fresh = number === null ? '—' : shown(number, metricOf(key).digits);
        row.cells[index + 1].textContent = standard ? texts[index] : fresh;
      });
    }
  });
};

const section = document.getElementById('plane');
const form = document.getElementById('plane-axes');
if (section && form) start(section, form);

// The plane with any two metrics as its axes (x=key, y=key). Rate against distortion of all cells is drawn by the page
// itself; other pairs, and fewer cells, are drawn here, on axes around what is shown. Cells without a rate stand in a
// strip, and those beyond the axis stay there.
import '../filters/script.js';
import { find, findAll } from '../frame/dom.js';
import '../frame/link.js';
import '../frame/save.js';
import { cellOf, follow, getState, pageData, setState, shows, view } from '../frame/state.js';
import { hideTip, showTip } from '../frame/tip.js';
import { apart, axisOf, ticks } from './axes.js';

/** @typedef {{ sweeps: string[][], beyond: string[] }} PlaneData */

/**
 * @param {HTMLElement} section
 * @param {HTMLElement} form
 */
const start = (section, form) => {
  const [LEFT, RIGHT, TOP, BOTTOM] = [56, 676, 14, 384]; // in the drawing's own pixels
  const STRIP = 80; // the width of a strip
  const GAP = 14;
  const NEAR = 12; // points that are nearer are named together
  shows(section, 'x', 'y');
  /** @type {PlaneData} */
  const data = JSON.parse(find(section, '#plane-data').textContent ?? '');
  const own = find(section, '.rate-distortion', SVGElement);
  const other = find(section, '.other-axes', SVGElement);
  const points = findAll(section, 'a.point', SVGElement).map((link) => {
    const text = find(link, 'text', SVGElement);
    const [name, place] = [link.dataset.cell ?? '', link.getAttribute('transform') ?? ''];
    const whiskers = find(link, '.whiskers', SVGElement);
    const said = link.getAttribute('aria-label') ?? '';
    return { link, text, name, place, words: text.textContent, said, whiskers, path: whiskers.getAttribute('d') ?? '' };
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
  /** @type {(name: string, key: string) => [number, number] | null} */
  const interval = (name, key) => cellOf(name).intervals[key] ?? null;
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
        const ends = interval(name, key);
        const half = ends ? ` ± ${shown((ends[1] - ends[0]) / 2, digits)}` : '';
        return number === null ? `no ${label}` : `${label} ${shown(number, digits)}${half}`;
      };
      const text = x ? `${cellOf(name).label}: ${one(x)}, ${one(y)}` : said;
      link.setAttribute('aria-label', text);
    }
  };

  const drawn = (tag, attributes, text = '') => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, setting] of Object.entries(attributes)) made.setAttribute(name, String(setting));
    made.textContent = text;
    other.append(made);
  };
  const strip = (left, words) => {
    drawn('rect', { class: 'strip', x: left, y: TOP, width: STRIP, height: BOTTOM - TOP, rx: 4 });
    drawn('text', { x: left + STRIP / 2, y: BOTTOM + 16, 'text-anchor': 'middle', class: 'axis-name' }, words);
  };

  // Lines of equal ELBO: rate + distortion is constant.
  /** @type {(x: import('./axes.js').Axis, y: import('./axes.js').Axis) => void} */
  const diagonals = (x, y) => {
    for (const { value, label } of ticks(x.low + y.low, x.high + y.high, 9)) {
      const [first, last] = [Math.max(x.low, value - y.high), Math.min(x.high, value - y.low)];
      const [x1, y1, x2, y2] = [x.at(first), y.at(value - first), x.at(last), y.at(value - last)];
      if (x2 - x1 <= 20) continue;
      drawn('path', { class: 'equal', d: `M${x1} ${y1}L${x2} ${y2}` });
      if (last === x.high) drawn('text', { x: x2 + 6, y: y2, dy: '0.35em' }, `ELBO −${label}`);
      else drawn('text', { x: x2 - 6, y: y2 - 5, 'text-anchor': 'end' }, `−${label}`);
    }
  };

  /** @type {(xKey: string, yKey: string, standard: boolean) => string} */
  const redraw = (xKey, yKey, standard) => {
    const shown = points.filter(({ name }) => view.shown.has(name));
    const high = shown.filter(({ name }) => value(name, yKey) !== null);
    const there = high.filter(({ name }) => value(name, xKey) !== null);
    const far = standard && there.some(({ name }) => !data.beyond.includes(name)) ? data.beyond : [];
    const aside = standard ? high.filter(({ name }) => value(name, xKey) === null) : [];
    const within = there.filter(({ name }) => !far.includes(name));
    const left = LEFT + (aside.length ? STRIP + GAP : 0);
    const right = RIGHT - (there.length > within.length ? STRIP : 0);
    const ends = (list, key) => list.flatMap(({ name }) => [Number(value(name, key)), ...(interval(name, key) ?? [])]);
    const x = axisOf(ends(within, xKey), left, right, 8);
    const y = axisOf(ends([...there, ...aside], yKey), BOTTOM, TOP, 6);
    if (standard && within.length) diagonals(x, y);
    if (aside.length) strip(LEFT, 'no rate');
    if (there.length > within.length) strip(right + 78, 'higher rate');
    for (const tick of high.length ? y.ticks : []) {
      if (!standard) drawn('path', { class: 'rule', d: `M${left} ${y.at(tick.value)}H${right}` });
      drawn('text', { x: LEFT - 6, y: y.at(tick.value), dy: '0.35em', 'text-anchor': 'end' }, tick.label);
    }
    for (const tick of within.length ? x.ticks : []) {
      drawn('text', { x: x.at(tick.value), y: BOTTOM + 16, 'text-anchor': 'middle' }, tick.label);
    }
    drawn('path', { class: 'axis', d: `M${left} ${TOP}V${BOTTOM}H${right}` });
    const named = ({ label, unit, better }) => `${label}${ARROWS[better] ?? ''}, ${unit} →`;
    drawn('text', { x: right, y: BOTTOM + 36, 'text-anchor': 'end' }, named(metricOf(xKey)));
    drawn('text', { transform: `translate(13 ${TOP}) rotate(-90)`, 'text-anchor': 'end' }, named(metricOf(yKey)));

    const besides = apart(aside.map(({ name }) => y.at(Number(value(name, yKey)))));
    /** @type {Map<string, string>} */
    const spots = new Map();
    for (const point of points) {
      const { name, link } = point;
      const [of, up] = [value(name, xKey), value(name, yKey)];
      const place = aside.indexOf(point);
      const hidden = up === null || (of === null && place < 0);
      link.toggleAttribute('hidden', hidden);
      point.text.textContent = standard ? point.words : '';
      if (hidden || !view.shown.has(name)) continue;
      const beyond = of !== null && far.includes(name);
      const across = place >= 0 ? LEFT + STRIP / 2 + besides[place] : beyond ? right + 92 : x.at(Number(of));
      link.setAttribute('transform', `translate(${across.toFixed(1)} ${y.at(up).toFixed(1)})`);
      if (within.includes(point)) spots.set(name, `${across.toFixed(1)} ${y.at(up).toFixed(1)}`);
      const bar = (key, axis, letters) => {
        const ends = interval(name, key)?.map((end) => (axis.at(end) - axis.at(Number(value(name, key)))).toFixed(1));
        return ends ? letters(ends) : '';
      };
      const flat = place >= 0 || beyond ? '' : bar(xKey, x, ([low, high]) => `M${low} 0H${high}`);
      point.whiskers.setAttribute('d', flat + bar(yKey, y, ([low, high]) => `M0 ${low}V${high}`));
    }
    // Texts have their places among all cells: of two that meet where fewer are shown, the second is left out.
    /** @type {DOMRect[]} */
    const taken = [];
    for (const { text, name } of points) {
      const box = text.getBoundingClientRect();
      if (!view.shown.has(name) || !box.width) continue;
      const { left: from, right: to, top, bottom } = box;
      if (taken.some((one) => from < one.right && one.left < to && top < one.bottom && one.top < bottom)) {
        text.textContent = '';
      } else taken.push(box);
    }
    for (const sweep of standard ? data.sweeps : []) {
      const line = sweep.flatMap((name) => spots.get(name) ?? []);
      if (line.length > 1) drawn('path', { class: 'sweep', d: `M${line.join('L')}` });
    }
    const absent = standard ? 0 : shown.length - there.length;
    const verbs = absent === 1 ? ['does', 'is'] : ['do', 'are'];
    const lacking = `${absent} of ${shown.length} cells ${verbs[0]} not have both metrics and ${verbs[1]} not shown.`;
    return absent ? lacking : '';
  };

  // What is said of a point, and of those that it covers or nearly so.
  /** @param {SVGElement} link */
  const told = (link) => {
    const place = (item) => (item.getAttribute('transform') ?? '').match(/[-\d.]+/g)?.map(Number) ?? [0, 0];
    const [x, y] = place(link);
    const near = points.filter((point) => {
      const [px, py] = place(point.link);
      return view.shown.has(point.name) && !point.link.hasAttribute('hidden') && Math.hypot(px - x, py - y) < NEAR;
    });
    const box = link.getBoundingClientRect();
    const own = (point) => Number(point.link === link);
    near.sort((one, other) => own(other) - own(one));
    showTip(box.right, box.top, near.map((point) => point.link.getAttribute('aria-label') ?? ''));
  };
  for (const { link } of points) {
    find(link, 'title', SVGElement).remove(); // the note says more
    link.addEventListener('pointerenter', () => told(link));
    link.addEventListener('focus', () => told(link));
    link.addEventListener('pointerleave', hideTip);
    link.addEventListener('blur', hideTip);
  }

  let before = JSON.stringify([Object.values(STANDARD), true]); // what the page itself draws
  follow(() => {
    const usable = (name) => {
      const key = getState(name);
      return [...selects[name].options].some((option) => option.value === key) ? String(key) : STANDARD[name];
    };
    const keys = [usable('x'), usable('y')];
    const [xKey, yKey] = keys;
    const all = view.shown.size === pageData.cells.length;
    const now = JSON.stringify([keys, all || [...view.shown]]);
    if (now === before) return;
    before = now;
    const standard = xKey === STANDARD.x && yKey === STANDARD.y;
    selects.x.value = xKey;
    selects.y.value = yKey;
    other.replaceChildren();
    tell(standard ? [] : keys.map(metricOf));
    own.toggleAttribute('hidden', !standard || !all);
    let note = '';
    if (standard && all) {
      for (const { link, text, place, words, whiskers, path } of points) {
        link.removeAttribute('hidden');
        link.setAttribute('transform', place);
        text.textContent = words;
        whiskers.setAttribute('d', path);
      }
    } else {
      note = redraw(xKey, yKey, standard);
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

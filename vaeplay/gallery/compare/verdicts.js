// What the paired verdicts say of two cells, as tables: the groups, their order and the outcomes come from Python.
import { element, find } from '../frame/dom.js';
import { cellOf, pageData } from '../frame/state.js';

/** @typedef {import('../frame/state.js').Cell} Cell */
/** @typedef {import('../frame/state.js').Metric} Metric */
/**
 * @typedef {object} Comparisons
 * @property {string[]} opening the cells of the first comparison
 * @property {string[]} metrics keys, in order; the `first` are shown at once
 * @property {number} first
 * @property {string[]} outcomes
 * @property {[string, string[]][]} groups
 * @property {string[]} obstacles
 * @property {string} unpaired
 * @property {[string, string, string, number[][]][]} pairs
 */
/** @type {Comparisons} */
export const comparisons = JSON.parse(find(document, '#compare-data').textContent ?? '');
const { metrics, first, outcomes, groups, obstacles, unpaired, pairs } = comparisons;
const about = new Map(pageData.metrics.map((metric) => [metric.key, metric]));
const REVERSED = { better: 'worse', worse: 'better', higher: 'lower', lower: 'higher' };

/**
 * @typedef {object} Line
 * @property {Metric} metric
 * @property {boolean} main
 * @property {string} outcome empty where the two were not compared
 * @property {string} difference
 * @property {[string, string]} values
 */

/** @type {(value: number, digits: number) => string} */
const text = (value, digits) => {
  const whole = Math.abs(value) >= 1e9 ? value.toExponential(digits) : value.toFixed(digits);
  const [integer, ...rest] = (Number(whole) === 0 ? whole.replace('-', '') : whole.replace('-', '−')).split('.');
  return [integer.replace(/\B(?=(\d{3})+$)/g, '\u2009'), ...rest].join('.');
};
/** @type {(value: number, digits: number) => string} */
const signed = (value, digits) => (value > 0 ? '+' : '') + text(value, digits);
/** @type {(cell: Cell, metric: Metric) => string} */
const valueOf = ({ metrics: own }, { key, digits }) => {
  if (!(key in own)) return '—';
  const value = own[key];
  return value === null ? 'NaN or infinite' : text(value, digits);
};

// The pair of two cells in this order, or else of their configurations.
/** @type {(one: Cell, other: Cell) => Comparisons['pairs'][number] | undefined} */
const pairOf = (one, other) =>
  pairs.find(([from, to]) => from === one.name && to === other.name) ??
  pairs.find(([from, to]) => from === one.configuration && to === other.configuration);

/** @type {(one: Cell, other: Cell, entry: number[], reversed: boolean) => Line} */
const lineOf = (one, other, [place, code, ...numbers], reversed) => {
  const metric = /** @type {Metric} */ (about.get(metrics[place]));
  const { digits } = metric;
  const shared = { metric, main: place < first };
  /** @type {[string, string]} */
  const own = [valueOf(one, metric), valueOf(other, metric)];
  if (numbers.length === 1) {
    return { ...shared, outcome: outcomes[code], difference: obstacles[numbers[0]], values: own };
  }
  const [difference, low, high, ...means] = numbers;
  const ends = reversed ? [-difference, -high, -low] : [difference, low, high];
  const [value, from, to] = ends.map((end) => signed(end, digits));
  const both = reversed ? means.reverse() : means;
  return {
    ...shared,
    outcome: reversed ? (REVERSED[outcomes[code]] ?? outcomes[code]) : outcomes[code],
    difference: low === high ? value : `${value} (${from} to ${to})`,
    values: both.length ? [text(both[0], digits), text(both[1], digits)] : own,
  };
};

/** @type {(one: Cell, other: Cell) => { note: string, lines: Line[] }} */
const compared = (one, other) => {
  const straight = pairOf(one, other);
  const pair = straight ?? pairOf(other, one);
  if (pair) return { note: pair[2], lines: pair[3].map((entry) => lineOf(one, other, entry, !straight)) };
  const lines = metrics.flatMap((key, place) => {
    const metric = about.get(key);
    if (!metric || (!(key in one.metrics) && !(key in other.metrics))) return [];
    /** @type {[string, string]} */
    const values = [valueOf(one, metric), valueOf(other, metric)];
    return [{ metric, main: place < first, outcome: '', difference: '', values }];
  });
  return { note: unpaired, lines };
};

const ARROWS = { higher: '↑', lower: '↓' };
/** @type {(line: Line) => HTMLElement} */
const rowOf = ({ metric: { label, unit, better }, outcome, difference, values }) => {
  const head = element('th', { scope: 'row' }, label, ' ');
  if (better) head.append(ARROWS[better], element('span', { className: 'unseen' }, ` ${better} is better `));
  head.append(' ', element('small', {}, unit));
  const obstacle = outcome === 'cannot be compared' ? ' obstacle' : '';
  const middle = element('td', { className: `difference${obstacle}` }, difference);
  return element('tr', {}, head, element('td', {}, values[0]), middle, element('td', {}, values[1]));
};

/** @type {(one: Cell, other: Cell, lines: Line[], caption: string) => HTMLElement} */
const table = (one, other, lines, caption) => {
  const column = (...content) => element('th', { scope: 'col' }, ...content);
  const named = (cell) => column(element('bdi', {}, cell.label));
  const head = element('tr', {}, column('Metric'), named(one), column('Difference (95 % interval)'), named(other));
  const made = element('table', { className: 'versus' });
  made.append(element('caption', { className: 'unseen' }, caption), element('thead', {}, head));
  const unknown = lines.filter(({ outcome }) => outcome === '').map(rowOf);
  if (unknown.length) {
    made.classList.add('unpaired');
    made.append(element('tbody', {}, ...unknown));
  }
  for (const [title, own] of groups) {
    const rows = lines.filter(({ outcome }) => own.includes(outcome)).map(rowOf);
    if (!rows.length) continue;
    const group = element('th', { scope: 'rowgroup', colSpan: 4 }, title);
    made.append(element('tbody', {}, element('tr', { className: 'group' }, group), ...rows));
  }
  return made;
};

/**
 * Everything that is known of the change from one cell to another.
 * @param {string} from
 * @param {string} to
 */
export const comparison = (from, to) => {
  const [one, other] = [cellOf(from), cellOf(to)];
  const { note, lines } = compared(one, other);
  const [main, further] = [true, false].map((wanted) => lines.filter((line) => line.main === wanted));
  const made = element('div', { className: 'comparison' });
  const title = element('h3', {}, element('bdi', {}, one.label), ' → ', element('bdi', {}, other.label));
  made.append(title, element('p', { className: 'how' }, note));
  if (main.length) made.append(table(one, other, main, 'Main metrics of both cells'));
  if (further.length) {
    const all = table(one, other, further, 'Further metrics of both cells');
    made.append(element('details', {}, element('summary', {}, 'Further metrics'), all));
  }
  return made;
};

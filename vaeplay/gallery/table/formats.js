// A table of texts as CSV, Markdown or LaTeX.

/**
 * @typedef {object} Head
 * @property {string} label
 * @property {string} unit
 * @property {string} arrow ↑ or ↓ where one direction is better
 * @property {boolean} number
 *
 * @typedef {object} Entry
 * @property {string} text
 * @property {string} half half the width of the interval, empty where there is none
 * @property {boolean} best
 *
 * @typedef {{ heads: Head[], rows: Entry[][], note: string }} Table
 */

const named = ({ label, unit }) => (unit ? `${label} (${unit})` : label);
// Numbers as programs read them: a hyphen for the minus sign, and nothing between thousands.
const plain = (text) => (text === '—' ? '' : text.replaceAll('\u2009', '').replaceAll('−', '-'));
const isNumber = (text) => text !== '' && Number.isFinite(Number(text));

// Text that a spreadsheet would take for a formula is kept text by a leading apostrophe.
const field = (text) => {
  const safe = /^[=+\-@\t\r]/.test(text) && !isNumber(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/**
 * A row per cell; the half widths of intervals have columns of their own.
 * @param {Table} table
 */
export const csv = ({ heads, rows }) => {
  const widths = heads.map((_, place) => rows.some((row) => row[place].half));
  const head = heads.flatMap((item, place) => (widths[place] ? [named(item), `± ${item.label}`] : [named(item)]));
  const body = rows.map((row) =>
    row.flatMap(({ text, half }, place) => (widths[place] ? [plain(text), plain(half)] : [plain(text)])),
  );
  return [head, ...body].map((row) => row.map(field).join(',')).join('\r\n') + '\r\n';
};

const marked = (text) => text.replace(/[\\`*_{}[\]<>|#~&]/g, '\\$&').replace(/[^\S\u2009]+/g, ' ');

/**
 * A table of GitHub's Markdown, the best values bold.
 * @param {Table} table
 */
export const markdown = ({ heads, rows, note }) => {
  const line = (texts) => `| ${texts.join(' | ')} |`;
  const value = ({ text, best }) => (best ? `**${marked(text)}**` : marked(text));
  const one = (entry) => value(entry) + (entry.half ? ` ± ${marked(entry.half)}` : '');
  const head = heads.map((item) => marked(named(item)) + (item.arrow && ` ${item.arrow}`));
  const lines = [line(head), line(heads.map(({ number }) => (number ? '---:' : '---')))];
  return [...lines, ...rows.map((row) => line(row.map(one))), '', marked(note), ''].join('\n');
};

/** @type {Record<string, string>} */
const TEX = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '$<$',
  '>': '$>$',
  '|': '$|$',
  '"': "''",
  '−': '$-$',
  '±': '$\\pm$',
  '×': '$\\times$',
  '²': '$^2$',
  '↑': '$\\uparrow$',
  '↓': '$\\downarrow$',
  '…': '\\ldots{}',
  '—': '---',
  '–': '--',
  '’': "'",
  '\u2009': '\\,',
};
const GREEK = { α: 'alpha', β: 'beta', γ: 'gamma', δ: 'delta', λ: 'lambda', μ: 'mu', σ: 'sigma', φ: 'varphi', χ: 'chi' };
const tex = (text) =>
  text
    .replace(/[&%$#_{}]|[\\~^<>|"−±×²↑↓…—–’\u2009]/g, (letter) => TEX[letter] ?? `\\${letter}`)
    .replace(/[αβγδλμσφχ]/g, (letter) => `$\\${GREEK[letter]}$`);

// A value and its interval as one formula, the value bold where it is the best.
const formula = ({ text, half, best }) => {
  const math = (number) => number.replaceAll('−', '-').replaceAll('\u2009', '\\,').replace('<', '{<}');
  if (!isNumber(plain(text))) return best ? `\\textbf{${tex(text)}}` : tex(text);
  const value = best ? `\\mathbf{${math(text)}}` : math(text);
  return `$${value}${half ? ` \\pm ${math(half)}` : ''}$`;
};

/**
 * A table for LaTeX with the package booktabs, the best values bold.
 * @param {Table} table
 */
export const latex = ({ heads, rows, note }) => {
  const line = (texts) => `${texts.join(' & ')} \\\\`;
  const units = heads.map(({ unit }) => (unit ? `{\\footnotesize ${tex(unit)}}` : ''));
  return [
    `% Needs \\usepackage{booktabs}. ${note.replace(/\s+/g, ' ')}`,
    `\\begin{tabular}{${heads.map(({ number }) => (number ? 'r' : 'l')).join('')}}`,
    '\\toprule',
    line(heads.map(({ label, arrow }) => tex(label) + (arrow && ` ${tex(arrow)}`))),
    line(units),
    '\\midrule',
    ...rows.map((row) => line(row.map((entry, place) => (heads[place].number ? formula(entry) : tex(entry.text))))),
    '\\bottomrule',
    '\\end{tabular}',
    '',
  ].join('\n');
};

// A place in the latent space as entries of the address: explore= (the cells), image=, draw=, walk=, code=, at=, and
// ends= (of the walk, while the place is not on it). Images stand there by their rows in the test split.

/**
 * @typedef {import('./engine.js').Explorable} Explorable
 * @typedef {(name: string) => string | null} Text of an entry, by its name
 * @typedef {{ kind: 'image', index: number } | { kind: 'draw', n: number } | { kind: 'walk', t: number }
 *   | { kind: 'code', code: Float32Array } | { kind: 'entries', entries: Uint16Array }} Base
 * @typedef {{ base: Base | null, at: number[] | null, ends: number[], cells: string[] }} Place
 */

const DIGITS = 4;
const compact = (code) => Array.from(code, (value) => Number(value.toPrecision(DIGITS))).join(',');
/** @type {(text: string | null, count?: number) => number[] | null} */
const numbers = (text, count) => {
  const found = (text ?? '').split(',').map(Number);
  return text && found.every(Number.isFinite) && (!count || found.length === count) ? found : null;
};

/**
 * The entries that bring a place back; a walk has its `usual` ends where the address names none.
 * @type {(place: Place, rows: number[], usual: number[]) => Record<string, string | string[] | null>}
 */
export const entriesOf = ({ base, at, ends, cells }, rows, usual) => {
  const between = ends.map((index) => rows[index]).join(',');
  return {
    explore: cells,
    image: base?.kind === 'image' ? String(rows[base.index]) : null,
    draw: base?.kind === 'draw' ? String(base.n) : null,
    walk: base?.kind === 'walk' ? `${between},${Number(base.t.toFixed(3))}` : null,
    ends: base?.kind === 'walk' || ends.join() === usual.join() ? null : between,
    code: base?.kind === 'code' ? compact(base.code) : base?.kind === 'entries' ? base.entries.join(',') : null,
    at: at ? compact(at) : null,
  };
};

/** @type {(text: Text, cell: Explorable, rows: number[], onWalk: boolean) => Base | null} */
const baseIn = (text, cell, rows, onWalk) => {
  const image = rows.indexOf(Number(text('image') ?? NaN));
  if (image >= 0) return { kind: 'image', index: image };
  const draw = text('draw');
  if (draw && cell.draws) return { kind: 'draw', n: Math.abs(Math.trunc(Number(draw) || 0)) % cell.draws };
  const walk = numbers(text('walk'), 3);
  if (walk && onWalk) return { kind: 'walk', t: Math.min(1, Math.max(0, walk[2])) };
  const code = numbers(text('code'));
  const { codebook } = cell;
  if (code && codebook && code.length === codebook.places) {
    return { kind: 'entries', entries: Uint16Array.from(code, (k) => Math.min(codebook.entries - 1, Math.max(0, k))) };
  }
  return code && !codebook && code.length === cell.size ? { kind: 'code', code: Float32Array.from(code) } : null;
};

/**
 * The place of a cell that the entries name, `text` by their names; what means nothing there is left out.
 * @type {(text: Text, cell: Explorable, rows: number[], usual: number[]) => Omit<Place, 'cells'>}
 */
export const placeIn = (text, cell, rows, usual) => {
  const named = numbers(text('walk'), 3)?.slice(0, 2) ?? numbers(text('ends'), 2) ?? [];
  const ends = named.map((row) => rows.indexOf(row));
  const known = ends.length === 2 && ends.every((end) => end >= 0);
  return { base: baseIn(text, cell, rows, known), at: numbers(text('at'), 2), ends: known ? ends : usual };
};

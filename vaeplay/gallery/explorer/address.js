// A place in the latent space as entries of the address: explore= (the cells), image=, draw=, walk=, shift=, code=,
// class= (that was chosen for the code), at=, ends= (of the walk, while the place is not on it), and layers= (what the
// pads show, unless it is the usual). Images stand there by their rows in the test split.

import { latent } from './latent.js';

/**
 * @typedef {import('./engine.js').Explorable} Explorable
 * @typedef {(name: string) => string | null} Text of an entry, by its name
 * @typedef {{ kind: 'image', index: number } | { kind: 'draw', n: number } | { kind: 'walk', t: number }
 *   | { kind: 'code', code: Float32Array, label?: number } | { kind: 'entries', entries: Uint16Array }
 *   | { kind: 'shift' } & Shift} Base
 * @typedef {{ index: number, to: number, from: number, t: number }} Shift of an image, between two classes; −1 for all
 * @typedef {{ base: Base | null, at: number[] | null, ends: number[], cells: string[], layers: string[] }} Place
 */

export const ENTRIES = ['explore', 'image', 'draw', 'walk', 'shift', 'code', 'class', 'at', 'ends', 'layers'];
const LAYERS = ['holes'];

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
export const entriesOf = ({ base, at, ends, cells, layers }, rows, usual) => {
  const between = ends.map((index) => rows[index]).join(',');
  const short = (value) => Number(value.toFixed(3));
  return {
    explore: cells,
    image: base?.kind === 'image' ? String(rows[base.index]) : null,
    draw: base?.kind === 'draw' ? String(base.n) : null,
    walk: base?.kind === 'walk' ? `${between},${short(base.t)}` : null,
    shift: base?.kind === 'shift' ? [rows[base.index], base.to, base.from, short(base.t)].join(',') : null,
    ends: base?.kind === 'walk' || ends.join() === usual.join() ? null : between,
    code: base?.kind === 'code' ? compact(base.code) : base?.kind === 'entries' ? base.entries.join(',') : null,
    class: base?.kind === 'code' && base.label !== undefined ? String(base.label) : null,
    at: at ? compact(at) : null,
    layers: layers.join() === LAYERS.join() ? null : layers.join(',') || 'none',
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
  const shift = numbers(text('shift'), 4);
  const known = latent.classes.length;
  if (shift && rows.includes(shift[0]) && [shift[1], shift[2]].every((label) => label >= -1 && label < known)) {
    return { kind: 'shift', index: rows.indexOf(shift[0]), to: shift[1], from: shift[2], t: shift[3] };
  }
  const code = numbers(text('code'));
  const { codebook } = cell;
  if (code && codebook && code.length === codebook.places) {
    return { kind: 'entries', entries: Uint16Array.from(code, (k) => Math.min(codebook.entries - 1, Math.max(0, k))) };
  }
  if (!code || codebook || code.length !== cell.size) return null;
  return { kind: 'code', code: Float32Array.from(code), label: numbers(text('class'), 1)?.[0] };
};

/**
 * The place of a cell that the entries name, `text` by their names; what means nothing there is left out.
 * @type {(text: Text, cell: Explorable, rows: number[], usual: number[]) => Omit<Place, 'cells'>}
 */
export const placeIn = (text, cell, rows, usual) => {
  const named = numbers(text('walk'), 3)?.slice(0, 2) ?? numbers(text('ends'), 2) ?? [];
  const ends = named.map((row) => rows.indexOf(row));
  const known = ends.length === 2 && ends.every((end) => end >= 0);
  return {
    base: baseIn(text, cell, rows, known),
    at: numbers(text('at'), 2),
    ends: known ? ends : usual,
    layers: text('layers')?.split(',') ?? LAYERS,
  };
};

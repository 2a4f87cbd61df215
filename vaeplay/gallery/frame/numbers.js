// The field for the number of a test image. A page, or a section of it, holds some of them; of another a line says so.
import { find } from './dom.js';

/** @type {(wanted: string, rows: number[]) => string} */
const absent = (wanted, rows) => {
  const near = [rows.filter((row) => row < Number(wanted)).at(-1), rows.find((row) => row > Number(wanted))];
  const known = near.filter((row) => row !== undefined);
  const nearest = known.length ? `; the nearest ${known.length > 1 ? 'are' : 'is'} ${known.join(' and ')}` : '';
  return `No. ${wanted} is not among the ${rows.length} test images here${nearest}.`;
};

/**
 * The field of a section that has one of the images in `rows`, which rise. `choose` gets the place of each that is
 * asked for in the field. What is returned puts a number, or nothing, into the field, and gives its place: −1 where the
 * image is not here.
 * @type {(section: HTMLElement, rows: number[], choose: (place: number) => void) => (wanted: string | null) => number}
 */
export const imageNumber = (section, rows, choose) => {
  const field = find(section, '.image-number input', HTMLInputElement);
  const line = find(section, '.not-here');
  /** @type {string | null} */
  let shown = null;
  /** @type {(wanted: string | null) => number} */
  const show = (wanted) => {
    const place = wanted ? rows.indexOf(Number(wanted)) : -1;
    if (wanted !== shown) {
      shown = wanted;
      field.value = wanted ?? '';
      line.textContent = wanted && place < 0 ? absent(wanted, rows) : '';
    }
    return place;
  };
  field.max = String(rows[rows.length - 1]);
  field.addEventListener('change', () => {
    const place = show(field.value);
    if (place >= 0) choose(place);
  });
  return show;
};

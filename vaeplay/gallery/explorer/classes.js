// The classes of a conditional model: one button for each, with the image that the code gives as one of that class.
import { context2d, element } from '../frame/dom.js';
import { colour, latent, sizeOfImage } from './latent.js';

/** @typedef {import('./engine.js').Explorable} Explorable */

/**
 * A code of one class as the code of another: at the same place within the other class's prior.
 * @type {(cell: Explorable, code: Float32Array, from: number, to: number) => Float32Array}
 */
export const inClass = ({ tensors, size }, code, from, to) => {
  const { class_means: means, class_deviations: deviations } = tensors;
  return Float32Array.from(code, (value, d) => {
    const standardised = (value - means[from * size + d]) / deviations[from * size + d];
    return means[to * size + d] + standardised * deviations[to * size + d];
  });
};

const classesOf = ({ tensors, size }) => Math.min(latent.classes.length, tensors.class_means.length / size);

/**
 * The class whose prior has the highest density at a code.
 * @type {(cell: Explorable, code: Float32Array) => number}
 */
export const likeliest = (cell, code) => {
  const { tensors: { class_means: means, class_deviations: deviations }, size } = cell;
  let [found, highest] = [0, -Infinity];
  for (let label = 0; label < classesOf(cell); label++) {
    let density = 0;
    for (let at = label * size, d = 0; d < size; d++, at++) {
      density -= ((code[d] - means[at]) / deviations[at]) ** 2 / 2 + Math.log(deviations[at]);
    }
    if (density > highest) [found, highest] = [label, density];
  }
  return found;
};

let groups = 0;
/**
 * Fills `box`, a radio group within `panel`; `change` gets the code that a choice leads to, and the class. What is
 * returned shows a code, and takes the class that it is known to have.
 * @param {HTMLElement} panel
 * @param {HTMLElement} box
 * @param {(code: Float32Array, label: number) => void} change
 */
export const classDial = (panel, box, change) => {
  const name = `class-${++groups}`;
  /** @type {Explorable | null} */
  let owner = null;
  /** @type {{ radio: HTMLInputElement, canvas: HTMLCanvasElement }[]} */
  let buttons = [];
  let chosen = 0;
  /** @type {Float32Array | null} */
  let code = null;
  let [busy, late] = [false, false];

  /** @param {number} label */
  const choose = (label) => {
    if (owner && code) change(inClass(owner, code, chosen, label), label);
  };
  /** @param {Explorable} cell */
  const build = (cell) => {
    buttons = latent.classes.slice(0, classesOf(cell)).map((title, label) => {
      const radio = element('input', { type: 'radio', name });
      const canvas = element('canvas', { width: sizeOfImage.width, height: sizeOfImage.height });
      canvas.setAttribute('aria-hidden', 'true');
      radio.addEventListener('change', () => choose(label));
      box.append(element('label', {}, radio, canvas, element('span', { textContent: title })));
      return { radio, canvas };
    });
  };
  // While a worker decodes, the last wish waits.
  const draw = async () => {
    late = busy;
    if (busy || !owner || !code) return;
    busy = true;
    const [cell, from] = [owner, code];
    const codes = Float32Array.from(buttons.flatMap((_, label) => [...inClass(cell, from, chosen, label)]));
    const tiles = colour(await cell.decode(codes, buttons.length), buttons.length);
    busy = false;
    if (cell === owner) buttons.forEach(({ canvas }, label) => context2d(canvas).putImageData(tiles[label], 0, 0));
    if (late) draw();
  };

  /** @type {(cell: Explorable, now: Float32Array, known?: number) => void} */
  return (cell, now, known) => {
    panel.hidden = !cell.tensors.class_means;
    if (panel.hidden) {
      owner = null;
      return;
    }
    if (cell !== owner) {
      box.replaceChildren();
      build(cell);
    } else if (code?.every((value, d) => value === now[d])) return;
    owner = cell;
    code = now;
    chosen = known !== undefined && known in buttons ? known : likeliest(cell, now);
    buttons[chosen].radio.checked = true;
    draw();
  };
};

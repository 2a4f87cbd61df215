// A slider for each dimension of the first cell's code, those that say most first.
import { element, find } from '../frame/dom.js';

/** @param {import('./side.js').Shown} explorer */
export const startDimensions = (explorer) => {
  const { sides, change } = explorer;
  const box = find(explorer.section, '.dimensions');
  const list = find(box, '.sliders');
  const MOST = 16;
  const REACH = 4; // standard deviations to either side
  /** @type {import('./engine.js').Explorable | null} */
  let owner = null;
  /** @type {{ dimension: number, label: HTMLElement, slider: HTMLInputElement, value: HTMLOutputElement }[]} */
  let sliders = [];

  /** @param {import('./engine.js').Explorable} cell */
  const build = (cell) => {
    owner = cell;
    const many = !cell.codebook && cell.size > 2 && cell.live;
    const shown = many ? cell.about.dimensions.slice(0, MOST) : [];
    sliders = shown.map(({ dimension, rate }) => {
      const [words, value] = [element('span', {}), element('output', {})];
      const [middle, spread] = [cell.tensors.origin[dimension], Math.max(1e-6, cell.tensors.spread[dimension])];
      const [min, max] = [middle - REACH * spread, middle + REACH * spread].map(String);
      const slider = element('input', { type: 'range', min, max, step: 'any' });
      words.textContent = `z${dimension + 1}${rate === null ? '' : ` · ${rate.toFixed(2)} nats`}`;
      slider.addEventListener('input', () => {
        const code = Float32Array.from(sides[0].code ?? cell.tensors.origin);
        code[dimension] = Number(slider.value);
        change({ base: { kind: 'code', code } });
      });
      return { dimension, label: element('label', {}, words, slider, value), slider, value };
    });
    list.replaceChildren(...sliders.map(({ label }) => label));
    box.hidden = !many;
    find(box, '.rest').textContent = many && cell.size > MOST ? `The first ${MOST} of ${cell.size} are shown.` : '';
  };

  explorer.show(() => {
    const { cell, code } = sides[0];
    if (!cell || !code) return;
    if (cell !== owner) build(cell);
    for (const { dimension, slider, value } of sliders) {
      slider.value = String(code[dimension]);
      value.textContent = code[dimension].toFixed(2).replace('-', '−');
    }
  });
};

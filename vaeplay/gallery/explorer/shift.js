// Vector arithmetic: an image's code plus a multiple of the difference between the mean codes of two classes.
import { find } from '../frame/dom.js';
import { latent } from './latent.js';
import { shifted } from './paths.js';
import { explorer } from './place.js';
import { points } from './points.js';
import { stripsOf } from './strip.js';

/**
 * @param {import('./place.js').Explorer} explorer
 * @param {import('./points.js').Points} points
 * @param {HTMLDetailsElement} panel
 */
const start = (explorer, points, panel) => {
  const { state, change, sides } = explorer;
  const [to, from] = ['to', 'from'].map((end) => find(panel, `[data-class=${end}]`, HTMLSelectElement));
  const slider = find(panel, 'input', HTMLInputElement);
  const value = find(panel, 'output');
  const [low, high] = [Number(slider.min), Number(slider.max)];
  let index = state.ends[0]; // the image that was looked at last
  if (to.options.length > 1) to.selectedIndex = 1;

  /** @type {(label: number) => string} */
  const mean = (label) => `mean of ${label < 0 ? 'all' : latent.classes[label]}`;
  const here = () => ({ index, to: Number(to.value), from: Number(from.value), t: Number(slider.value) });
  const words = () => {
    const shift = here();
    return `${points.name(shift.index)}, plus t × (${mean(shift.to)} − ${mean(shift.from)})`;
  };
  const show = stripsOf(panel, sides, () => `${words()}, t from ${low} to ${high}`);
  for (const input of [to, from, slider]) {
    input.addEventListener('input', () => change({ base: { kind: 'shift', ...here() } }));
  }

  explorer.show(() => {
    const { base } = state;
    if (base?.kind === 'image' || base?.kind === 'shift') index = base.index;
    if (base?.kind === 'shift') {
      panel.open = true;
      to.value = String(base.to);
      from.value = String(base.from);
      slider.value = String(base.t);
    }
    value.textContent = `t = ${Number(slider.value).toFixed(2).replace('-', '−')}`;
    find(panel, '.starts').textContent = words();
    const shift = here();
    show([shift.index, shift.to, shift.from].join(), (cell, share) =>
      shifted(cell, { ...shift, t: low + share * (high - low) }));
  });
};

const panel = document.querySelector('#explorer .shift');
if (explorer && points && panel instanceof HTMLDetailsElement) start(explorer, points, panel);

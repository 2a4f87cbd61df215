// Which layers the pads show, the share of draws in holes beside each, and what the pair's first does better.
import { find, findAll } from '../frame/dom.js';
import { cellOf } from '../frame/state.js';
import { drawScale } from './field.js';
import { facts, explorer } from './place.js';

/** @param {import('./place.js').Explorer} explorer */
const start = (explorer) => {
  const { sides, state, change, section } = explorer;
  const toggles = findAll(section, 'input[data-layer]', HTMLInputElement);
  const scale = find(section, '.scale');
  const traded = find(section, '.traded');
  drawScale(find(scale, 'canvas', HTMLCanvasElement));

  for (const toggle of toggles) {
    toggle.addEventListener('change', () => {
      const layers = toggles.filter(({ checked }) => checked).map(({ dataset }) => dataset.layer ?? '');
      change({ layers });
    });
  }

  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  /** @type {(name: string) => string} */
  const share = (name) => {
    const { holes, test_holes: tests, outside } = cellOf(name).metrics;
    const collapsed = facts.collapsed[name] ? ` ${facts.collapsed[name]} to the prior.` : '';
    if (typeof holes !== 'number') return collapsed;
    const rest = typeof outside === 'number' ? `; ${percent(outside)} of draws lie outside the training codes, with plausible images or without` : '';
    const real = typeof tests === 'number' ? ` (of test images: ${percent(tests)})` : '';
    return `Draws in holes: ${percent(holes)}${real}${rest}.${collapsed}`;
  };

  let shown = '';
  explorer.show(() => {
    const cells = sides.flatMap(({ cell }) => (cell ? [cell] : []));
    const now = [...cells.map(({ cell }) => cell), ...state.layers].join();
    if (now === shown) return;
    shown = now;
    for (const toggle of toggles) toggle.checked = state.layers.includes(toggle.dataset.layer ?? '');
    find(section, '[data-layer=ellipses]', HTMLInputElement).disabled = !cells.some(({ tensors }) => tensors.logvar);
    scale.hidden = !state.layers.includes('holes') || !cells.some(({ about }) => about.field);
    sides.forEach(({ cell, caption }) => cell && (find(caption, '.share').textContent = share(cell.cell)));
    const names = cells.map(({ cell }) => cellOf(cell).configuration);
    traded.textContent = facts.pairs[names.join(' ')] ?? facts.pairs[names.reverse().join(' ')] ?? '';
  });
};

if (explorer) start(explorer);

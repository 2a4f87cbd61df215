// The class dial of a conditional model, for the first cell's code.
import { find } from '../frame/dom.js';
import { classDial } from './classes.js';

/**
 * `labels` are the classes of the test images.
 * @param {import('./side.js').Shown} explorer
 * @param {number[]} labels
 */
export const startDial = (explorer, labels) => {
  const { sides, state, change } = explorer;
  const panel = find(explorer.section, '.class-dial');
  const show = classDial(panel, find(panel, '.class-choice'), (code, label) => {
    change({ base: { kind: 'code', code, label } });
  });
  explorer.show(() => {
    const { cell, code } = sides[0];
    const { base, at } = state;
    const known = base?.kind === 'image' ? labels[base.index] : base?.kind === 'code' ? base.label : undefined;
    if (cell && code) show(cell, code, at ? undefined : known);
  });
};

// The explorer's buttons: to a draw from the prior, to a test image, to the centre, and a link to what is shown.
import { find, findAll } from '../frame/dom.js';
import { explorer } from './place.js';

/** @param {import('./place.js').Explorer} explorer */
const start = (explorer) => {
  const { sides, state, change, section } = explorer;
  const drawing = find(section, '[data-act=draw]', HTMLButtonElement);
  const copied = find(section, '.copied');
  const APART = 1; // standard deviations on the pad: how far a new draw lies from the last place, if any does

  // The next draw that is elsewhere; maps of codes differ wherever they lie.
  /** @param {import('./engine.js').Explorable} cell */
  const draw = (cell) => {
    const first = state.base?.kind === 'draw' ? state.base.n + 1 : 0;
    const [a, b] = sides[0].place;
    const following = Array.from({ length: cell.draws }, (_, step) => (first + step) % cell.draws);
    const far = (n) => {
      const [p, q] = cell.place(cell.drawn(n));
      return Math.hypot(p - a, q - b) >= APART;
    };
    change({ base: { kind: 'draw', n: (cell.codebook ? undefined : following.find(far)) ?? following[0] } });
  };
  const copy = async () => {
    explorer.write(); // these entries are then the last: a link opens where they are shown
    try {
      await navigator.clipboard.writeText(location.href);
      copied.textContent = 'Link copied.';
    } catch {
      copied.textContent = 'The link is in the address bar.';
    }
    setTimeout(() => (copied.textContent = ''), 5000);
  };
  /** @type {Record<string, (cell: import('./engine.js').Explorable) => void>} */
  const actions = {
    draw,
    image: () => change({ base: { kind: 'image', index: Math.floor(Math.random() * explorer.images) } }),
    centre: () => change({ base: null }),
    link: copy,
  };
  for (const button of findAll(section, '[data-act]')) {
    button.addEventListener('click', () => sides[0].cell && actions[button.dataset.act ?? ''](sides[0].cell));
  }
  explorer.show(() => {
    drawing.disabled = !sides[0].cell?.draws;
  });
};

if (explorer) start(explorer);

// The curves are made once the rest of the page has been drawn, from what waits in a noscript element. Pointing at one
// names its cell and quietens the others in every chart.
import { mark } from '../filters/script.js';
import { closest, find, findAll } from '../frame/dom.js';
import { contentOf, later } from '../frame/state.js';

/** @param {HTMLElement} section */
const start = (section) => {
  const readout = find(section, '#readout');
  /** @type {SVGElement[]} */
  let series = [];
  later(() => {
    const waiting = find(section, 'noscript');
    waiting.replaceWith(contentOf(waiting));
    mark(section);
    series = findAll(section, '.series', SVGElement);
  });

  /** @param {SVGElement | null} line */
  const point = (line) => {
    section.classList.toggle('pointing', Boolean(line));
    for (const item of series) item.classList.toggle('pointed', item.dataset.cell === line?.dataset.cell);
    readout.textContent = line?.querySelector('title')?.textContent ?? '';
  };
  section.addEventListener('pointerover', (event) => point(closest(event, '.series')));
  section.addEventListener('pointerleave', () => point(null));
};

const section = document.getElementById('curves');
if (section) start(section);

// The curves are made once the rest of the page has been drawn, from what waits in a noscript element. Pointing at one
// says its cell, epoch and value, and quietens the others in every chart; the arrow keys go from value to value.
import { mark } from '../filters/script.js';
import { findAll, find } from '../frame/dom.js';
import '../frame/save.js';
import { contentOf, later, setState, view } from '../frame/state.js';
import { hideTip, showTip } from '../frame/tip.js';

/** @typedef {{ line: SVGElement, cell: string, label: string, epoch: number, value: number, x: number, y: number }} Spot */

const REACH = 40; // of the pointer, in the chart's own pixels

/** @type {(line: SVGElement) => Spot[]} */
const spotsOf = (line) => {
  const path = find(line, '.line', SVGElement).getAttribute('d') ?? '';
  const at = [...path.matchAll(/[ML]([-\d.e]+) ([-\d.e]+)/g)].map((match) => [Number(match[1]), Number(match[2])]);
  const [cell, label] = [line.dataset.cell ?? '', line.getAttribute('aria-label') ?? ''];
  return (line.dataset.values ?? '').trim().split(' ').filter(Boolean).map((text, place) => {
    const [epoch, value] = text.split(':').map(Number);
    return { line, cell, label, epoch, value, x: at[place][0], y: at[place][1] };
  });
};

/** @param {HTMLElement} section */
const start = (section) => {
  /** @type {SVGElement[]} */
  let series = [];

  /** @param {SVGSVGElement} chart */
  const follow = (chart) => {
    chart.tabIndex = 0;
    chart.setAttribute('role', 'application');
    chart.setAttribute('aria-roledescription', 'chart');
    /** @type {Spot[] | null} */
    let made = null;
    const spots = () => {
      made ??= findAll(chart, '.series', SVGElement).flatMap(spotsOf);
      return made.filter(({ cell }) => view.shown.has(cell));
    };
    const ring = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
    ring.setAttribute('class', 'spot');
    ring.setAttribute('r', '3.5');
    /** @type {Spot | null} */
    let chosen = null;

    /** @param {Spot | null} spot */
    const point = (spot) => {
      chosen = spot;
      section.classList.toggle('pointing', Boolean(spot));
      for (const item of series) item.classList.toggle('pointed', item.dataset.cell === spot?.cell);
      if (!spot) {
        ring.remove();
        hideTip();
        return;
      }
      ring.setAttribute('cx', String(spot.x));
      ring.setAttribute('cy', String(spot.y));
      chart.append(ring);
      const place = ring.getBoundingClientRect();
      const number = Number(spot.value.toPrecision(5)).toString().replace('-', '−');
      showTip(place.right, place.top, [spot.label, `epoch ${spot.epoch}: ${number}`]);
    };

    chart.addEventListener('pointermove', (event) => {
      const box = chart.getScreenCTM()?.inverse();
      if (!box) return;
      const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(box);
      const away = (spot) => Math.hypot(spot.x - x, spot.y - y);
      /** @type {Spot | null} */
      let nearest = null;
      for (const spot of spots()) if (away(spot) < (nearest ? away(nearest) : REACH)) nearest = spot;
      point(nearest);
    });
    chart.addEventListener('pointerleave', () => point(null));
    chart.addEventListener('blur', () => point(null));

    /** @type {Record<string, (now: Spot, all: Spot[]) => Spot | undefined>} */
    const moves = {
      ArrowLeft: (now, all) => all.filter(({ line, x }) => line === now.line && x < now.x).at(-1),
      ArrowRight: (now, all) => all.find(({ line, x }) => line === now.line && x > now.x),
      ArrowUp: (now, all) => stacked(now, all).filter((spot) => spot.value > now.value).at(-1),
      ArrowDown: (now, all) => stacked(now, all).find((spot) => spot.value < now.value),
    };
    // The spots of one epoch, the highest first.
    const stacked = (now, all) =>
      all.filter(({ epoch }) => epoch === now.epoch).sort((one, other) => other.value - one.value);
    chart.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'Enter' && chosen) setState({ cell: chosen.cell }, { push: true });
      else if (event.key in moves) {
        const all = spots();
        point(chosen ? (moves[event.key](chosen, all) ?? chosen) : (all[0] ?? null));
      } else return;
      event.preventDefault();
    });
  };

  later(() => {
    const waiting = find(section, 'noscript');
    waiting.replaceWith(contentOf(waiting));
    mark(section);
    series = findAll(section, '.series', SVGElement);
    for (const title of findAll(section, '.series title', SVGElement)) title.remove(); // the note says more
    findAll(section, 'svg.chart', SVGSVGElement).forEach(follow);
  });
};

const section = document.getElementById('curves');
if (section) start(section);

// "Walk between these two images": their codes joined by a straight line, with a film strip of it for each cell.
import { find, findAll } from '../frame/dom.js';
import { between } from './paths.js';
import { explorer } from './place.js';
import { points } from './points.js';
import { stripsOf } from './strip.js';

/**
 * @param {import('./place.js').Explorer} explorer
 * @param {import('./points.js').Points} points
 */
const start = (explorer, points) => {
  const { sides, state, change } = explorer;
  const walk = find(explorer.section, '.walk');
  const ends = findAll(walk, 'button[data-end]');
  const slider = find(walk, 'input[type=range]', HTMLInputElement);
  const play = find(walk, '[data-play]');
  const SECONDS = 4;
  const still = matchMedia('(prefers-reduced-motion: reduce)');

  /** @type {import('./place.js').Base | null} */
  let mine = null; // the step that was taken last: with any other place there, the reader has gone elsewhere
  const to = (t) => {
    mine = { kind: 'walk', t };
    change({ base: mine });
  };
  slider.addEventListener('input', () => {
    stop();
    to(Number(slider.value));
  });

  // An end that has been pressed waits for a point on a pad.
  let armed = -1;
  const arm = (end) => {
    armed = armed === end ? -1 : end;
    ends.forEach((button, place) => button.setAttribute('aria-pressed', String(place === armed)));
    find(walk, '.hint').hidden = armed < 0;
  };
  ends.forEach((button, end) => button.addEventListener('click', () => arm(end)));
  /** @param {number} index */
  const take = (index) => {
    if (armed < 0) return false;
    const chosen = [...state.ends];
    chosen[armed] = index;
    const t = armed;
    arm(armed);
    change({ ends: chosen, base: { kind: 'walk', t } });
    return true;
  };
  find(walk, '[data-pair]').addEventListener('click', () => {
    const pick = () => Math.floor(Math.random() * points.rows.length);
    const chosen = [pick(), pick()];
    for (let tries = 0; tries < 20 && points.labels[chosen[0]] === points.labels[chosen[1]]; tries++) {
      chosen[1] = pick();
    }
    change({ ends: chosen, base: { kind: 'walk', t: 0 } });
  });

  // There and back again, until stopped; with reduced motion one quarter of the way at each press.
  let playing = 0;
  const stop = () => {
    cancelAnimationFrame(playing);
    playing = 0;
    play.textContent = 'Play';
  };
  explorer.onLeave(stop);
  play.addEventListener('click', () => {
    if (playing) {
      stop();
      return;
    }
    const from = state.base?.kind === 'walk' ? state.base.t : 0;
    if (still.matches) {
      to(from >= 1 ? 0 : Math.min(1, from + 0.25));
      return;
    }
    play.textContent = 'Stop';
    /** @type {number | null} */
    let begun = null;
    to(from);
    const step = (now) => {
      if (state.base !== mine || state.at) {
        stop();
        return;
      }
      begun ??= now - from * SECONDS * 1000;
      const turn = ((now - begun) / (SECONDS * 1000)) % 2;
      to(turn <= 1 ? turn : 2 - turn);
      playing = requestAnimationFrame(step);
    };
    playing = requestAnimationFrame(step);
  });
  explorer.section.addEventListener('pointerdown', (event) => {
    if (!(event.target instanceof Node && walk.contains(event.target))) stop();
  });
  document.addEventListener('visibilitychange', stop);

  const show = stripsOf(walk, sides, () => `From ${points.name(state.ends[0])} to ${points.name(state.ends[1])}`);
  const drawn = [-1, -1];
  explorer.show(() => {
    if (state.base?.kind === 'walk') slider.value = String(state.base.t);
    ends.forEach((button, end) => {
      const index = state.ends[end];
      if (drawn[end] === index) return;
      drawn[end] = index;
      points.show(find(button, 'canvas', HTMLCanvasElement), index);
      find(button, 'span').textContent = `${end ? 'To' : 'From'} ${points.name(index)}`;
    });
    show(state.ends.join(), (cell, share) => between(cell, state.ends, share));
  });
  return { take };
};

const walk = explorer && points && start(explorer, points);
/**
 * Takes an image as the end of the walk that waits for one; says whether one did.
 * @param {number} index
 */
export const take = (index) => Boolean(walk?.take(index));

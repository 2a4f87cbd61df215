// "Walk between these two images": their codes joined by a straight line, with a film strip of it for each cell.
'use strict';
(() => {
  if (!gallery.explorer) return;
  const { explorer, engine, points, latent } = gallery;
  const { sides, state, change } = explorer;
  const walk = explorer.section.querySelector('.walk');
  const ends = [...walk.querySelectorAll('button[data-end]')];
  const slider = walk.querySelector('input[type=range]');
  const play = walk.querySelector('[data-play]');
  const FRAMES = 11;
  const SECONDS = 4;
  const still = matchMedia('(prefers-reduced-motion: reduce)');

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
    ends.forEach((button, place) => button.setAttribute('aria-pressed', place === armed));
    walk.querySelector('.hint').hidden = armed < 0;
  };
  ends.forEach((button, end) => button.addEventListener('click', () => arm(end)));
  explorer.take = (index) => {
    if (armed < 0) return false;
    const chosen = [...state.ends];
    chosen[armed] = index;
    const t = armed;
    arm(armed);
    change({ ends: chosen, base: { kind: 'walk', t } });
    return true;
  };
  walk.querySelector('[data-pair]').addEventListener('click', () => {
    const pick = () => Math.floor(Math.random() * latent.images.rows.length);
    const chosen = [pick(), pick()];
    for (let tries = 0; tries < 20 && latent.images.labels[chosen[0]] === latent.images.labels[chosen[1]]; tries++) {
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
  explorer.stop = stop;
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
    if (!walk.contains(event.target)) stop();
  });
  document.addEventListener('visibilitychange', stop);

  const film = async (side, canvas) => {
    const wanted = [side.cell.cell, ...state.ends].join(' ');
    if (canvas.dataset.wanted === wanted) return;
    canvas.dataset.wanted = wanted;
    const { cell } = side;
    const codes = new Float32Array(FRAMES * cell.size);
    for (let n = 0; n < FRAMES; n++) {
      const code = explorer.between(cell, n / (FRAMES - 1));
      codes.set(cell.vectors ? cell.vectors(cell.nearest(code)) : code, n * cell.size);
    }
    const tiles = engine.colour(await cell.decode(codes, FRAMES), FRAMES);
    if (canvas.dataset.wanted !== wanted) return;
    canvas.width = FRAMES * engine.width;
    canvas.height = engine.height;
    tiles.forEach((tile, n) => canvas.getContext('2d').putImageData(tile, n * engine.width, 0));
  };

  const drawn = [-1, -1];
  explorer.show(() => {
    if (state.base?.kind === 'walk') slider.value = state.base.t;
    ends.forEach((button, end) => {
      const index = state.ends[end];
      if (drawn[end] === index) return;
      drawn[end] = index;
      points.show(button.querySelector('canvas'), index);
      button.querySelector('span').textContent = `${end ? 'To' : 'From'} ${points.name(index)}`;
    });
    sides.forEach((side, place) => {
      const strip = walk.querySelectorAll('.strip')[place];
      strip.hidden = !side.cell;
      if (!side.cell) return;
      strip.querySelector('bdi').textContent = gallery.byName.get(side.cell.cell).label;
      film(side, strip.querySelector('canvas'));
    });
  });
})();

// A slider for each dimension of the first cell's code, those that say most first.
'use strict';
(() => {
  if (!gallery.explorer) return;
  const { explorer } = gallery;
  const { sides, change } = explorer;
  const box = explorer.section.querySelector('.dimensions');
  const list = box.querySelector('.sliders');
  const MOST = 16;
  const REACH = 4; // standard deviations to either side
  let owner = null;
  let sliders = [];

  const build = (cell) => {
    owner = cell;
    const many = !cell.vectors && cell.size > 2 && cell.live;
    const shown = many ? cell.about.dimensions.slice(0, MOST) : [];
    sliders = shown.map(({ dimension, rate }) => {
      const label = document.createElement('label');
      const words = document.createElement('span');
      const value = document.createElement('output');
      const slider = document.createElement('input');
      const [middle, spread] = [cell.tensors.origin[dimension], Math.max(1e-6, cell.tensors.spread[dimension])];
      Object.assign(slider, { type: 'range', min: middle - REACH * spread, max: middle + REACH * spread, step: 'any' });
      words.textContent = `z${dimension + 1}${rate === null ? '' : ` · ${rate.toFixed(2)} nats`}`;
      slider.addEventListener('input', () => {
        const code = Float32Array.from(sides[0].code);
        code[dimension] = Number(slider.value);
        change({ base: { kind: 'code', code } });
      });
      label.append(words, slider, value);
      return { dimension, label, slider, value };
    });
    list.replaceChildren(...sliders.map(({ label }) => label));
    box.hidden = !many;
    box.querySelector('.rest').textContent = many && cell.size > MOST ? `The ${MOST} of ${cell.size} that say most.` : '';
  };

  explorer.show(() => {
    const { cell, code } = sides[0];
    if (cell !== owner) build(cell);
    for (const { dimension, slider, value } of sliders) {
      slider.value = code[dimension];
      value.textContent = code[dimension].toFixed(2).replace('-', '−');
    }
  });
})();

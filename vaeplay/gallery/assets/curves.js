// The curves are made once the rest of the page has been drawn, from what waits in a noscript element. Pointing at one
// names its cell and quietens the others in every chart.
'use strict';
(() => {
  const section = document.getElementById('curves');
  if (!section) return;
  const readout = document.getElementById('readout');
  let series = [];
  gallery.later(() => {
    const waiting = section.querySelector('noscript');
    waiting.replaceWith(gallery.contentOf(waiting));
    gallery.mark(section);
    series = [...section.querySelectorAll('.series')];
  });

  const point = (line) => {
    section.classList.toggle('pointing', Boolean(line));
    for (const item of series) item.classList.toggle('pointed', Boolean(line) && item.dataset.cell === line.dataset.cell);
    readout.textContent = line ? line.querySelector('title').textContent : '';
  };
  section.addEventListener('pointerover', (event) => point(event.target.closest('.series')));
  section.addEventListener('pointerleave', () => point(null));
})();

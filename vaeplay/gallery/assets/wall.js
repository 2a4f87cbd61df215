// The sample wall: one kind of picture at a time, in the order of the table, at a whole number of screen pixels a pixel.
'use strict';
(() => {
  const wall = document.getElementById('wall');
  const kinds = [...wall.querySelectorAll('div.kind')];
  const kindButtons = [...wall.querySelectorAll('button[data-kind]')];
  const sizeButtons = [...wall.querySelectorAll('button[data-size]')];
  const images = [...wall.querySelectorAll('img')];

  for (const button of kindButtons) button.addEventListener('click', () => gallery.set({ kind: button.dataset.kind }));
  for (const button of sizeButtons) button.addEventListener('click', () => gallery.set({ size: button.dataset.size }));

  wall.addEventListener('click', (event) => {
    const frame = event.target.closest('a.frame');
    if (!frame || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const { cell } = frame.closest('.tile').dataset;
    gallery.set({ zoom: `${frame.dataset.kind}:${cell}`, cell: null }, { push: true });
  });

  const chosenSize = () => sizeButtons.find((button) => button.dataset.size === gallery.get('size')) || sizeButtons[0];
  const fitAll = () => {
    const room = wall.clientWidth - 2; // a frame's border
    for (const image of images) gallery.fit(image, image, Number(chosenSize().dataset.size), room);
  };

  gallery.follow(() => {
    const wanted = kindButtons.find((button) => button.dataset.kind === gallery.get('kind')) || kindButtons[0];
    for (const button of kindButtons) button.setAttribute('aria-pressed', button === wanted);
    for (const button of sizeButtons) button.setAttribute('aria-pressed', button === chosenSize());
    for (const part of kinds) {
      part.classList.toggle('unchosen', part.dataset.kind !== wanted.dataset.kind);
      const tiles = part.querySelector('.tiles');
      const places = new Map([...tiles.children].map((tile) => [tile.dataset.cell, tile]));
      gallery.order.forEach((name, index) => {
        if (tiles.children[index] !== places.get(name)) tiles.insertBefore(places.get(name), tiles.children[index]);
      });
    }
    fitAll();
  });
  window.addEventListener('resize', fitAll);
})();

// Test images as points: their colours and shapes by class, which is nearest, and the image that shows on pointing at one.
'use strict';
gallery.points = (() => {
  const { images, classes } = gallery.latent;
  const box = document.querySelector('.classes');
  if (!images || !box) return null; // nothing that shows points is on the page
  const { width, height } = gallery.engine;
  const legend = [...box.querySelectorAll('[data-path]')];
  const themed = [];

  // One small picture a class, for the theme and the screen of now; points are stamped with them.
  let stamps = [];
  const SIZE = 11;
  const make = () => {
    const screen = window.devicePixelRatio || 1;
    stamps = legend.map((item) => {
      const stamp = new OffscreenCanvas(Math.ceil(SIZE * screen), Math.ceil(SIZE * screen));
      const context = stamp.getContext('2d');
      const scale = (SIZE * screen) / 20;
      context.setTransform(scale, 0, 0, scale, stamp.width / 2, stamp.height / 2);
      const path = new Path2D(item.dataset.path);
      context.lineWidth = 3;
      context.lineJoin = 'round';
      context.strokeStyle = getComputedStyle(document.body).backgroundColor;
      context.stroke(path);
      context.fillStyle = getComputedStyle(item).color;
      context.fill(path);
      return stamp;
    });
  };
  const restyle = () => {
    stamps = [];
    themed.forEach((listener) => listener());
  };
  document.getElementById('theme').addEventListener('change', restyle);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', restyle);

  // A canvas's context in CSS pixels, sharp on every screen, and cleared.
  const fresh = (canvas, across, down = across) => {
    const screen = window.devicePixelRatio || 1;
    canvas.width = Math.round(across * screen);
    canvas.height = Math.round(down * screen);
    const context = canvas.getContext('2d');
    context.setTransform(screen, 0, 0, screen, 0, 0);
    return context;
  };

  // Stamps every image's point; `place` gives its pixel.
  const draw = (context, place) => {
    if (!stamps.length) make();
    images.labels.forEach((label, index) => {
      const [x, y] = place(index);
      context.drawImage(stamps[label % stamps.length], x - SIZE / 2, y - SIZE / 2, SIZE, SIZE);
    });
  };

  // The image whose point is nearest to (x, y), or −1 where none is within `reach`.
  const nearest = (place, x, y, reach = 10) => {
    let [found, least] = [-1, reach * reach];
    for (let index = 0; index < images.rows.length; index++) {
      const [px, py] = place(index);
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < least) [found, least] = [index, distance];
    }
    return found;
  };

  // Draws one test image into a canvas, once the sheet of all is there.
  const show = async (canvas, index) => {
    const sheet = await gallery.engine.sheet();
    canvas.width = width;
    canvas.height = height;
    const [column, row] = [index % images.columns, Math.floor(index / images.columns)];
    canvas.getContext('2d').drawImage(sheet, column * width, row * height, width, height, 0, 0, width, height);
  };
  const name = (index) => `test image ${images.rows[index]}, ${classes[images.labels[index]] ?? 'no class'}`;

  const peek = document.getElementById('peek');
  const [picture, words] = [peek.querySelector('canvas'), peek.querySelector('span')];
  let peeked = -1;
  // Shows image `index` beside (x, y) of the window; −1 hides it.
  const point = (index, x = 0, y = 0) => {
    peek.hidden = index < 0;
    if (index < 0) {
      peeked = -1;
      return;
    }
    if (index !== peeked) {
      peeked = index;
      words.textContent = name(index);
      show(picture, index);
    }
    const { offsetWidth, offsetHeight } = peek;
    peek.style.left = `${Math.max(4, Math.min(x + 14, window.innerWidth - offsetWidth - 4))}px`;
    peek.style.top = `${Math.max(4, y + 14 + offsetHeight > window.innerHeight ? y - offsetHeight - 10 : y + 14)}px`;
  };

  return { draw, fresh, nearest, show, name, point, onTheme: (listener) => themed.push(listener) };
})();

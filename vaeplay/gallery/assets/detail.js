// The two dialogs: everything about a cell (cell=name), and one sample enlarged (zoom=kind:name).
'use strict';
(() => {
  const detail = document.getElementById('detail');
  const lightbox = document.getElementById('lightbox');
  const body = detail.querySelector('.dialog-body');
  const enlarged = lightbox.querySelector('img');
  const store = document.getElementById('cells');

  // A cell's account is one of many, and long: where scripts run, its markup waits unread in a noscript element, which
  // costs a page of many cells most of its opening time otherwise. It is made when it is first opened.
  const sources = new Map([...store.querySelectorAll('noscript')].map((item) => [item.dataset.source, item]));
  const make = (name) => gallery.contentOf(sources.get(name)).querySelector('article');
  const made = new Map();
  const articleOf = (name) => {
    if (!made.has(name)) made.set(name, make(name));
    return made.get(name);
  };

  // Pictures are in the page once, in the wall; a cell's article borrows their addresses when it is first opened.
  const fillSamples = (article, room = 0) => {
    for (const sample of article.querySelectorAll('.sample')) {
      const source = gallery.tile(sample.dataset.kind, article.dataset.cell)?.querySelector('img');
      const frame = sample.querySelector('.frame');
      if (!source || frame.querySelector('img')) continue;
      const image = new Image();
      image.className = 'pixels';
      image.alt = source.alt;
      image.src = source.src;
      const names = sample.querySelector('.row-names')?.offsetWidth ?? 0;
      gallery.fit(image, source, 2, room || sample.parentElement.clientWidth - names - 12);
      frame.replaceChildren(image);
      frame.addEventListener('click', (event) => {
        event.preventDefault();
        gallery.set({ zoom: `${sample.dataset.kind}:${article.dataset.cell}` }, { push: true });
      });
    }
  };

  const place = (dialog, name) => {
    const names = gallery.visible();
    const index = names.indexOf(name);
    dialog.querySelector('.place').textContent = index < 0 ? '' : `${index + 1} of ${names.length}`;
    for (const button of dialog.querySelectorAll('[data-step]')) button.disabled = names.length < 2;
  };

  const showDetail = (name) => {
    if (!sources.has(name)) {
      if (detail.open) detail.close();
      return;
    }
    const article = articleOf(name);
    if (article.parentElement !== body) {
      const held = body.contains(document.activeElement);
      body.replaceChildren(article);
      body.scrollTop = 0;
      article.tabIndex = -1;
      if (held) article.focus(); // what had the focus has gone
    }
    place(detail, name);
    detail.setAttribute('aria-label', gallery.byName.get(name).label);
    if (!detail.open) detail.showModal();
    fillSamples(article);
  };

  // On paper every cell that is shown is there, and everything is open.
  const PAPER = 640; // CSS pixels that a picture may take: nothing is laid out yet
  let unfolded = [];
  const print = () => {
    if (store.querySelector('article')) return;
    const copies = gallery.visible().map(make);
    store.append(...copies);
    copies.forEach((copy) => fillSamples(copy, PAPER));
    unfolded = [...document.querySelectorAll('details:not([open])')];
    for (const item of unfolded) item.open = true;
  };
  const unprint = () => {
    for (const item of unfolded) item.open = false;
    store.querySelectorAll('article').forEach((article) => article.remove());
  };
  window.addEventListener('beforeprint', print);
  window.addEventListener('afterprint', unprint);
  matchMedia('print').addEventListener('change', ({ matches }) => (matches ? print() : unprint()));

  const showZoom = (kind, name) => {
    const source = gallery.tile(kind, name)?.querySelector('img');
    if (!source) {
      if (lightbox.open) lightbox.close();
      return;
    }
    enlarged.src = source.src;
    enlarged.alt = source.alt;
    if (!lightbox.open) lightbox.showModal();
    const high = (window.innerHeight * 0.94 - 130) / source.dataset.height;
    gallery.fit(enlarged, source, Math.max(1, Math.min(8, high)), Math.min(window.innerWidth * 0.96, 1568) - 66);
    lightbox.querySelector('.open').setAttribute('href', `#cell=${encodeURIComponent(name)}`);
    lightbox.querySelector('.place').textContent = source.alt;
    for (const button of lightbox.querySelectorAll('[data-step]')) button.disabled = gallery.visible().length < 2;
  };

  const zoomed = () => {
    const [kind, ...rest] = (gallery.get('zoom') || '').split(':');
    return [kind, rest.join(':')];
  };

  // One step through the cells shown, with whatever is open.
  gallery.step = (by) => {
    const [kind, zoomName] = zoomed();
    const names = gallery.visible();
    const current = zoomName || gallery.get('cell');
    const index = names.indexOf(current);
    if (!names.length) return;
    const next = names[index < 0 ? 0 : (index + by + names.length) % names.length];
    gallery.set(zoomName ? { zoom: `${kind}:${next}` } : { cell: next });
  };

  for (const [dialog, entry] of [[detail, 'cell'], [lightbox, 'zoom']]) {
    dialog.addEventListener('click', (event) => {
      const button = event.target.closest('button');
      if (button?.dataset.step) gallery.step(Number(button.dataset.step));
      if (button?.dataset.explore) gallery.explore({ cell: button.dataset.explore });
      if (event.target === dialog || button?.hasAttribute('data-close')) dialog.close();
    });
    dialog.addEventListener('close', () => dialog.open || gallery.set({ [entry]: null }));
  }

  gallery.follow(() => {
    const [kind, name] = zoomed();
    showDetail(gallery.get('cell'));
    showZoom(kind, name);
  });
})();

// The page's data and its state. All state is in the address after #, so that a link restores what it was copied from:
// cell=, zoom=kind:cell, kind=, sort=key:up, q=, and one entry for each chosen value of an axis. What was changed last
// stands last.
'use strict';
const gallery = (() => {
  const data = JSON.parse(document.getElementById('page-data').textContent);
  const listeners = [];

  const read = () => new URLSearchParams(location.hash.includes('=') ? location.hash.slice(1) : '');
  let state = read();

  // `arrived` tells listeners that the address itself has changed: by Back, or by hand.
  const tell = (arrived = false) => listeners.forEach((listener) => listener({ arrived }));

  // Changes entries of the state: a string sets one, a list sets several of one name, null removes it.
  // With `push` the browser's Back undoes the change.
  const set = (changes, { push = false } = {}) => {
    const next = new URLSearchParams(state);
    for (const [name, value] of Object.entries(changes)) {
      next.delete(name);
      for (const item of value === null ? [] : [value].flat()) next.append(name, item);
    }
    if (next.toString() === state.toString()) return;
    state = next;
    const address = `#${next}`;
    try {
      if (push) history.pushState(null, '', address);
      else history.replaceState(null, '', address);
    } catch {
      // browsers allow only so many changes of an address a second; the page goes on without
    }
    tell();
  };

  const reread = () => {
    const next = read();
    if (next.toString() === state.toString()) return;
    state = next;
    tell(true);
  };
  window.addEventListener('popstate', reread);
  window.addEventListener('hashchange', reread);

  // Links inside the page change the part of the state that they name, and keep the rest.
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const target = link.getAttribute('href').slice(1);
    if (target.startsWith('cell=')) {
      set({ cell: decodeURIComponent(target.slice(5)), zoom: null }, { push: true });
    } else {
      set({ cell: null, zoom: null, way: null });
      const section = document.getElementById(decodeURIComponent(target));
      if (!section) return;
      gallery.goTo(section);
      section.tabIndex = -1;
      section.focus({ preventScroll: true });
    }
  });

  // A link brings its reader to the part of the page that was changed last; a dialog lies over it wherever that is.
  const PARTS = { explore: 'explorer', map: 'map', points: 'map', large: 'map', x: 'plane', y: 'plane' };
  Object.assign(PARTS, { kind: 'wall', size: 'wall', rows: 'wall', columns: 'wall', sort: 'table' });
  document.addEventListener('DOMContentLoaded', () => {
    const last = [...state.keys()].reverse().find((name) => PARTS[name]);
    if (document.getElementById(PARTS[last])) goTo(document.getElementById(PARTS[last]), 'instant');
  });

  // Shows a picture at `size` times its own width, or as much of it as fits `room`, both in CSS pixels: always a whole
  // number of screen pixels to a pixel, and at least one.
  const fit = (image, { dataset }, size, room) => {
    const screen = window.devicePixelRatio || 1;
    const whole = Math.floor(Math.min(size, room / dataset.width) * screen + 1e-6);
    image.style.width = `${(dataset.width * Math.max(1, whole)) / screen}px`;
    image.style.height = `${(dataset.height * Math.max(1, whole)) / screen}px`;
  };

  // What is far below has no layout (base.css), and some of it is not made, until the first of the page has been drawn, or
  // somebody wants to go there.
  const later = [];
  const layOut = () => {
    later.splice(0).forEach((make) => make());
    document.documentElement.classList.add('whole');
  };
  window.addEventListener('load', () => requestAnimationFrame(() => setTimeout(layOut)));
  const goTo = (section, behavior = 'auto') => {
    layOut();
    section.scrollIntoView({ behavior });
  };

  // What waits unread in a noscript element, made anew.
  const contentOf = (waiting) => {
    const holder = document.createElement('template');
    holder.innerHTML = waiting.textContent; // the page's own text, escaped when it was written
    return holder.content;
  };

  return {
    data,
    contentOf,
    fit,
    goTo,
    later: (make) => later.push(make),
    set,
    get: (name) => state.get(name),
    all: (name) => state.getAll(name),
    // Runs now and after every change.
    follow: (listener) => {
      listeners.push(listener);
      listener({ arrived: false });
    },
    byName: new Map(data.cells.map((cell) => [cell.name, cell])),
    // The names of the cells that are shown, in the order of the table; filters and table keep both.
    shown: new Set(data.cells.map((cell) => cell.name)),
    order: data.cells.map((cell) => cell.name),
    visible: () => gallery.order.filter((name) => gallery.shown.has(name)),
  };
})();

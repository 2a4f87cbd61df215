// The plane with any two figures as its axes (x=key, y=key). Rate against distortion is drawn by the page itself, with its
// lines of equal ELBO; for other pairs the axes are drawn here, and cells that lack a figure are left out.
'use strict';
(() => {
  const section = document.getElementById('plane');
  const form = document.getElementById('plane-axes');
  if (!section || !form) return;
  const [LEFT, RIGHT, TOP, BOTTOM] = [62, 740, 14, 384]; // in the drawing's own pixels
  const own = section.querySelector('.rate-distortion');
  const other = section.querySelector('.other-axes');
  const points = [...section.querySelectorAll('a.point')].map((link) => {
    const text = link.querySelector('text');
    return { link, text, name: link.dataset.cell, place: link.getAttribute('transform'), words: text.textContent };
  });
  const table = section.querySelector('#plane-numbers table');
  const heads = [...table.tHead.rows[0].cells].map((cell) => [cell, cell.textContent]);
  const rows = [...table.tBodies[0].rows].map((row) => [row, row.cells[1].textContent, row.cells[2].textContent]);
  const selects = { x: form.querySelector('[name=x]'), y: form.querySelector('[name=y]') };
  const metrics = new Map(gallery.data.metrics.map((metric) => [metric.key, metric]));
  const value = (name, key) => gallery.byName.get(name).metrics[key];

  const STANDARD = { x: 'rate', y: 'distortion' };
  for (const [name, select] of Object.entries(selects)) {
    if (select.value !== STANDARD[name]) select.prepend(new Option('Rate, where there is one', STANDARD[name], true, true));
    select.addEventListener('change', () => {
      gallery.set({ [name]: select.value === STANDARD[name] ? null : select.value });
    });
  }

  const ARROWS = { higher: ' ↑', lower: ' ↓' };
  const words = [...section.querySelectorAll('h2, .how')].map((item) => [item, item.textContent]);
  const chart = section.querySelector('svg.chart');
  const told = points.map(({ link }) => [link, link.getAttribute('aria-label')]);
  // What the section says of rate and distortion is said of the two figures that are shown instead.
  const tell = (x, y) => {
    const title = x && `${y.label} against ${x.label}`;
    const directions = [x, y].filter((metric) => metric?.better).map(({ label, better }) => `${label}: ${better} is better. `);
    words.forEach(([item, own], place) => (item.textContent = !x ? own : place ? directions.join('') : title));
    chart.setAttribute('aria-label', x ? title : `Rate–distortion plane of ${points.length} cells`);
    for (const caption of section.querySelectorAll('#plane-numbers caption')) {
      caption.textContent = x ? `${title} of each cell` : 'Rate and distortion of each cell';
    }
    for (const [link, own] of told) {
      const { label, metrics: figures } = gallery.byName.get(link.dataset.cell);
      const figure = ({ key, label: name, digits }) =>
        typeof figures[key] === 'number' ? `${name} ${shown(figures[key], digits)}` : `no ${name}`;
      const text = x ? `${label}: ${figure(x)}, ${figure(y)}` : own;
      link.setAttribute('aria-label', text);
      link.querySelector('title').textContent = text;
    }
  };

  // A line of a sweep goes through those of its cells that are shown.
  const at = new Map(points.map(({ name, place }) => [place.match(/-?[\d.]+/g).map(Number).join(' '), name]));
  const sweeps = [...section.querySelectorAll('.sweep')].map((path) => {
    return [path, path.getAttribute('d').slice(1).split('L').map((spot) => spot.split(' ').map(Number).join(' '))];
  });
  gallery.follow(() => {
    for (const [path, spots] of sweeps) {
      const left = spots.filter((spot) => !at.has(spot) || gallery.shown.has(at.get(spot)));
      path.setAttribute('d', left.length > 1 ? `M${left.join('L')}` : '');
    }
  });

  const drawn = (tag, attributes, text = '') => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, setting] of Object.entries(attributes)) made.setAttribute(name, setting);
    made.textContent = text;
    other.append(made);
  };
  const shown = (number, digits) => number.toFixed(digits).replace('-', '−');

  // A linear scale with some room at both ends, and about six round values within it.
  const scale = (values, start, end) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const apart = high - low > 1e-9 * Math.max(Math.abs(low), Math.abs(high)); // else a step would vanish beside the values
    const room = (apart ? (high - low) * 0.08 : 0) || Math.abs(high) * 0.05 || 0.5;
    const [first, last] = [low - room, high + room];
    const power = 10 ** Math.floor(Math.log10((last - first) / 6));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= (last - first) / 6) ?? power * 10;
    const digits = Math.min(8, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
    const ticks = [];
    for (let at = Math.ceil(first / step); at * step <= last && ticks.length < 20; at += 1) ticks.push(at * step);
    return { at: (number) => start + ((number - first) / (last - first)) * (end - start), ticks, digits };
  };

  const redraw = (xKey, yKey) => {
    const known = (key) => (point) => typeof value(point.name, key) === 'number';
    const there = points.filter(known(xKey)).filter(known(yKey));
    const across = scale(there.map((point) => value(point.name, xKey)), LEFT, RIGHT);
    const up = scale(there.map((point) => value(point.name, yKey)), BOTTOM, TOP);
    for (const tick of there.length ? up.ticks : []) {
      drawn('path', { class: 'rule', d: `M${LEFT} ${up.at(tick)}H${RIGHT}` });
      drawn('text', { x: LEFT - 6, y: up.at(tick), dy: '0.35em', 'text-anchor': 'end' }, shown(tick, up.digits));
    }
    for (const tick of there.length ? across.ticks : []) {
      drawn('text', { x: across.at(tick), y: BOTTOM + 16, 'text-anchor': 'middle' }, shown(tick, across.digits));
    }
    drawn('path', { class: 'axis', d: `M${LEFT} ${TOP}V${BOTTOM}H${RIGHT}` });
    const named = ({ label, unit, better }) => `${label}${ARROWS[better] ?? ''}, ${unit} →`;
    drawn('text', { x: RIGHT, y: BOTTOM + 36, 'text-anchor': 'end' }, named(metrics.get(xKey)));
    drawn('text', { transform: `translate(11 ${TOP}) rotate(-90)`, 'text-anchor': 'end' }, named(metrics.get(yKey)));
    for (const point of points) {
      const placed = there.includes(point);
      point.link.toggleAttribute('hidden', !placed);
      point.text.textContent = '';
      if (!placed) continue;
      const [x, y] = [across.at(value(point.name, xKey)), up.at(value(point.name, yKey))];
      point.link.setAttribute('transform', `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
    }
    const left = points.length - there.length;
    return left ? `${left} of ${points.length} cells lack one of the two figures.` : '';
  };

  let before = '';
  gallery.follow(() => {
    const usable = (name) => (metrics.has(gallery.get(name)) ? gallery.get(name) : STANDARD[name]);
    const [xKey, yKey] = [usable('x'), usable('y')];
    const now = `${xKey} ${yKey}`;
    if (now === before) return;
    const first = before === '';
    before = now;
    const standard = xKey === STANDARD.x && yKey === STANDARD.y;
    if (first && standard) return;
    selects.x.value = xKey;
    selects.y.value = yKey;
    other.replaceChildren();
    tell(...(standard ? [] : [metrics.get(xKey), metrics.get(yKey)]));
    own.toggleAttribute('hidden', !standard);
    let note = '';
    if (standard) {
      for (const { link, text, place, words } of points) {
        link.removeAttribute('hidden');
        link.setAttribute('transform', place);
        text.textContent = words;
      }
    } else {
      note = redraw(xKey, yKey);
    }
    form.querySelector('.count').textContent = note;
    const keys = [xKey, yKey];
    heads.forEach(([cell, text], index) => {
      const metric = metrics.get(keys[index - 1]);
      cell.textContent = standard || !metric ? text : `${metric.label}, ${metric.unit}`;
    });
    for (const [row, ...texts] of rows) {
      keys.forEach((key, index) => {
        const number = value(row.dataset.cell, key);
        const fresh = typeof number === 'number' ? shown(number, metrics.get(key).digits) : '—';
        row.cells[index + 1].textContent = standard ? texts[index] : fresh;
      });
    }
  });
})();

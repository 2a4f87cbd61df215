// Two to four cells compared (compare=name, repeated; without any, those that the page opens on): what the verdicts say
// of each change from the first, and their pictures (way=side, slider, difference or flicker). Cells are chosen here or
// ticked in the table.
import { closest, element, find, findAll } from '../frame/dom.js';
import '../frame/link.js';
import { whenNear } from '../frame/near.js';
import { cellOf, follow, getState, getStates, goTo, isCell, pageData, setState, shows } from '../frame/state.js';
import '../table/script.js';
import { imageOf } from '../wall/script.js';
import { comparison, comparisons } from './verdicts.js';
import { arranged, sideBySide } from './ways.js';

const MOST = 4;
const PLACES = ['First cell', 'Second cell', 'Third cell', 'Fourth cell'];
const explanations = {
  side: 'Upper row: test images. Lower row: their reconstructions by each cell.',
  slider: 'The first two cells on top of each other: move the slider to see more of one or the other.',
  difference: 'The difference of each cell from the first, pixel by pixel: black is none, white is the largest possible.',
  flicker: 'The cells are shown in turn in one place. Click the picture to see the next cell; use the buttons to pause.',
};

const ticked = () => [...new Set(getStates('compare'))].filter((name) => isCell(name)).slice(0, MOST);
const chosen = () => (ticked().length > 1 ? ticked() : comparisons.opening);

/** @type {(section: HTMLElement) => void} */
const start = (section) => {
  const tray = find(document, '#tray');
  const opener = find(tray, '[data-compare]', HTMLButtonElement);
  const how = find(section, '.pictured .how');
  shows(section, 'compare', 'way');

  // The tray is there while cells are being ticked.
  let ticking = false;
  const ticks = findAll(document, '#cells-table tbody tr[data-compare]', HTMLTableRowElement).map((row) => {
    const name = row.dataset.compare ?? '';
    const tick = element('input', { type: 'checkbox', className: 'tick', value: name });
    tick.setAttribute('aria-label', `Compare ${cellOf(name).label}`);
    tick.addEventListener('change', () => {
      ticking = true;
      const others = ticked().filter((other) => other !== name);
      setState({ compare: tick.checked ? [...others, name] : others });
    });
    row.cells[0].prepend(tick);
    return tick;
  });
  opener.addEventListener('click', () => {
    ticking = false;
    tray.hidden = true;
    goTo(section);
  });
  find(tray, '[data-forget]').addEventListener('click', () => setState({ compare: null, way: null }));

  const selects = PLACES.map((label, place) => {
    const select = element('select', {});
    if (place > 1) select.append(element('option', { value: '' }, 'none'));
    for (const { name, label } of pageData.cells) select.append(element('option', { value: name }, label));
    select.addEventListener('change', () => {
      const names = selects.map(({ value }) => value).filter(Boolean);
      setState({ compare: [...new Set(names)] });
    });
    find(section, '.choice').append(element('label', {}, element('span', {}, label), select));
    return select;
  });
  const link = element('button', { type: 'button' }, 'Copy link');
  link.dataset.copyLink = '';
  link.addEventListener('click', () => setState({ compare: chosen() }), { capture: true }); // the link names the cells
  find(section, '.choice').append(link);

  section.addEventListener('click', (event) => {
    const button = closest(event, 'button[data-way]');
    if (button) setState({ way: button.dataset.way ?? null });
  });

  /** @type {(kind: string, names: string[]) => { label: HTMLElement, source: HTMLImageElement }[]} */
  const pictures = (kind, names) =>
    names.flatMap((name) => {
      const { label, prior } = cellOf(name);
      const source = imageOf(kind, name);
      const caption = kind === 'prior' && prior ? `${label}, from: ${prior}` : label;
      return source ? [{ label: element('bdi', {}, caption), source }] : [];
    });
  const ways = findAll(section, 'button[data-way]');
  let near = false;
  let drawn = '';
  const draw = async () => {
    const names = chosen();
    const way = ways.find((button) => button.dataset.way === getState('way'))?.dataset.way ?? 'side';
    const now = JSON.stringify([names, way]);
    if (!near || now === drawn) return;
    drawn = now;
    for (const button of ways) button.setAttribute('aria-pressed', String(button.dataset.way === way));
    how.textContent = explanations[way];
    const room = find(section, '.pictured').clientWidth;
    find(section, '.samples').replaceChildren(...sideBySide(pictures('prior', names), room));
    const made = await arranged(pictures('reconstruction', names), way, room);
    if (drawn === now) find(section, '.reconstructions').replaceChildren(...made);
  };

  let before = '';
  follow(() => {
    const now = ticked();
    for (const tick of ticks) {
      tick.checked = now.includes(tick.value);
      tick.disabled = !tick.checked && now.length >= MOST;
    }
    tray.hidden = !ticking || !now.length;
    const first = element('bdi', {}, now.length ? cellOf(now[0]).label : '');
    const more = now.length < 2 ? [first, ': tick another cell to compare'] : [`${now.length} cells chosen`];
    find(tray, '.chosen').replaceChildren(...more);
    opener.disabled = now.length < 2;

    const names = chosen();
    if (names.join(' ') !== before) {
      before = names.join(' ');
      selects.forEach((select, place) => {
        select.value = names[place] ?? '';
        const elsewhere = names.filter((_, other) => other !== place);
        for (const option of select.options) option.disabled = elsewhere.includes(option.value);
        select.disabled = place > names.length;
      });
      const [one, ...others] = names;
      section.classList.toggle('of-two', others.length === 1);
      find(section, '.comparisons').replaceChildren(...others.map((other) => comparison(one, other)));
    }
    draw();
  });
  whenNear(section, () => {
    near = true;
    draw();
  });
};

const section = document.getElementById('compare');
if (section) start(section);

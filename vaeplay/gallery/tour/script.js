// The tour: one station at a time (station=), with what was predicted at each (predicted=station.verdict, or .nothing
// where the reader only looked). Links to other sections leave a note on the way back.
import { closest, find, findAll } from '../frame/dom.js';
import '../frame/link.js';
import { whileNear } from '../frame/near.js';
import { follow, getState, getStates, goTo, setState, shows } from '../frame/state.js';
import { printOnly } from '../paper/script.js';
import './exact.js';
import './holes.js';

const NOTHING = 'nothing';

/** @param {HTMLElement} section */
const start = (section) => {
  shows(section, 'station', 'predicted');
  const fold = find(section, '.fold', HTMLDetailsElement);
  const stations = findAll(section, '.station');
  const keys = stations.map(({ dataset }) => dataset.station ?? '');
  const guide = find(document, '.guide');
  const score = find(section, '.score');
  const radios = (station) => findAll(station, 'input', HTMLInputElement);
  const chosen = (station) => radios(station).find(({ checked }) => checked);

  const place = () => Math.max(0, keys.indexOf(getState('station') ?? ''));
  const predicted = () => new Map(getStates('predicted').map((entry) => /** @type {[string, string]} */ (entry.split('.'))));

  /** @type {(station: HTMLElement, prediction: string) => string} */
  const judge = ({ dataset }, prediction) => {
    if (prediction === NOTHING) return '';
    if (prediction === dataset.verdict?.replaceAll(' ', '-')) return 'That is what happened.';
    return dataset.verdict === 'cannot tell' ? 'This run leaves it open.' : 'It turned out otherwise.';
  };
  const show = () => {
    const known = predicted();
    const now = place();
    const right = stations.filter((station, at) => judge(station, known.get(keys[at]) ?? NOTHING).startsWith('That'));
    stations.forEach((station, at) => {
      const prediction = known.get(keys[at]);
      station.classList.toggle('current', at === now);
      station.classList.toggle('shown', prediction !== undefined);
      find(station, 'fieldset', HTMLFieldSetElement).disabled = prediction !== undefined;
      if (prediction !== undefined) for (const radio of radios(station)) radio.checked = radio.value === prediction;
      const said = chosen(station)?.closest('label')?.textContent?.trim();
      find(station, '.yours').textContent = said ? `You predicted: “${said}” ${judge(station, prediction ?? NOTHING)}` : '';
      const tell = find(station, '[data-tell]');
      tell.hidden = prediction !== undefined;
      tell.textContent = chosen(station) ? 'See what happened' : 'Show me without a prediction';
    });
    for (const button of findAll(section, '[data-go]')) {
      const at = keys.indexOf(button.dataset.go ?? '');
      if (at === now) button.setAttribute('aria-current', 'step');
      else button.removeAttribute('aria-current');
      button.classList.toggle('done', known.has(keys[at]));
    }
    // What this run leaves open can be predicted, but not be got wrong.
    const wrong = stations.filter((station, at) => judge(station, known.get(keys[at]) ?? NOTHING).startsWith('It'));
    const made = right.length + wrong.length;
    score.textContent = made ? `${right.length} of ${made} predicted correctly` : '';
    find(section, '[data-step="-1"]', HTMLButtonElement).disabled = now === 0;
    find(section, '[data-step="1"]', HTMLButtonElement).disabled = now === keys.length - 1;
  };

  /** @param {number} at */
  const go = (at) => {
    if (at < 0 || at >= keys.length) return;
    setState({ station: keys[at] });
    const title = find(stations[at], 'h3');
    title.focus({ preventScroll: true });
    if (section.getBoundingClientRect().top < 0) goTo(section);
  };
  const tell = (station) => {
    const { station: key = '' } = station.dataset;
    const others = getStates('predicted').filter((entry) => !entry.startsWith(`${key}.`));
    setState({ station: key, predicted: [...others, `${key}.${chosen(station)?.value ?? NOTHING}`] });
    find(station, '.told').focus({ preventScroll: true });
  };
  const forget = () => {
    for (const station of stations) for (const radio of radios(station)) radio.checked = false;
    setState({ station: null, predicted: null });
    go(0);
  };

  section.addEventListener('click', (event) => {
    const button = closest(event, 'button');
    if (button?.dataset.go) go(keys.indexOf(button.dataset.go));
    else if (button?.dataset.step) go(place() + Number(button.dataset.step));
    else if (button && 'tell' in button.dataset) tell(stations[place()]);
    else if (button && 'again' in button.dataset) forget();
    else if (button && 'sheet' in button.dataset) printOnly(section.id);
    const link = closest(event, '.look a');
    if (!link) return;
    const look = link.parentElement?.querySelector('span')?.textContent;
    find(guide, 'span').textContent = `Tour, station ${place() + 1} of ${keys.length}. ${look}`;
    setState({ station: keys[place()] });
    guide.hidden = false;
  });
  section.addEventListener('change', show);
  section.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !fold.open) return;
    if (event.key === 'n') go(place() + 1);
    else if (event.key === 'p') go(place() - 1);
  });
  guide.addEventListener('click', (event) => {
    const button = closest(event, 'button');
    if (!button) return;
    guide.hidden = true;
    if ('close' in button.dataset) return;
    goTo(section);
    find(stations[place()], 'h3').focus({ preventScroll: true });
  });
  // The note is of no use where the tour itself is in sight again.
  let away = false;
  whileNear(
    section,
    (near) => {
      if (near && away) guide.hidden = true;
      away = !near;
    },
    '-25% 0px',
  );
  follow(({ arrived }) => {
    if (arrived && getState('station')) fold.open = true;
    show();
  });
};

const section = document.getElementById('tour');
if (section) start(section);

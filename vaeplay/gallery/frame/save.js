// Figures as files. A chart becomes an SVG that stands alone: styles as attributes, light colours, the name above it and
// the part of the legend that it needs below. Canvases, pictures and charts become PNG.
//
// A button `data-save="svg"` or `"png"` saves the first picture of the figure or dialog that it stands in.
import { closest, context2d, element } from './dom.js';

const NAMESPACE = 'http://www.w3.org/2000/svg';
const INHERITED = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-linejoin', 'paint-order'];
const OF_TEXT = ['fill', 'font-family', 'font-size', 'font-weight'];
const LEFT_OUT = /^(class|id|href|role|style|tabindex|hidden|aria-.*|data-.*)$/;
const MARGIN = 8;
const LINE = 18; // of the name and the legend, in the chart's own pixels
const WIDTH = 1600; // pixels that a PNG has at least

const note = element('p', { className: 'saved' });
note.setAttribute('role', 'status');
document.body.append(note);
/** @type {ReturnType<typeof setTimeout> | undefined} */
let fading;
/**
 * Saves what is at an address, and says so: many browsers show nothing.
 * @type {(href: string, name: string) => void}
 */
const download = (href, name) => {
  element('a', { href, download: name }).click();
  (document.querySelector('dialog[open]') ?? document.body).append(note); // what is outside of a dialog is inert
  note.textContent = `Saved ${name}`;
  clearTimeout(fading);
  fading = setTimeout(() => (note.textContent = ''), 4000);
};

/** @type {(text: string, type: string, name: string) => void} */
export const saveText = (text, type, name) => {
  const href = URL.createObjectURL(new Blob([text], { type }));
  download(href, name);
  setTimeout(() => URL.revokeObjectURL(href), 1000);
};

/**
 * Saves what a canvas shows as a PNG, at once: `toBlob` waits until the page is idle, for seconds where it is busy.
 * @param {HTMLCanvasElement} canvas
 * @param {string} name
 */
export const saveCanvas = (canvas, name) => download(canvas.toDataURL(), name);

/** @type {(tag: string, attributes: Record<string, string | number>, ...children: (Element | string)[]) => SVGElement} */
const svgElement = (tag, attributes, ...children) => {
  const made = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return /** @type {SVGElement} */ (made);
};

/**
 * A copy of an element as it looks now; null where nothing of it can be seen.
 * @param {Element} from
 * @returns {SVGElement | null}
 */
const copyOf = (from) => {
  const style = getComputedStyle(from);
  const clear = [style.fill, style.stroke].every((paint) => /^(none|transparent|rgba\(0, 0, 0, 0\))$/.test(paint));
  const shape = !from.firstElementChild && !/^(g|a|svg|text|tspan|image)$/.test(from.tagName);
  const unseen = style.display === 'none' || style.visibility === 'hidden' || (shape && clear);
  if (from.tagName === 'title' || unseen) return null;
  const made = svgElement(from.tagName === 'a' ? 'g' : from.tagName, {});
  for (const { name, value } of from.attributes) {
    if (!LEFT_OUT.test(name) || (name === 'href' && value.startsWith('data:'))) made.setAttribute(name, value);
  }
  const kept = from.tagName === 'text' || from.tagName === 'tspan' ? OF_TEXT : shape ? INHERITED : [];
  for (const name of kept) made.setAttribute(name, style.getPropertyValue(name).replaceAll('"', "'"));
  if (style.opacity !== '1') made.setAttribute('opacity', style.opacity);
  for (const child of from.childNodes) {
    const copy = child instanceof Element ? copyOf(child) : child.textContent;
    if (copy) made.append(copy);
  }
  return made;
};

// The items of the nearest legend whose colour or dash occurs in the chart, in lines of at most `width`.
/** @type {(chart: SVGSVGElement, width: number) => SVGElement[][]} */
const legendOf = (chart, width) => {
  const [figure, section] = ['figure', 'section, article'].map((part) => chart.closest(part)?.querySelector('.legend'));
  const near = figure ?? section;
  const context = context2d(element('canvas', {}));
  context.font = '11px sans-serif';
  /** @type {SVGElement[][]} */
  const lines = [[]];
  let x = 0;
  for (const item of near?.querySelectorAll(':scope > span') ?? []) {
    const mark = item.querySelector('svg');
    const styles = [...(mark?.classList ?? [])].filter((name) => /^(family|own|dash)-\d$/.test(name));
    if (!mark || !styles.length || !chart.querySelector(`.${styles.join('.')}:not(.filtered)`)) continue;
    const copy = copyOf(mark);
    const text = (item.textContent ?? '').trim();
    const [own, wide] = [Number(mark.getAttribute('width')), context.measureText(text).width];
    if (x && x + own + wide + 20 > width) {
      lines.push([]);
      x = 0;
    }
    copy?.setAttribute('x', String(x));
    copy?.setAttribute('y', String(-Number(mark.getAttribute('height')) / 2));
    const words = svgElement('text', { x: x + own + 5, dy: '0.35em', 'font-size': 11, 'font-family': 'sans-serif' }, text);
    lines[lines.length - 1].push(...(copy ? [copy, words] : [words]));
    x += own + wide + 20;
  }
  return lines.filter((line) => line.length);
};

/**
 * The text of an SVG file that shows a chart as the page does in light colours.
 * @param {SVGSVGElement} chart
 */
export const svgOf = (chart) => {
  const root = document.documentElement;
  const theme = root.dataset.theme;
  root.dataset.theme = 'light';
  try {
    const [box, drawn] = [chart.viewBox.baseVal, chart.getBBox()];
    const left = Math.min(box.x, drawn.x) - MARGIN;
    const width = Math.max(box.x + box.width, drawn.x + drawn.width) + MARGIN - left;
    const bottom = Math.max(box.y + box.height, drawn.y + drawn.height) + MARGIN;
    const top = Math.min(box.y, drawn.y) - MARGIN - LINE;
    const legend = legendOf(chart, width - 2 * MARGIN);
    const height = bottom - top + legend.length * LINE;
    const name = chart.getAttribute('aria-label') ?? '';
    const heading = { x: left + MARGIN, y: top + LINE, 'font-family': 'sans-serif', 'font-size': 13, 'font-weight': 600 };
    const made = svgElement(
      'svg',
      { viewBox: [left, top, width, height].join(' '), width, height },
      svgElement('title', {}, name),
      svgElement('rect', { x: left, y: top, width, height, fill: '#fff' }),
      svgElement('text', heading, name),
    );
    for (const child of chart.children) made.append(copyOf(child) ?? '');
    legend.forEach((line, place) => {
      const at = `translate(${left + MARGIN} ${bottom + (place + 0.3) * LINE})`;
      made.append(svgElement('g', { transform: at }, ...line));
    });
    return new XMLSerializer().serializeToString(made);
  } finally {
    root.dataset.theme = theme;
  }
};

/** @type {(chart: SVGSVGElement, name: string) => void} */
export const saveSvg = (chart, name) => saveText(svgOf(chart), 'image/svg+xml', `${name}.svg`);

/**
 * Saves a chart, a canvas or a picture; one of large pixels is enlarged, so that it can be seen on a slide.
 * @param {SVGSVGElement | HTMLCanvasElement | HTMLImageElement} source
 * @param {string} name
 */
export const savePng = async (source, name) => {
  /** @type {HTMLCanvasElement | HTMLImageElement} */
  let picture;
  if (source instanceof SVGSVGElement) {
    picture = element('img', { src: `data:image/svg+xml,${encodeURIComponent(svgOf(source))}` });
    await picture.decode();
  } else picture = source;
  const [width, height] =
    picture instanceof HTMLImageElement
      ? [picture.naturalWidth, picture.naturalHeight]
      : [picture.width, picture.height];
  const pixels = getComputedStyle(source).imageRendering === 'pixelated';
  const wanted = Math.max(1, WIDTH / width);
  const scale = pixels ? Math.floor(wanted) : source instanceof HTMLCanvasElement ? 1 : wanted;
  const canvas = element('canvas', { width: Math.round(width * scale), height: Math.round(height * scale) });
  const context = context2d(canvas);
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = !pixels;
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  saveCanvas(canvas, `${name}.png`);
};

/** @type {(text: string) => string} */
const fileName = (text) => {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['figure'];
  return words.join('-').slice(0, 80);
};

document.addEventListener('click', (event) => {
  const button = closest(event, 'button[data-save]');
  const source = button?.closest('figure, dialog')?.querySelector('svg.chart, canvas, img');
  if (!button || !source) return;
  const name = fileName(source.getAttribute('aria-label') ?? source.getAttribute('alt') ?? '');
  if (button.dataset.save === 'svg' && source instanceof SVGSVGElement) saveSvg(source, name);
  else savePng(/** @type {SVGSVGElement | HTMLCanvasElement | HTMLImageElement} */ (source), name);
});

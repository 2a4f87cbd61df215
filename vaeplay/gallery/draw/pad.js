// The drawing pad: strokes by pointer, pen or keyboard, in units of a square of SIDE.
import { context2d } from '../frame/dom.js';

export const SIDE = 280;
const STEP = 10; // of an arrow key
const MOST = 4; // times that a small drawing is enlarged
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @typedef {number[][]} Stroke places (x, y) that the brush passes */

/** @type {(context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D, strokes: Stroke[], width: number) => void} */
export const trace = (context, strokes, width) => {
  Object.assign(context, { lineWidth: width, lineCap: 'round', lineJoin: 'round', strokeStyle: '#fff' });
  for (const stroke of strokes) {
    context.beginPath();
    context.moveTo(stroke[0][0], stroke[0][1]);
    context.lineTo(stroke[0][0] + 0.1, stroke[0][1]); // a path of no length would not be drawn
    for (const [x, y] of stroke) context.lineTo(x, y);
    context.stroke();
  }
};

/**
 * Strokes as a raster. With a frame they are scaled to its length while the brush keeps the usual width, so that a small
 * drawing does not get thick.
 * @type {(strokes: Stroke[], frame: import('./framing.js').Frame | null) => import('./framing.js').Raster}
 */
export const raster = (strokes, frame) => {
  const canvas = new OffscreenCanvas(SIDE, SIDE);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d', { willReadFrequently: true }));
  context.fillRect(0, 0, SIDE, SIDE);
  const width = (frame?.pen ?? 0.09) * SIDE;
  const places = strokes.flat();
  let drawn = strokes;
  if (frame && places.length) {
    const ends = [0, 1].map((axis) => {
      const own = places.map((place) => place[axis]);
      return [Math.min(...own), Math.max(...own)];
    });
    const longest = Math.max(...ends.map(([low, high]) => high - low), 1);
    const scale = Math.min(MOST, Math.max(1, frame.longest * SIDE - width) / longest);
    drawn = strokes.map((stroke) =>
      stroke.map((place) => place.map((value, axis) => (value - (ends[axis][0] + ends[axis][1]) / 2) * scale + SIDE / 2)));
  }
  trace(context, drawn, width);
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  return { width: SIDE, height: SIDE, values: Float32Array.from({ length: SIDE * SIDE }, (_, at) => data[4 * at] / 255) };
};

/**
 * Lets a canvas be drawn on: `begin` starts a stroke, `extend` goes on with it.
 * @param {HTMLCanvasElement} paper
 * @param {{ begin: (place: number[]) => void, extend: (place: number[]) => void, undo: () => void,
 *   say: (text: string) => void, moved: () => void }} acts
 */
export const makePad = (paper, { begin, extend, undo, say, moved }) => {
  const brush = { at: [SIDE / 2, SIDE / 2], down: false, shown: false };
  const within = (value) => Math.min(SIDE, Math.max(0, value));
  let drawing = -1; // the pointer that draws
  const placeOf = ({ clientX, clientY }) => {
    const box = paper.getBoundingClientRect();
    return [((clientX - box.left) / box.width) * SIDE, ((clientY - box.top) / box.height) * SIDE].map(within);
  };
  paper.addEventListener('pointerdown', (event) => {
    if (event.button || drawing >= 0) return;
    paper.setPointerCapture(event.pointerId);
    drawing = event.pointerId;
    brush.down = brush.shown = false;
    begin(placeOf(event));
  });
  paper.addEventListener('pointermove', (event) => {
    if (event.pointerId !== drawing) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const each of passed.length ? passed : [event]) extend(placeOf(each));
  });
  const lift = (event) => {
    if (event.pointerId === drawing) drawing = -1;
  };
  paper.addEventListener('pointerup', lift);
  paper.addEventListener('pointercancel', lift);
  paper.addEventListener('keydown', (event) => {
    const undoing = event.key === 'Backspace' || (event.key === 'z' && (event.ctrlKey || event.metaKey));
    const key = KEYS[event.key];
    if (!undoing && (event.ctrlKey || event.metaKey || event.altKey)) return;
    if (!undoing && !key && event.key !== ' ') return;
    event.preventDefault();
    brush.shown = true;
    if (undoing) {
      brush.down = false;
      undo();
    } else if (key) {
      const step = event.shiftKey ? 3 * STEP : STEP;
      brush.at = brush.at.map((value, axis) => within(value + step * key[axis]));
      if (brush.down) extend(brush.at);
      else moved();
    } else {
      brush.down = !brush.down;
      say(brush.down ? 'The brush is down.' : 'The brush is up.');
      if (brush.down) begin(brush.at);
      else moved();
    }
  });
  paper.addEventListener('blur', () => {
    brush.down = brush.shown = false;
    moved();
  });
  /** Shows what is drawn, and where the brush of the keyboard is. */
  return (/** @type {Stroke[]} */ strokes, /** @type {HTMLCanvasElement | null} */ picture) => {
    const context = context2d(paper);
    context.fillStyle = '#000';
    context.fillRect(0, 0, SIDE, SIDE);
    context.imageSmoothingEnabled = false;
    if (picture) {
      const [wide, high] = [picture.width, picture.height].map((size) => (SIDE * size) / Math.max(picture.width, picture.height));
      context.drawImage(picture, (SIDE - wide) / 2, (SIDE - high) / 2, wide, high);
    }
    trace(context, strokes, 0.08 * SIDE);
    if (!brush.shown) return;
    for (const [colour, width] of /** @type {[string, number][]} */ ([['#000', 5], ['#e69f00', 2.5]])) {
      Object.assign(context, { strokeStyle: colour, lineWidth: width });
      context.beginPath();
      context.arc(brush.at[0], brush.at[1], brush.down ? 8 : 13, 0, 7);
      context.stroke();
    }
  };
};

// The pads of the explorer: a cell's plane, and the point that is dragged over it.
import { fresh } from '../frame/dom.js';
import { ground, pixel, reachOf } from './ground.js';

/**
 * `take` may take an image whose point is clicked, and then says so; else the place becomes that image's code.
 * @param {import('./side.js').Shown} explorer
 * @param {import('./points.js').Marks} points
 * @param {(index: number) => boolean} take
 */
export const startPads = (explorer, points, take) => {
  const { sides, state, change } = explorer;
  const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  const CLICK = 4; // pixels that a pointer may move between its pressing and its release

  // Both cells' pads have one scale.
  const reach = () => Math.max(...sides.flatMap(({ cell }) => (cell ? [(cell.reach ??= reachOf(cell))] : [])));

  const placeAt = (side, x, y) => {
    const half = side.size / 2;
    const within = (value) => Math.min(1, Math.max(-1, value)) * side.scale;
    return [within(x / half - 1), within(1 - y / half)];
  };

  const draw = (side) => {
    const { pad } = side;
    const size = pad.parentElement.clientWidth;
    if (!size) return; // left out where the page is printed, while the theme changes for paper
    const scale = reach();
    const wanted = [side.cell.cell, size, scale, themes, ...state.layers].join(' ');
    if (side.ground?.wanted !== wanted) {
      Object.assign(side, { size, scale });
      side.ground = { wanted, canvas: ground(side, side.cell, state.layers, points) };
    }
    const [context] = fresh(pad, size, size);
    context.drawImage(side.ground.canvas, 0, 0, size, size);
    const style = getComputedStyle(pad);
    context.strokeStyle = style.color;
    if (state.base?.kind === 'walk') {
      const [[fromX, fromY], [toX, toY]] = state.ends.map(side.spot);
      context.lineWidth = 2;
      context.setLineDash([5, 4]);
      context.beginPath();
      context.moveTo(fromX, fromY);
      context.lineTo(toX, toY);
      context.stroke();
      context.setLineDash([]);
    }
    const [x, y] = pixel(side, side.place).map((value) => Math.min(size - 8, Math.max(8, value)));
    for (const { colour, width } of [{ colour: style.backgroundColor, width: 6 }, { colour: style.color, width: 2.5 }]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      context.arc(x, y, 9, 0, 2 * Math.PI);
      context.stroke();
    }
  };

  let themes = 0;
  points.onTheme(() => {
    themes += 1;
    explorer.redraw();
  });

  for (const side of sides) {
    const { pad } = side;
    /** @type {{ x: number, y: number, moved: boolean } | null} */
    let pressed = null;
    const local = (event) => {
      const box = pad.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    pad.addEventListener('pointerdown', (event) => {
      if (event.button || !side.cell) return;
      pad.setPointerCapture(event.pointerId);
      pressed = { x: event.clientX, y: event.clientY, moved: false };
      points.point(-1);
    });
    pad.addEventListener('pointermove', (event) => {
      if (!side.spot) return;
      const [x, y] = local(event);
      if (!pressed) {
        points.point(points.nearest(side.spot, x, y), event.clientX, event.clientY);
        return;
      }
      pressed.moved ||= Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > CLICK;
      if (pressed.moved) move(placeAt(side, x, y));
    });
    pad.addEventListener('pointerup', (event) => {
      if (pressed && !pressed.moved && side.spot) {
        const [x, y] = local(event);
        const index = points.nearest(side.spot, x, y, 8);
        if (index < 0) move(placeAt(side, x, y));
        else if (!take(index)) change({ base: { kind: 'image', index } });
      }
      pressed = null;
    });
    pad.addEventListener('pointercancel', () => (pressed = null));
    pad.addEventListener('pointerleave', () => points.point(-1));
    pad.addEventListener('keydown', (event) => {
      const key = KEYS[event.key];
      if (!key || !side.cell || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const step = event.shiftKey ? 0.5 : 0.1;
      const from = state.at ?? side.place; // the place of a side follows with the next frame, a key may come before
      move(from.map((value, axis) => Math.min(side.scale, Math.max(-side.scale, value + step * key[axis]))));
    });
  }
  const move = (at) => change({ at });

  explorer.show(() => sides.forEach((side) => side.cell && draw(side)));
  new ResizeObserver(explorer.redraw).observe(explorer.section);
};

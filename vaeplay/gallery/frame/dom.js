// Elements by selector, with their kind: where a script and a template no longer fit, the error names the selector.

/**
 * The first element that `selector` finds in `root`.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} [kind]
 * @returns {T}
 */
export const find = (root, selector, kind = /** @type {any} */ (HTMLElement)) => {
  const found = root.querySelector(selector);
  if (found instanceof kind) return found;
  throw new Error(`${selector}: found ${found ? found.constructor.name : 'nothing'}, expected ${kind.name}`);
};

/**
 * Every element that `selector` finds in `root`.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} [kind]
 * @returns {T[]}
 */
export const findAll = (root, selector, kind = /** @type {any} */ (HTMLElement)) =>
  /** @type {T[]} */ ([...root.querySelectorAll(selector)].filter((item) => item instanceof kind));

/**
 * The element nearest above the target of an event, itself included, that `selector` finds.
 * @template {Element} [T=HTMLElement]
 * @param {Event} event
 * @param {string} selector
 * @returns {T | null}
 */
export const closest = (event, selector) => (event.target instanceof Element ? event.target.closest(selector) : null);

/**
 * A canvas's context, which every browser that runs this page has.
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [options]
 * @returns {CanvasRenderingContext2D}
 */
export const context2d = (canvas, options) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', options));

/**
 * A canvas cleared for drawing in CSS pixels, sharp on every screen: its context, width and height.
 * @param {HTMLCanvasElement} canvas
 * @returns {[CanvasRenderingContext2D, number, number]}
 */
export const fresh = (canvas, across = canvas.clientWidth, down = canvas.clientHeight) => {
  const screen = window.devicePixelRatio || 1;
  canvas.width = Math.round(across * screen);
  canvas.height = Math.round(down * screen);
  const context = context2d(canvas);
  context.setTransform(screen, 0, 0, screen, 0, 0);
  return [context, across, down];
};

/**
 * Circles at 1, 2 … `count` standard deviations around the middle of a square plane, whose edge lies at `reach` of them.
 * @type {(context: CanvasRenderingContext2D, size: number, reach: number, count?: number) => void}
 */
export const circles = (context, size, reach, count = 3) => {
  for (let deviations = 1; deviations <= count; deviations++) {
    context.beginPath();
    context.arc(size / 2, size / 2, (deviations / reach) * (size / 2), 0, 2 * Math.PI);
    context.stroke();
  }
};

/**
 * A new element with its properties and children.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Partial<HTMLElementTagNameMap[T]>} properties
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export const element = (tag, properties, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

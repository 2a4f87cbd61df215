// Points of images by class: a small picture for each class, in the current theme and for this screen.

const SIZE = 11; // pixels

/**
 * `legend` has an element for each class, with its colour and the path of its shape, and `labels` the images' classes.
 * @param {HTMLElement[]} legend
 * @param {number[]} labels
 */
export const stampsOf = (legend, labels) => {
  /** @type {OffscreenCanvas[]} */
  let stamps = [];
  const restamp = () => {
    const screen = window.devicePixelRatio || 1;
    stamps = legend.map((item) => {
      const stamp = new OffscreenCanvas(Math.ceil(SIZE * screen), Math.ceil(SIZE * screen));
      const context = /** @type {OffscreenCanvasRenderingContext2D} */ (stamp.getContext('2d'));
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
  return {
    /** For another theme. */
    renew: () => {
      stamps = [];
    },
    /**
     * Stamps every image's point; `place` gives its pixel.
     * @param {CanvasRenderingContext2D} context
     * @param {import('./points.js').Place} place
     */
    draw: (context, place) => {
      if (!stamps.length) restamp();
      labels.forEach((label, index) => {
        const [x, y] = place(index);
        context.drawImage(stamps[label % stamps.length], x - SIZE / 2, y - SIZE / 2, SIZE, SIZE);
      });
    },
  };
};

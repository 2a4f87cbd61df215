// Axes around values: their ends, round ticks, and pixels.

/** @typedef {{ low: number, high: number, at: (value: number) => number, ticks: { value: number, label: string }[] }} Axis */

/** @type {(low: number, high: number, count: number) => { value: number, label: string }[]} */
export const ticks = (low, high, count) => {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough * 0.999) ?? 10);
  const digits = Math.min(12, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  const found = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) {
    const value = n * step;
    const plain = Math.abs(value) < 1e5 && digits <= 4;
    const text = plain || !value ? value.toFixed(digits) : value.toExponential(1);
    found.push({ value, label: text.replace(/^-(?=[0.]*$)/, '').replace('-', '−') });
  }
  return found;
};

/**
 * An axis from pixel `start` to `end` around `values`; one that starts at 0 does not go below it.
 * @type {(values: number[], start: number, end: number, count: number) => Axis}
 */
export const axisOf = (values, start, end, count) => {
  const [least, most] = values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
  const room = (most - least) * 0.1 || Math.abs(most) * 0.05 || 0.5;
  const low = least >= 0 ? Math.max(0, least - room) : least - room;
  const high = most + room;
  const at = (value) => start + ((value - low) / (high - low)) * (end - start);
  return { low, high, at, ticks: ticks(low, high, count) };
};

/**
 * How far aside each point of a strip stands, so that no two of its heights cover each other.
 * @type {(heights: number[]) => number[]}
 */
export const apart = (heights) => {
  const found = heights.map(() => 0);
  const order = heights.map((_, place) => place).sort((one, other) => heights[one] - heights[other]);
  order.forEach((place, rank) => {
    const near = order.slice(0, rank).filter((other) => heights[place] - heights[other] < 16);
    found[place] = [0, 20, -20].find((aside) => near.every((other) => found[other] !== aside)) ?? 0;
  });
  return found;
};

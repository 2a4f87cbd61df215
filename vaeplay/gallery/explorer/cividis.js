// The colours of every scale in the explorer: cividis, which readers with colour-blindness see as others do.
const STOPS = [
  [0, 34, 78], [26, 56, 111], [67, 78, 108], [97, 101, 111], [125, 124, 120],
  [155, 148, 118], [188, 174, 108], [222, 201, 88], [254, 232, 56],
];

/**
 * Red, green and blue for a share from 0, dark blue, to 1, yellow.
 * @param {number} share
 */
export const cividis = (share) => {
  const at = Math.min(1, Math.max(0, share)) * (STOPS.length - 1);
  const low = Math.min(STOPS.length - 2, Math.floor(at));
  return STOPS[low].map((value, c) => value + (at - low) * (STOPS[low + 1][c] - value));
};

/** How much room the dancers take in the picture: all of them, wherever they stand and however large they are. */

const HIGHER_BY_DEPTH = 0.55; // who stands nearer than the middle is larger
const WIDER_BY_DEPTH = 0.8;
const WIDER_BY_SPREAD = 0.1; // the camera stands a little to the left: one end is nearer

/**
 * What the picture must hold, and where its middle is on the floor, in metres of a figure of normal size. One dancer
 * gets what `alone` says; a small one is not looked at from nearer: it would not look small.
 * @param {{x: number, y: number, z: number, size: number}[]} standing where what the camera follows is, of each
 * @param {{heightM: number, widthM: number, middleM: number}} alone
 */
export function roomOf(standing, alone) {
  const [x, y, z] = ["x", "y", "z"].map((axis) => standing.map((one) => one[axis]));
  const reach = standing.map(({ size }) => (alone.widthM / 2) * Math.max(size, 1));
  const largest = Math.max(1, ...standing.map(({ size }) => size));
  const left = Math.min(...x.map((at, k) => at - reach[k]));
  const right = Math.max(...x.map((at, k) => at + reach[k]));
  const depthM = Math.max(...z) - Math.min(...z);
  return {
    centre: [(left + right) / 2, middle(y), middle(z)],
    heightM: alone.heightM * largest + HIGHER_BY_DEPTH * depthM,
    widthM: right - left + WIDER_BY_DEPTH * depthM + WIDER_BY_SPREAD * (Math.max(...x) - Math.min(...x)),
    middleM: alone.middleM * largest,
  };
}

/** Half-way between the least and the most. */
function middle(numbers) {
  return (Math.min(...numbers) + Math.max(...numbers)) / 2;
}

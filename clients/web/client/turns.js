/** Turns as quaternions w x y z, four numbers at index k of an array, and the poses that they make. */

/**
 * @typedef {object} Figure how a figure stands
 * @property {Float32Array} quatWxyz four numbers a joint
 * @property {Float32Array} rootM
 */

/**
 * Between two unit quaternions at index k of a and b, the short way; t beyond 1 goes on turning.
 * @param {Float32Array} out
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 * @param {number} k
 * @param {number} t
 */
export function slerp(out, a, b, k, t) {
  let dot = a[k] * b[k] + a[k + 1] * b[k + 1] + a[k + 2] * b[k + 2] + a[k + 3] * b[k + 3];
  const sign = dot < 0 ? -1 : 1;
  dot = Math.min(dot * sign, 1);
  let wa = 1 - t;
  let wb = t;
  if (dot < 0.9995) {
    const angle = Math.acos(dot);
    const sine = Math.sin(angle);
    wa = Math.sin((1 - t) * angle) / sine;
    wb = Math.sin(t * angle) / sine;
  }
  wb *= sign;
  let length = 0;
  for (let c = 0; c < 4; c += 1) {
    out[k + c] = a[k + c] * wa + b[k + c] * wb;
    length += out[k + c] * out[k + c];
  }
  length = Math.sqrt(length) || 1;
  for (let c = 0; c < 4; c += 1) out[k + c] /= length;
}

/**
 * The figure that is so far on its way from a to b.
 * @param {Figure} a
 * @param {Figure} b of as many joints
 * @param {number} t
 * @returns {Figure}
 */
export function between(a, b, t) {
  const quatWxyz = new Float32Array(b.quatWxyz.length);
  for (let k = 0; k < quatWxyz.length; k += 4) slerp(quatWxyz, a.quatWxyz, b.quatWxyz, k, t);
  return { quatWxyz, rootM: b.rootM.map((value, axis) => a.rootM[axis] + (value - a.rootM[axis]) * t) };
}

/**
 * What turns and moves `from` into `to`, joint by joint.
 * @param {Figure} from
 * @param {Figure} to of as many joints
 * @returns {Figure}
 */
export function difference(from, to) {
  const quatWxyz = new Float32Array(to.quatWxyz.length);
  const back = from.quatWxyz.map((part, k) => (k % 4 === 0 ? part : -part));
  for (let k = 0; k < quatWxyz.length; k += 4) multiply(quatWxyz, to.quatWxyz, back, k);
  return { quatWxyz, rootM: to.rootM.map((value, axis) => value - from.rootM[axis]) };
}

/**
 * The figure, with a share of a difference added to it.
 * @param {Figure} figure
 * @param {Figure} more
 * @param {number} share 0 to 1
 * @returns {Figure}
 */
export function withDifference(figure, more, share) {
  const quatWxyz = new Float32Array(figure.quatWxyz.length);
  const part = new Float32Array(figure.quatWxyz.length);
  for (let k = 0; k < part.length; k += 4) {
    const still = [1, 0, 0, 0];
    const turn = new Float32Array(4);
    slerp(turn, still, more.quatWxyz.subarray(k, k + 4), 0, share);
    part.set(turn, k);
    multiply(quatWxyz, part, figure.quatWxyz, k);
  }
  return { quatWxyz, rootM: figure.rootM.map((value, axis) => value + more.rootM[axis] * share) };
}

/**
 * Turn by b, then by a.
 * @param {Float32Array} out
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 * @param {number} k
 */
function multiply(out, a, b, k) {
  const [aw, ax, ay, az] = [a[k], a[k + 1], a[k + 2], a[k + 3]];
  const [bw, bx, by, bz] = [b[k], b[k + 1], b[k + 2], b[k + 3]];
  out[k] = aw * bw - ax * bx - ay * by - az * bz;
  out[k + 1] = aw * bx + ax * bw + ay * bz - az * by;
  out[k + 2] = aw * by - ax * bz + ay * bw + az * bx;
  out[k + 3] = aw * bz + ax * by - ay * bx + az * bw;
}

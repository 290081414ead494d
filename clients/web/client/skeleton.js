/** Where a pose's joints are in the world: the server's skeleton, turned joint by joint (forward kinematics). */

/**
 * @typedef {object} Joint
 * @property {string} name as VRM 1 calls it
 * @property {string | null} parent
 * @property {number[]} offset_m from its parent in the rest pose, a T-pose
 *
 * @typedef {object} SkeletonMessage the server's `skeleton`
 * @property {string} id
 * @property {string} hash
 * @property {number} body_joints how many come before the fingers
 * @property {Joint[]} joints parents before their children
 * @property {Joint[]} ends of what has no joint there: head, toes, finger tips
 */

export class Skeleton {
  #parents;
  #offsetsM;

  /** @param {SkeletonMessage} message */
  constructor(message) {
    this.names = message.joints.map((joint) => joint.name);
    this.bodyJoints = message.body_joints;
    this.hash = message.hash;
    this.#parents = message.joints.map((joint) => (joint.parent === null ? -1 : this.names.indexOf(joint.parent)));
    this.#offsetsM = message.joints.map((joint) => joint.offset_m);
    const orphan = this.#parents.findIndex((parent, joint) => parent >= joint || (parent < 0 && joint > 0));
    if (orphan >= 0) throw new RangeError(`joint ${this.names[orphan]} does not come after its parent`);
  }

  /** For each joint, the number of its parent; -1 for the hips. */
  get parents() {
    return [...this.#parents];
  }

  /** How high the skeleton carries its hips when it stands in a T-pose, metres. */
  get hipsHeightM() {
    return this.#offsetsM[0][1];
  }

  /**
   * Where the joints of a figure are in the world, x y z each.
   * @param {import("./turns.js").Figure} figure of these joints, or of the first of them
   * @returns {Float32Array}
   */
  placesM({ quatWxyz, rootM }) {
    const joints = Math.min(quatWxyz.length / 4, this.names.length);
    const placesM = new Float32Array(3 * joints);
    /** @type {number[][]} */
    const turns = [];
    for (let joint = 0; joint < joints; joint += 1) {
      const own = Array.from(quatWxyz.subarray(4 * joint, 4 * joint + 4));
      const parent = this.#parents[joint];
      if (parent < 0) {
        turns.push(own);
        placesM.set(rootM, 0);
        continue;
      }
      turns.push(multiplied(turns[parent], own));
      const step = turned(turns[parent], this.#offsetsM[joint]);
      for (let axis = 0; axis < 3; axis += 1) placesM[3 * joint + axis] = placesM[3 * parent + axis] + step[axis];
    }
    return placesM;
  }
}

/** @param {number[]} a @param {number[]} b */
function multiplied([aw, ax, ay, az], [bw, bx, by, bz]) {
  return [
    aw * bw - ax * bx - ay * by - az * bz,
    aw * bx + ax * bw + ay * bz - az * by,
    aw * by - ax * bz + ay * bw + az * bx,
    aw * bz + ax * by - ay * bx + az * bw,
  ];
}

/** @param {number[]} q @param {number[]} v */
function turned([w, x, y, z], [vx, vy, vz]) {
  const [tx, ty, tz] = [2 * (y * vz - z * vy), 2 * (z * vx - x * vz), 2 * (x * vy - y * vx)];
  return [vx + w * tx + y * tz - z * ty, vy + w * ty + z * tx - x * tz, vz + w * tz + x * ty - y * tx];
}

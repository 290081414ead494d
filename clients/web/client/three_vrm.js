/** Puts poses on a VRM figure of three-vrm, version 0 or 1; its hips move in proportion to its own height. */

/** @typedef {import("@pixiv/three-vrm").VRM} VRM */

/** How high the usual skeleton carries its hips, until the server says how high its own does. */
const USUAL_HIPS_M = 0.96;

export class VrmFigure {
  #vrm;
  /** @type {(import("three").Object3D | null)[]} */
  #bones = [];
  #hips;
  #flip;
  #hipsHeightM;
  #scale;

  /**
   * @param {VRM} vrm that three-vrm has loaded; a VRM 0 turned around by `VRMUtils.rotateVRM0`, as it asks for itself
   * @param {import("./skeleton.js").Skeleton | null} [skeleton] of the show, if it has come already
   * @throws {RangeError} when it has no hips
   */
  constructor(vrm, skeleton = null) {
    const hips = vrm.humanoid.getNormalizedBoneNode("hips");
    const restM = vrm.humanoid.normalizedRestPose.hips?.position;
    if (!hips || !restM) throw new RangeError("asked to move a VRM without hips: choose a humanoid VRM 0 or VRM 1");
    this.#vrm = vrm;
    this.#hips = hips;
    this.#flip = vrm.meta.metaVersion === "0" ? -1 : 1; // a VRM 0 figure looks the other way
    this.#hipsHeightM = restM[1];
    this.#scale = restM[1] / USUAL_HIPS_M;
    this.useSkeleton(skeleton);
  }

  /**
   * Learn whose rotations come in which order, and how high the stream's own figure carries its hips.
   * @param {import("./skeleton.js").Skeleton | null} skeleton null: it has not come yet
   */
  useSkeleton(skeleton) {
    if (skeleton === null) return;
    const { humanoid } = this.#vrm;
    /** @typedef {Parameters<typeof humanoid.getNormalizedBoneNode>[0]} BoneName */
    this.#bones = skeleton.names.map((name) => humanoid.getNormalizedBoneNode(/** @type {BoneName} */ (name)));
    this.#scale = this.#hipsHeightM / skeleton.hipsHeightM;
  }

  /** How much larger than the stream's figure this one is. */
  get scale() {
    return this.#scale;
  }

  /**
   * Stand as the pose says; `vrm.update(elapsedS)` follows, as after any change of a VRM.
   * @param {import("./turns.js").Figure} pose
   */
  take({ quatWxyz, rootM }) {
    const flip = this.#flip;
    const joints = Math.min(this.#bones.length, quatWxyz.length / 4);
    for (let joint = 0; joint < joints; joint += 1) {
      const k = joint * 4;
      this.#bones[joint]?.quaternion.set(flip * quatWxyz[k + 1], quatWxyz[k + 2], flip * quatWxyz[k + 3], quatWxyz[k]);
    }
    this.#hips.position.set(flip * rootM[0] * this.#scale, rootM[1] * this.#scale, flip * rootM[2] * this.#scale);
  }
}

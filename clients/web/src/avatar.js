/** A figure that takes poses: reads a VRM 0 or 1 from bytes, in this browser only. */

import { LoadingManager } from "three";
import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";
import { VRMLoaderPlugin, VRMUtils } from "@pixiv/three-vrm";
import { strings } from "./strings.js";

/** Height of the hips above the floor of the skeleton that the poses are made for, until the server says. */
const USUAL_HIPS_M = 0.96;

export class Avatar {
  #bones = [];
  #hips;
  #mirrored;
  #scale = 1;
  #lights = new Set(); // materials of our own mannequin, whose lines glow

  constructor(vrm) {
    this.vrm = vrm;
    this.scene = vrm.scene;
    this.#mirrored = vrm.meta.metaVersion === "0";
    this.#hips = vrm.humanoid.getNormalizedBoneNode("hips");
    this.#scale = vrm.humanoid.normalizedRestPose.hips.position[1] / USUAL_HIPS_M;
    vrm.scene.traverse((node) => {
      if (!node.isMesh) return;
      node.castShadow = true;
      node.receiveShadow = true;
      node.frustumCulled = false; // its bounds are those of the rest pose
      if (node.material.name === "mannequin") this.#lights.add(node.material);
    });
  }

  /** Whose rotations come in which order, and how high the stream's own figure carries its hips. */
  useSkeleton(skeleton) {
    this.#bones = skeleton.joints.map((joint) => this.vrm.humanoid.getNormalizedBoneNode(joint.name));
    const hipsM = skeleton.joints[0].offset_m[1];
    this.#scale = this.vrm.humanoid.normalizedRestPose.hips.position[1] / hipsM;
  }

  /** Take a pose; hips move in proportion to the figure's own height. */
  take(pose) {
    const flip = this.#mirrored ? -1 : 1; // a VRM 0 figure looks the other way
    const q = pose.quatWxyz;
    const count = Math.min(this.#bones.length, q.length / 4);
    for (let joint = 0; joint < count; joint += 1) {
      const k = joint * 4;
      this.#bones[joint]?.quaternion.set(flip * q[k + 1], q[k + 2], flip * q[k + 3], q[k]);
    }
    const [x, y, z] = pose.rootM;
    this.#hips.position.set(flip * x * this.#scale, y * this.#scale, flip * z * this.#scale);
  }

  /** Settle hair, cloth and the raw bones after the pose. */
  update(elapsedS) {
    this.vrm.update(elapsedS);
  }

  /** Where the hips are in the world; written into `out`. */
  hipsPlace(out) {
    return this.vrm.humanoid.getRawBoneNode("hips").getWorldPosition(out);
  }

  /** How much larger than the stream's figure this one is. */
  get scale() {
    return this.#scale;
  }

  /** Let its lights, if it has any, breathe with the beat: 0 to 1. */
  glow(pulse) {
    for (const material of this.#lights) material.emissiveIntensity = 0.55 + 1.5 * pulse;
  }

  dispose() {
    this.scene.removeFromParent();
    VRMUtils.deepDispose(this.scene);
  }
}

/** Read a VRM. Throws Error in plain words when the bytes are not a humanoid VRM. */
export async function readAvatar(bytes) {
  // A file may name addresses on the net; nothing is fetched from there.
  const manager = new LoadingManager();
  manager.setURLModifier((url) => (/^(blob|data):/.test(url) ? url : "data:,"));
  const loader = new GLTFLoader(manager);
  loader.register((parser) => new VRMLoaderPlugin(parser));
  const gltf = await loader.parseAsync(bytes, "");
  const vrm = gltf.userData.vrm;
  if (!vrm?.humanoid?.getNormalizedBoneNode("hips")) throw new Error(strings.notHumanoid);
  VRMUtils.removeUnnecessaryVertices(gltf.scene);
  VRMUtils.combineSkeletons(gltf.scene);
  VRMUtils.rotateVRM0(vrm);
  return new Avatar(vrm);
}

/** A figure that takes poses: reads a VRM 0 or 1 from bytes, in this browser only. */

import { LoadingManager } from "three";
import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";
import { VRMLoaderPlugin, VRMUtils } from "@pixiv/three-vrm";
import { VrmFigure } from "../client/three_vrm.js";
import { strings } from "./strings.js";

export class Avatar {
  #figure;
  #lights = new Set(); // materials of our own mannequin, whose lines glow

  constructor(vrm) {
    this.vrm = vrm;
    this.scene = vrm.scene;
    this.#figure = new VrmFigure(vrm);
    vrm.scene.traverse((node) => {
      if (!node.isMesh) return;
      node.castShadow = true;
      node.receiveShadow = true;
      node.frustumCulled = false; // its bounds are those of the rest pose
      if (node.material.name === "mannequin") this.#lights.add(node.material);
    });
  }

  /** The show's skeleton has come. */
  useSkeleton(skeleton) {
    this.#figure.useSkeleton(skeleton);
  }

  /** Take a pose; hips move in proportion to the figure's own height. */
  take(pose) {
    this.#figure.take(pose);
  }

  /** Settle hair, cloth and the raw bones after the pose. */
  update(elapsedS) {
    this.vrm.update(elapsedS);
  }

  /** Where a bone is in the world; written into `out`. */
  place(bone, out) {
    return this.vrm.humanoid.getRawBoneNode(bone).getWorldPosition(out);
  }

  /** How much larger than the stream's figure this one is. */
  get scale() {
    return this.#figure.scale;
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

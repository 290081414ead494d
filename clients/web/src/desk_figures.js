/** All dancers of a crew in one picture: a figure each, in its size, gone while it is hidden. */

import { Vector3 } from "three";
import { readAvatar } from "./avatar.js";

const UNDER_THE_FLOOR_M = -50; // a hidden figure is sent 100 m down
const TALL_M = 2.85; // with arms up, and below the feet what the strips cover
const MIDDLE = 0.255; // of that, where the middle of the picture is
const WIDTH_M = 2.1; // of one dancer with arms out, and some air
const EASE_S = 0.5;
const WORTH_IT_M = 0.3; // a dance to and fro does not move the camera to and fro

export class Figures {
  #stage;
  #bytes;
  #skeleton = null;
  /** By dancer: an avatar, or null while it is being read. */
  #avatars = new Map();
  #members = null; // what the server says of each dancer
  #centre = new Vector3(0, 1, 0);
  #hips = new Vector3();
  #wanted = { heightM: 0, widthM: 0, middleM: 0 };
  #held = { heightM: 0, widthM: 0, middleM: 0 };

  /** `bytes`: a promise of the figure's VRM file. */
  constructor(stage, bytes) {
    this.#stage = stage;
    this.#bytes = bytes;
  }

  useSkeleton(skeleton) {
    this.#skeleton = skeleton;
    for (const avatar of this.#avatars.values()) avatar?.useSkeleton(skeleton);
  }

  /** The server tells who dances. */
  crew(dancers) {
    this.#members = new Map(dancers.map((member) => [member.dancer, member]));
  }

  /** How many are to be seen. */
  get seen() {
    return [...this.#avatars.values()].filter((avatar) => avatar?.scene.visible).length;
  }

  /** Where a bone of the first one is. */
  place(bone) {
    return this.#avatars.get(0)?.place(bone, new Vector3()).toArray() ?? null;
  }

  get avatars() {
    return this.#avatars;
  }

  /** Let all stand as they do now, and draw them; the first one's pose is `first`. */
  draw(show, first, atS, pulse, elapsedS) {
    const wanted = new Set(this.#members === null ? [0] : this.#members.keys());
    for (const dancer of wanted) if (!this.#avatars.has(dancer)) this.#summon(dancer);
    for (const [dancer, avatar] of this.#avatars) {
      if (avatar === null) continue;
      const pose = dancer === 0 ? first : show.skeleton ? show.pose(atS, dancer) : null;
      const member = this.#members?.get(dancer);
      // who has left waits behind the scenes: shapes and colours are shared, and the next one may come soon
      const visible = wanted.has(dancer) && pose !== null && pose.rootM[1] > UNDER_THE_FLOOR_M && member?.hidden !== true;
      avatar.scene.visible = visible;
      if (!visible) continue;
      stand(avatar, pose, member?.size ?? 1);
      avatar.update(elapsedS);
      avatar.glow(pulse);
    }
    this.#look(elapsedS);
    this.#stage.draw(this.#centre, pulse, elapsedS);
  }

  /** Keep all of them in the picture. */
  #look(elapsedS) {
    let [left, right, near, far, tall] = [Infinity, -Infinity, -Infinity, Infinity, 0];
    for (const avatar of this.#avatars.values()) {
      if (!avatar?.scene.visible) continue;
      avatar.place("hips", this.#hips);
      const size = avatar.scene.scale.x;
      left = Math.min(left, this.#hips.x - (WIDTH_M / 2) * size);
      right = Math.max(right, this.#hips.x + (WIDTH_M / 2) * size);
      near = Math.max(near, this.#hips.z);
      far = Math.min(far, this.#hips.z);
      tall = Math.max(tall, TALL_M * size);
    }
    if (left === Infinity) return; // nobody is there: look where they were
    const depthM = near - far;
    this.#centre.set((left + right) / 2, 1, (near + far) / 2);
    // who stands nearer than the middle is larger
    const wanted = { heightM: tall + 0.55 * depthM, widthM: right - left + 0.8 * depthM, middleM: MIDDLE * tall };
    const sides = ["heightM", "widthM", "middleM"];
    if (sides.some((side) => Math.abs(wanted[side] - this.#wanted[side]) > WORTH_IT_M)) this.#wanted = wanted;
    const share = this.#held.heightM === 0 ? 1 : 1 - Math.exp(-elapsedS / EASE_S);
    let moved = false;
    for (const side of sides) {
      const step = (this.#wanted[side] - this.#held[side]) * share;
      this.#held[side] += step;
      moved ||= Math.abs(step) > 0.0005;
    }
    if (moved) this.#stage.hold(this.#held);
  }

  async #summon(dancer) {
    this.#avatars.set(dancer, null);
    const bytes = await this.#bytes;
    const avatar = await readAvatar(bytes.slice(0));
    const first = [...this.#avatars.values()].find((other) => other !== null);
    if (first) share(avatar, first);
    avatar.scene.visible = false;
    this.#avatars.set(dancer, avatar);
    avatar.useSkeleton(this.#skeleton);
    this.#stage.add(avatar);
  }
}

/** Stand as the pose says, `size` times as large about its own place on the floor. */
function stand(avatar, pose, size) {
  avatar.take(pose);
  const { scene, scale } = avatar;
  scene.scale.setScalar(size);
  scene.position.set(pose.rootM[0] * scale * (1 - size), 0, pose.rootM[2] * scale * (1 - size));
}

/** All figures are of one file: the graphics card keeps its shapes and colours once. */
function share(avatar, first) {
  const [own, theirs] = [avatar, first].map(({ scene }) => {
    const meshes = [];
    scene.traverse((node) => node.isMesh && meshes.push(node));
    return meshes;
  });
  own.forEach((mesh, k) => {
    mesh.geometry.dispose();
    mesh.geometry = theirs[k].geometry;
    mesh.material = theirs[k].material;
  });
}

/** All dancers of a crew in one picture: a figure each, in its size, gone while it is hidden. */

import { Vector3 } from "three";
import { readAvatar } from "./avatar.js";
import { roomOf } from "./room.js";

const UNDER_THE_FLOOR_M = -50; // a hidden figure is sent 100 m down
const EASE_S = 0.5;
const WORTH_IT_M = 0.3; // a dance to and fro does not move the camera to and fro
const LONGEST_STEP_S = 0.1; // hair and cloth fly off in longer ones
const SIDES = ["heightM", "widthM", "middleM"];

export class Figures {
  #stage;
  #alone;
  #only;
  #files = null; // what they wear: one for all, or one each, in turn
  #skeleton = null;
  /** By dancer: an avatar, or null while it is being read. */
  #avatars = new Map();
  #members = null; // what the server says of each dancer
  #followed = new Vector3();
  #centre = new Vector3(0, 1, 0);
  #wanted = null;
  #held = null;
  #lookedAtS = 0;

  /** The picture holds `alone` for one dancer, and more for more; `only` that dancer is shown, null: all are. */
  constructor(stage, alone, only = null) {
    this.#stage = stage;
    this.#alone = alone;
    this.#only = only;
  }

  /**
   * All look like this VRM from now on; of several, each dancer like its own, and they begin again after the last.
   * Throws Error in plain words when the bytes of one are not a humanoid VRM; then nobody has changed.
   */
  async dress(...files) {
    const read = await Promise.allSettled(files.map((bytes) => readAvatar(bytes.slice(0))));
    const avatars = read.map(({ value }) => value);
    const failed = read.find(({ status }) => status === "rejected");
    avatars.forEach((avatar, k) => (failed || k !== this.#first % files.length) && avatar?.dispose());
    if (failed) throw failed.reason;
    for (const other of this.#avatars.values()) other?.dispose();
    this.#avatars.clear();
    this.#files = files;
    this.#enter(this.#first, avatars[this.#first % files.length]);
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

  /** The avatar of the first one, null until it is dressed. */
  get first() {
    return this.#avatars.get(this.#first) ?? null;
  }

  get #first() {
    return this.#only ?? 0;
  }

  /** Where a bone of a dancer is in the world, metres. */
  place(bone, dancer = this.#first) {
    return this.#avatars.get(dancer)?.place(bone, new Vector3()).toArray() ?? null;
  }

  get avatars() {
    return this.#avatars;
  }

  /** Let all stand as they do now, and draw them; the first one's pose is `first`. */
  draw(show, first, atS, pulse, elapsedS) {
    const wanted = this.#whoIsWanted();
    if (this.#files !== null) for (const dancer of wanted) if (!this.#avatars.has(dancer)) this.#summon(dancer);
    for (const [dancer, avatar] of this.#avatars) {
      if (avatar === null) continue;
      const pose = dancer === this.#first ? first : show.skeleton ? show.pose(atS, dancer) : null;
      const member = this.#members?.get(dancer);
      // who has left waits behind the scenes: shapes and colours are shared, and the next one may come soon
      const here = wanted.has(dancer) && member?.hidden !== true;
      // without a pose, as when a line is new, all stay as they stood
      const visible = here && (pose === null ? avatar.scene.visible : pose.rootM[1] > UNDER_THE_FLOOR_M);
      avatar.scene.visible = visible;
      if (!visible) continue;
      if (pose !== null) {
        stand(avatar, pose, member?.size ?? 1);
        avatar.update(Math.min(elapsedS, LONGEST_STEP_S));
      }
      avatar.glow(pulse);
    }
    this.#look(atS);
    this.#stage.draw(this.#centre, pulse, elapsedS);
  }

  #whoIsWanted() {
    const there = this.#members === null ? [this.#first] : [...this.#members.keys()];
    return new Set(this.#only === null ? there : there.filter((dancer) => dancer === this.#only));
  }

  /** Keep all of them in the picture. */
  #look(atS) {
    const elapsedS = atS - this.#lookedAtS; // not what the picture is given: a slow machine gets there as soon
    this.#lookedAtS = atS;
    const standing = [];
    let scale = 1; // of the avatar that all wear, or the last of them
    for (const avatar of this.#avatars.values()) {
      if (!avatar?.scene.visible) continue;
      scale = avatar.scale;
      avatar.place(this.#stage.bone, this.#followed);
      const { x, y, z } = this.#followed.divideScalar(scale);
      standing.push({ x, y, z, size: avatar.scene.scale.x });
    }
    if (standing.length === 0) return; // nobody is there: look where they were
    const { centre, ...room } = roomOf(standing, this.#alone);
    this.#centre.fromArray(centre).multiplyScalar(scale);
    if (this.#wanted === null || SIDES.some((side) => Math.abs(room[side] - this.#wanted[side]) > WORTH_IT_M)) this.#wanted = room;
    if (this.#held === null) {
      this.#held = { ...room }; // the first picture is of where they are
      this.#stage.hold(this.#held, this.#centre);
      return;
    }
    const share = 1 - Math.exp(-elapsedS / EASE_S);
    let moved = false;
    for (const side of SIDES) {
      const step = (this.#wanted[side] - this.#held[side]) * share;
      this.#held[side] += step;
      moved ||= Math.abs(step) > 0.0005;
    }
    if (moved) this.#stage.hold(this.#held);
  }

  async #summon(dancer) {
    const files = this.#files;
    this.#avatars.set(dancer, null);
    const avatar = await readAvatar(files[dancer % files.length].slice(0));
    if (files !== this.#files) avatar.dispose(); // all were dressed otherwise meanwhile
    else this.#enter(dancer, avatar);
  }

  #enter(dancer, avatar) {
    const count = this.#files.length;
    const twin = [...this.#avatars].find(([other, one]) => one !== null && other % count === dancer % count);
    if (twin) share(avatar, twin[1]);
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

/** Both figures are of one file: the graphics card keeps its shapes and colours once. */
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

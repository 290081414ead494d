/** Poses on a VRM: bones by name, hips by the figure's own height, and a VRM 0 that looks the other way. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFrame } from "../client/codec.js";
import { Skeleton } from "../client/skeleton.js";
import { VrmFigure } from "../client/three_vrm.js";
import { skeleton, vectors } from "./golden.js";

const bones = new Skeleton(skeleton());
const pose = decodeFrame(vectors.find(({ name }) => name === "turned_52").bytes);

/** As much of three-vrm's VRM as is touched; it has no toes, as many have none. */
function figureOf(metaVersion, hipsM = 0.96) {
  const nodes = new Map();
  const vector = () => ({ set: function (...numbers) { this.numbers = numbers; } });
  const node = (name) => {
    if (/Toes$/.test(name)) return null;
    if (!nodes.has(name)) nodes.set(name, { quaternion: vector(), position: vector() });
    return nodes.get(name);
  };
  const rest = hipsM === null ? {} : { hips: { position: [0, hipsM, 0] } };
  return { nodes, meta: { metaVersion }, humanoid: { getNormalizedBoneNode: node, normalizedRestPose: rest } };
}

test("each bone is turned as the pose says, x y z w", () => {
  const vrm = figureOf("1");
  new VrmFigure(vrm, bones).take(pose);
  const k = 4 * bones.names.indexOf("leftHand");
  const [w, x, y, z] = pose.quatWxyz.subarray(k, k + 4);
  assert.deepEqual(vrm.nodes.get("leftHand").quaternion.numbers, [x, y, z, w]);
  assert.deepEqual(vrm.nodes.get("hips").position.numbers, [...pose.rootM]);
  assert.equal(vrm.nodes.size, 50, "all but the toes, which it has not");
});

test("a VRM 0 looks the other way", () => {
  const vrm = figureOf("0");
  new VrmFigure(vrm, bones).take(pose);
  const [w, x, y, z] = pose.quatWxyz.subarray(0, 4);
  assert.deepEqual(vrm.nodes.get("hips").quaternion.numbers, [-x, y, -z, w]);
  const [px, py, pz] = pose.rootM;
  assert.deepEqual(vrm.nodes.get("hips").position.numbers, [-px, py, -pz]);
});

test("hips move in proportion to the figure's height, before the skeleton has come as well", () => {
  const vrm = figureOf("1", 0.48);
  const figure = new VrmFigure(vrm, null);
  figure.take(pose);
  assert.deepEqual(vrm.nodes.get("hips").position.numbers, [...pose.rootM].map((value) => value / 2));
  figure.useSkeleton(bones);
  assert.equal(figure.scale, 0.5);
});

test("a pose of the body alone leaves the fingers as they are", () => {
  const vrm = figureOf("1");
  const body = decodeFrame(vectors.find(({ name }) => name === "body_22").bytes);
  new VrmFigure(vrm, bones).take(body);
  assert.equal(vrm.nodes.get("leftIndexProximal").quaternion.numbers, undefined);
  assert.notEqual(vrm.nodes.get("leftHand").quaternion.numbers, undefined);
});

test("a VRM without hips is refused in plain words", () => {
  assert.throws(() => new VrmFigure(figureOf("1", null)), /without hips/);
});

/** Where the joints are: as the golden vectors have it, seen from Unity and from Unreal. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFrame } from "../client/codec.js";
import { Skeleton } from "../client/skeleton.js";
import { seenBy, skeleton, vectors } from "./golden.js";

const bones = new Skeleton(skeleton());

/** The largest distance between our places, brought to their space, and theirs. */
function furthest(placesM, theirs, converted) {
  let most = 0;
  theirs.forEach((place, joint) => {
    const ours = converted(...placesM.subarray(3 * joint, 3 * joint + 3));
    most = Math.max(most, Math.hypot(...place.map((value, axis) => value - ours[axis])));
  });
  return most;
}

test("every joint of every golden pose is where Unity and Unreal see it", () => {
  let seen = 0;
  for (const { name, bytes, expect } of vectors) {
    const [unity, unreal] = [seenBy("unity", name), seenBy("unreal", name)];
    if (expect !== "frame" || unity === null) continue;
    seen += 1;
    const placesM = bones.placesM(decodeFrame(bytes));
    assert.equal(placesM.length, 3 * unity.joints_m.length);
    assert.ok(furthest(placesM, unity.joints_m, (x, y, z) => [-x, y, z]) < 1e-5, name);
    assert.ok(furthest(placesM, unreal.joints_cm, (x, y, z) => [100 * x, 100 * z, 100 * y]) < 1e-3, name);
  }
  assert.ok(seen >= 60, `${seen}`);
});

test("the figure of the rest pose stands: hips at their height, feet below, left is +X", () => {
  const quatWxyz = new Float32Array(4 * bones.names.length).map((_, k) => (k % 4 === 0 ? 1 : 0));
  const placesM = bones.placesM({ quatWxyz, rootM: Float32Array.of(0, bones.hipsHeightM, 0) });
  const at = (name) => placesM.subarray(3 * bones.names.indexOf(name)).subarray(0, 3);
  assert.ok(Math.abs(at("hips")[1] - 0.96) < 1e-6);
  assert.ok(at("leftFoot")[1] > 0 && at("leftFoot")[1] < 0.15);
  assert.ok(at("leftHand")[0] > 0.5 && at("rightHand")[0] < -0.5);
});

test("a skeleton whose joints stand before their parents is refused in plain words", () => {
  const wrong = skeleton();
  wrong.joints.reverse();
  assert.throws(() => new Skeleton(wrong), /does not come after its parent/);
});

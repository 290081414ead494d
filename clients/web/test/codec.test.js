import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { decodeFrame, HEADER_BYTES, WireError } from "../src/codec.js";

const GOLDEN = new URL("../../../protocol/golden/", import.meta.url);

const bytesOf = (name) => {
  const file = readFileSync(new URL(name, GOLDEN));
  return file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
};
// what a server reads begins with sound_: capture.test.js
const vectors = readdirSync(GOLDEN).filter((name) => name.endsWith(".json") && !name.startsWith("sound_"));

const near = (a, b, tolerance) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

test("there are golden vectors", () => assert.ok(vectors.length >= 10));

for (const name of vectors) {
  const { about, expect, frame: wanted } = JSON.parse(readFileSync(new URL(name, GOLDEN), "utf8"));
  const message = bytesOf(name.replace(/json$/, "bin"));
  if (expect === "reject") {
    test(`rejected: ${about}`, () => assert.throws(() => decodeFrame(message), WireError));
    continue;
  }
  test(`read: ${about}`, () => {
    assert.equal(expect, "frame");
    const frame = decodeFrame(message);
    assert.equal(frame.seq, wanted.seq);
    assert.equal(frame.dancer, wanted.dancer);
    assert.equal(frame.tCaptureS, wanted.t_capture_s);
    assert.equal(frame.tPresentS, wanted.t_present_s);
    assert.equal(frame.beat, wanted.beat);
    assert.equal(frame.tempoBpm, wanted.tempo_bpm);
    assert.equal(frame.energy, wanted.energy);
    assert.deepEqual([...frame.rootM], wanted.root_m);
    assert.deepEqual(frame.contacts, wanted.contacts);
    assert.equal(frame.cut, wanted.cut);
    assert.equal(frame.quatWxyz.length, 4 * wanted.local_quat_wxyz.length);
    wanted.local_quat_wxyz.forEach((quat, joint) => {
      const length = Math.hypot(...quat);
      const unit = length === 0 ? [1, 0, 0, 0] : quat.map((v) => v / length);
      unit.forEach((value, k) => near(frame.quatWxyz[4 * joint + k], value, 1e-6));
    });
    (wanted.blocks ?? []).forEach((block, k) => assert.equal(frame.blocks[k].type, block.type ?? block[0]));
  });
}

/** Small and repeatable: Park and Miller's minimal standard. */
function* dice(seed) {
  let state = seed;
  for (;;) {
    state = (state * 48271) % 2147483647;
    yield state;
  }
}

test("whatever the bytes, there is a frame with unit quaternions or a WireError", () => {
  const whole = new Uint8Array(bytesOf("unknown_blocks.bin"));
  const throws = dice(7);
  const roll = (below) => throws.next().value % below;
  let read = 0;
  for (let round = 0; round < 3000; round += 1) {
    const bytes = whole.slice(0, roll(4) === 0 ? roll(whole.length + 1) : whole.length);
    for (let hits = roll(4); hits > 0 && bytes.length > 0; hits -= 1) bytes[roll(bytes.length)] = roll(256);
    try {
      const frame = decodeFrame(bytes.buffer);
      read += 1;
      for (let k = 0; k < frame.quatWxyz.length; k += 4) near(Math.hypot(...frame.quatWxyz.subarray(k, k + 4)), 1, 1e-5);
    } catch (error) {
      assert.ok(error instanceof WireError, String(error));
      assert.ok(error.code.length > 0);
    }
  }
  assert.ok(read > 300);
});

test("every message shorter than its header is rejected", () => {
  for (let size = 0; size < HEADER_BYTES; size += 1) assert.throws(() => decodeFrame(new ArrayBuffer(size)), WireError);
});

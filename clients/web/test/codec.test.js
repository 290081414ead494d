/** The codec on the golden vectors, both ways, and on whatever bytes there are. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { beatBlock, contactsBlock, decodeFrame, encodeFrame, HEADER_BYTES, WireError } from "../client/codec.js";
import { Dice } from "./dice.js";
import { vectors } from "./golden.js";

// no sender of today writes them: flags of the future, and -32768 for -1
const READ_ONLY = ["unknown_flags", "i16_edges"];

const near = (a, b, tolerance) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);
const hexOf = (bytes) => Buffer.from(bytes).toString("hex");
const bytesOf = (hex) => new Uint8Array(Buffer.from(hex, "hex"));

const beatOf = (wanted) =>
  wanted && {
    nextBeatS: wanted.next_beat_s,
    periodS: wanted.period_s,
    beatsPerBar: wanted.beats_per_bar,
    confidence: wanted.confidence,
    barPosition: wanted.bar_position,
  };

/** What the JSON of a golden vector says, as a frame to send. */
const frameOf = (wanted) => ({
  seq: wanted.seq,
  revision: wanted.revision,
  dancer: wanted.dancer,
  tCaptureS: wanted.t_capture_s,
  tPresentS: wanted.t_present_s,
  beat: wanted.beat,
  tempoBpm: wanted.tempo_bpm,
  energy: wanted.energy,
  rootM: wanted.root_m,
  quatWxyz: wanted.local_quat_wxyz.flat(),
  contacts: wanted.contacts,
  cut: wanted.cut,
  encoding: wanted.encoding,
  blocks: wanted.blocks.map(({ type, hex }) => ({ type, bytes: bytesOf(hex) })),
});

const accepted = vectors.filter(({ expect }) => expect === "frame");
const rejected = vectors.filter(({ expect }) => expect === "reject");

test("there are golden vectors of both kinds", () => {
  assert.ok(accepted.length >= 70, `${accepted.length}`);
  assert.ok(rejected.length >= 15, `${rejected.length}`);
  assert.equal(accepted.length + rejected.length, vectors.length);
});

for (const { name, about, bytes } of rejected) {
  test(`rejected: ${name}, ${about}`, () => assert.throws(() => decodeFrame(bytes), WireError));
}

for (const { name, about, bytes, frame: wanted } of accepted) {
  test(`read: ${name}, ${about}`, () => {
    const { quatWxyz, rootM, blocks, contactPlacesM, ...frame } = decodeFrame(bytes);
    assert.deepEqual(frame, {
      seq: wanted.seq,
      revision: wanted.revision,
      dancer: wanted.dancer,
      tCaptureS: wanted.t_capture_s,
      tPresentS: wanted.t_present_s,
      beat: wanted.beat,
      tempoBpm: wanted.tempo_bpm,
      energy: wanted.energy,
      contacts: wanted.contacts,
      cut: wanted.cut,
      encoding: wanted.encoding,
      nextBeat: beatOf(wanted.next_beat),
    });
    assert.deepEqual([...rootM], wanted.root_m);
    assert.deepEqual(
      blocks.map((block) => ({ type: block.type, hex: hexOf(block.bytes) })),
      wanted.blocks,
    );
    assert.deepEqual(contactPlacesM && [...contactPlacesM], wanted.contact_places_m && wanted.contact_places_m.flat());
    assert.equal(quatWxyz.length, 4 * wanted.local_quat_wxyz.length);
    wanted.local_quat_wxyz.forEach((quat, joint) => {
      const length = Math.hypot(...quat);
      const unit = length === 0 ? [1, 0, 0, 0] : quat.map((v) => v / length);
      unit.forEach((value, k) => near(quatWxyz[4 * joint + k], value, 1e-6));
    });
  });
  if (READ_ONLY.includes(name)) continue;
  test(`written: ${name}, ${about}`, () => {
    const frame = frameOf(wanted);
    assert.equal(hexOf(new Uint8Array(encodeFrame(frame))), hexOf(bytes));
    for (const block of frame.blocks) {
      const beat = beatOf(wanted.next_beat);
      if (block.type === 1) assert.deepEqual(beatBlock(beat), block);
      if (block.type === 2) assert.deepEqual(contactsBlock(wanted.contact_places_m.flat()), block);
    }
  });
}

test("a message that lies within a larger buffer is read where it lies", () => {
  const { bytes } = accepted.find(({ name }) => name === "all_blocks");
  const larger = new Uint8Array(bytes.length + 20).fill(255);
  larger.set(bytes, 13);
  assert.deepEqual(decodeFrame(larger.subarray(13, 13 + bytes.length)), decodeFrame(bytes));
  assert.deepEqual(decodeFrame(bytes.slice().buffer), decodeFrame(bytes));
});

test("a frame of floats comes back to the byte, and what is left out is nothing", () => {
  for (const { name, bytes, frame } of accepted) {
    if (READ_ONLY.includes(name) || frame.encoding === "i16") continue;
    assert.equal(hexOf(new Uint8Array(encodeFrame(decodeFrame(bytes)))), hexOf(bytes), name);
  }
  const least = decodeFrame(encodeFrame({ seq: 1, tCaptureS: 2, tPresentS: 3, rootM: [0, 1, 0], quatWxyz: [1, 0, 0, 0] }));
  assert.deepEqual(
    [least.revision, least.dancer, least.beat, least.tempoBpm, least.energy, least.cut, least.blocks, least.nextBeat],
    [0, 0, null, 0, 0, false, [], null],
  );
});

test("what does not fit is not sent", () => {
  const good = { seq: 1, tCaptureS: 2, tPresentS: 3, rootM: [0, 1, 0], quatWxyz: [1, 0, 0, 0] };
  const beat = { nextBeatS: 1, periodS: 0.5, beatsPerBar: 4, confidence: 1, barPosition: 0 };
  for (const bad of [
    { tPresentS: Number.NaN },
    { rootM: [0, Infinity, 0] },
    { rootM: [0, 0] },
    { tempoBpm: 1e39 },
    { quatWxyz: [1, 0, 0] },
    { quatWxyz: new Float32Array(4 * 256) },
    { dancer: 256 },
    { seq: 0.5 },
    { blocks: [{ type: 70000, bytes: new Uint8Array(0) }] },
    { blocks: [{ type: 9, bytes: new Uint8Array(65536) }] },
  ]) {
    assert.throws(() => encodeFrame({ ...good, ...bad }), RangeError, JSON.stringify(bad).slice(0, 60));
  }
  assert.throws(() => encodeFrame({ ...good, blocks: [{ type: 1, bytes: new Uint8Array(15) }] }), WireError);
  assert.throws(() => beatBlock({ ...beat, periodS: Number.NaN }), RangeError);
  assert.throws(() => beatBlock({ ...beat, beatsPerBar: 256 }), RangeError);
  assert.throws(() => contactsBlock([1, 2, 3]), RangeError);
  assert.throws(() => contactsBlock(new Array(12).fill(Number.NaN)), RangeError);
});

/** Decode, and see that what comes is a frame or a WireError; true when it was a frame. */
function answered(bytes) {
  try {
    const frame = decodeFrame(bytes);
    for (let k = 0; k < frame.quatWxyz.length; k += 4) near(Math.hypot(...frame.quatWxyz.subarray(k, k + 4)), 1, 1e-5);
    return true;
  } catch (error) {
    assert.ok(error instanceof WireError, String(error));
    assert.ok(error.code.length > 0);
    return false;
  }
}

test("golden vectors that were damaged on the way are a frame with unit quaternions or a WireError", () => {
  const dice = new Dice(7);
  const outcomes = { true: 0, false: 0 };
  for (let round = 0; round < 20000; round += 1) {
    const whole = vectors[dice.below(vectors.length)].bytes;
    const bytes = whole.slice(0, dice.below(4) === 0 ? dice.below(whole.length + 1) : whole.length);
    for (let hits = dice.below(4); hits > 0 && bytes.length > 0; hits -= 1) bytes[dice.below(bytes.length)] = dice.below(256);
    outcomes[answered(bytes)] += 1;
  }
  assert.ok(outcomes.true > 2000 && outcomes.false > 2000, JSON.stringify(outcomes));
});

test("any bytes at all are a frame or a WireError", () => {
  const dice = new Dice(11);
  for (let round = 0; round < 5000; round += 1) {
    const bytes = Uint8Array.from({ length: dice.below(400) }, () => dice.below(256));
    if (dice.below(2) === 0) bytes.set([0x47, 0x43, 1, 1].slice(0, bytes.length)); // so that it gets past the first look
    answered(bytes);
  }
});

test("every message shorter than its header is rejected", () => {
  for (let size = 0; size < HEADER_BYTES; size += 1) assert.throws(() => decodeFrame(new ArrayBuffer(size)), WireError);
});

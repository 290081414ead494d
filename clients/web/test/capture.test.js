import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Capture, soundMessage, SteadyOffset } from "../src/capture.js";

const GOLDEN = new URL("../../../protocol/golden/", import.meta.url);

test("a block is written as the golden vector says, to the bit", () => {
  const { sound } = JSON.parse(readFileSync(new URL("sound_i16_mono.json", GOLDEN), "utf8"));
  const message = soundMessage({
    seq: sound.seq,
    rateHz: sound.sample_rate_hz,
    captureS: sound.t_capture_s,
    samples: Float32Array.from(sound.samples.flat()),
  });
  assert.deepEqual(Buffer.from(message), readFileSync(new URL("sound_i16_mono.bin", GOLDEN)));
});

test("late blocks do not move the clock of the sound", () => {
  const offset = new SteadyOffset();
  const lateS = [0.03, 0.001, 0.02, 0.3, 0.0015, 0.04];
  let found = 0;
  for (let block = 0; block < 600; block += 1) found = offset.at(block * 0.02, 50 + block * 0.02 + lateS[block % 6]);
  assert.ok(Math.abs(found - 50.001) < 1e-6, String(found));
});

test("a clock of the sound that runs slow is followed", () => {
  const offset = new SteadyOffset();
  for (let block = 0; block < 3000; block += 1) {
    const soundS = block * 0.02;
    const found = offset.at(soundS, soundS * 1.0002 + 50);
    assert.ok(Math.abs(found - (50 + soundS * 0.0002)) < 0.0006, `${block}: ${found}`);
  }
});

test("sound that the system lost moves the clock when it is sure", () => {
  const offset = new SteadyOffset();
  for (let block = 0; block < 300; block += 1) offset.at(block * 0.02, 50 + block * 0.02);
  for (let block = 300; block < 500; block += 1) offset.at(block * 0.02, 50.3 + block * 0.02);
  assert.ok(Math.abs(offset.at(10, 60.3) - 50.3) < 1e-9);
});

test("a page that hears nothing does not answer for others", () => {
  const line = Object.assign(new EventTarget(), { say: () => assert.fail("nothing is said"), waitingBytes: 0 });
  const capture = new Capture(line, { at: (s) => s });
  line.dispatchEvent(new Event("open"));
  line.dispatchEvent(new CustomEvent("input", { detail: { wanted: true, kind: "tab", yours: false } }));
  line.dispatchEvent(new CustomEvent("notice", { detail: { text: "", code: "input_taken" } }));
  assert.equal(capture.kind, null);
});

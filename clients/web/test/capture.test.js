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

/** A browser that gives a stream when `grant` is called, and counts the tracks that still run. */
function browser({ worklet = async () => {} } = {}) {
  const asked = [];
  const streams = [];
  const contexts = [];
  const give = () => {
    const track = Object.assign(new EventTarget(), { label: "desk", live: true, getSettings: () => ({}) });
    track.stop = () => {
      track.live = false;
    };
    const stream = { track, getTracks: () => [track], getAudioTracks: () => [track] };
    streams.push(stream);
    return stream;
  };
  const getUserMedia = () => new Promise((yes, no) => asked.push({ grant: () => yes(give()), deny: no }));
  Object.defineProperty(globalThis, "navigator", {
    configurable: true,
    value: { mediaDevices: { getUserMedia, getDisplayMedia: getUserMedia } },
  });
  globalThis.AudioContext = class {
    sampleRate = 48000;
    open = true;
    audioWorklet = { addModule: worklet };
    constructor() {
      contexts.push(this);
    }
    async resume() {}
    async close() {
      this.open = false;
    }
    createMediaStreamSource() {
      return { connect() {} };
    }
  };
  globalThis.AudioWorkletNode = class {
    port = {};
    connect() {}
  };
  const said = [];
  const line = Object.assign(new EventTarget(), { say: (message) => said.push(message), waitingBytes: 0 });
  return {
    asked,
    said,
    capture: new Capture(line, { at: (s) => s }),
    running: () => streams.filter(({ track }) => track.live).length,
    open: () => contexts.filter((context) => context.open).length,
  };
}

test("a second click while the person is asked asks no second time", async () => {
  const { asked, capture, running, open, said } = browser();
  const clicks = [capture.start("microphone"), capture.start("microphone")];
  assert.equal(asked.length, 1);
  asked[0].grant();
  await Promise.all(clicks);
  assert.deepEqual([capture.kind, running(), open(), said.length], ["microphone", 1, 1, 1]);
  capture.stop();
  assert.deepEqual([capture.kind, running(), open()], [null, 0, 0]);
});

test("of two questions the later one counts, whichever is answered first", async () => {
  for (const order of [[0, 1], [1, 0]]) {
    const { asked, capture, running, open } = browser();
    const clicks = [capture.start("microphone"), capture.start("tab")];
    for (const which of order) {
      asked[which].grant();
      await new Promise((done) => setTimeout(done));
    }
    await Promise.all(clicks);
    assert.deepEqual([capture.kind, running(), open()], ["tab", 1, 1]);
  }
});

test("a question that was withdrawn is not heard, and no longer complained of", async () => {
  const { asked, capture, running } = browser();
  const [granted, denied] = [capture.start("microphone"), (capture.stop(), capture.start("microphone"))];
  capture.stop();
  asked[0].grant();
  asked[1].deny(new DOMException("no", "NotAllowedError"));
  await Promise.all([granted, denied]);
  assert.deepEqual([capture.kind, running()], [null, 0]);
});

test("a sound thread that does not start leaves nothing on", async () => {
  const failing = { worklet: () => Promise.reject(new Error("no module")) };
  const { asked, capture, running, open } = browser(failing);
  const click = capture.start("microphone");
  asked[0].grant();
  await assert.rejects(click, /no module/);
  assert.deepEqual([capture.kind, running(), open()], [null, 0, 0]);
  capture.start("microphone");
  assert.equal(asked.length, 2, "and the next click asks again");
});

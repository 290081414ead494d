/** The player: frames in as they come, poses out in between, and the beat that they carry. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { EXTRAPOLATE_S, JitterBuffer, Player, REJOIN_S, slerp } from "../client/player.js";

const FPS = 60;

/** A figure of one joint that walks a metre a second and turns about Y a radian a second. */
function frameAt(tPresentS, more = {}) {
  return {
    seq: Math.round(tPresentS * FPS),
    revision: 0,
    dancer: 0,
    tCaptureS: 0,
    tPresentS,
    nextBeat: null,
    beat: tPresentS * 2,
    tempoBpm: 120,
    energy: 0.5,
    cut: false,
    rootM: new Float32Array([tPresentS, 1, 0]),
    quatWxyz: new Float32Array([Math.cos(tPresentS / 2), 0, Math.sin(tPresentS / 2), 0]),
    ...more,
  };
}

const turnOf = (pose) => 2 * Math.atan2(pose.quatWxyz[2], pose.quatWxyz[0]);
const near = (a, b, tolerance = 1e-4) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

function filled(from, to) {
  const player = new Player();
  for (let k = from; k <= to; k += 1) player.push(frameAt(k / FPS));
  return player;
}

test("before the first frame there is nothing to show", () => assert.equal(new Player().pose(1), null));

test("between two frames the pose is the one in between", () => {
  const player = filled(0, 30);
  for (const t of [0.1, 0.1234, 0.2, 0.3333]) {
    const pose = player.pose(t);
    near(pose.rootM[0], t);
    near(turnOf(pose), t);
    near(pose.beat, 2 * t);
  }
});

test("frames that come out of order are shown in order", () => {
  const player = new Player();
  for (const k of [0, 3, 1, 2, 5, 4]) player.push(frameAt(k / FPS));
  near(player.pose(1.5 / FPS).rootM[0], 1.5 / FPS);
  near(player.pose(3.5 / FPS).rootM[0], 3.5 / FPS);
  assert.equal(player.counters.late, 0);
});

test("a frame whose time is past is dropped and counted", () => {
  const player = filled(0, 20);
  player.pose(10.5 / FPS);
  player.push(frameAt(9 / FPS));
  assert.equal(player.counters.late, 1);
  near(player.pose(11.5 / FPS).rootM[0], 11.5 / FPS);
});

test("without a frame the dance goes on for a moment, then stands", () => {
  const player = filled(0, 12);
  const lastS = 12 / FPS;
  near(player.pose(lastS + 0.05).rootM[0], lastS + 0.05, 1e-3);
  near(player.pose(lastS + EXTRAPOLATE_S + 0.1).rootM[0], lastS + EXTRAPOLATE_S, 1e-3);
  near(player.pose(lastS + EXTRAPOLATE_S + 0.2).rootM[0], lastS + EXTRAPOLATE_S, 1e-3);
});

test("when frames come back after a hole, the figure does not jump", () => {
  const player = filled(0, 12);
  let shown = player.pose(12 / FPS).rootM[0];
  for (let k = 12; k < 60; k += 0.5) {
    if (k >= 36) player.push(frameAt(k / FPS + 0.05));
    const x = player.pose(k / FPS).rootM[0];
    assert.ok(Math.abs(x - shown) < 0.04, `${x} after ${shown}`);
    shown = x;
  }
  near(shown, 59.5 / FPS, 1e-3);
});

test("with no idea of the time the figure stands as in the first frame, and moves off from there when the time is known", () => {
  const player = filled(5 * FPS, 6 * FPS);
  near(player.pose(null).rootM[0], 5);
  assert.ok(player.pose(null).held);
  near(player.pose(5.5).rootM[0], 5);
  near(player.pose(5.5 + REJOIN_S).rootM[0], 5.5 + REJOIN_S);
});

test("a first frame for later is shown until its time comes", () => {
  const player = new Player();
  player.push(frameAt(5));
  near(player.pose(4.9).rootM[0], 5);
});

test("a cut is not blended", () => {
  const player = new Player();
  player.push(frameAt(0));
  player.push(frameAt(1 / FPS, { cut: true, rootM: new Float32Array([9, 1, 0]) }));
  near(player.pose(0.9 / FPS).rootM[0], 0);
  near(player.pose(1 / FPS).rootM[0], 9);
});

test("a cut ends what was still fading", () => {
  const player = filled(0, 12);
  player.pose(12 / FPS + 0.09);
  for (let k = 13; k < 60; k += 1) player.push(frameAt(k / FPS, { rootM: Float32Array.of(k < 25 ? 1 : 9, 1, 0), cut: k === 25 }));
  const before = player.pose(24.9 / FPS).rootM[0];
  assert.ok(before < 1, "it still fades");
  assert.equal(player.pose(25 / FPS).rootM[0], 9);
});

test("a hundred thousand frames leave no queue", () => {
  const buffer = new JitterBuffer();
  for (let k = 0; k < 100000; k += 1) buffer.push(frameAt(k / FPS));
  assert.ok(buffer.waiting <= 5 * FPS + 1);
});

test("a moment that was planned anew is shown as planned last, whichever frame comes first", () => {
  const at = (k, x, revision) => frameAt(k / FPS, { rootM: Float32Array.of(x, 1, 0), revision });
  for (const order of [[0, 1], [1, 0]]) {
    const player = filled(0, 9);
    for (const revision of order) player.push(at(10, 5 + revision, revision));
    player.push(frameAt(11 / FPS));
    near(player.pose(10 / FPS).rootM[0], 6);
  }
});

test("moments within a millionth of a second are the same one", () => {
  const player = filled(0, 9);
  player.push(frameAt(10 / FPS, { rootM: Float32Array.of(5, 1, 0) }));
  player.push(frameAt(10 / FPS + 4e-7, { rootM: Float32Array.of(6, 1, 0) }));
  player.push(frameAt(11 / FPS));
  near(player.pose(10 / FPS - 1e-9).rootM[0], 6, 1e-3);
});

test("where a frame of a newer plan was lost, the old plan's is not shown amidst it", () => {
  const planned = (k, x, revision, tCaptureS) => frameAt(k / FPS, { rootM: Float32Array.of(x, 1, 0), revision, tCaptureS });
  const older = [10, 11, 12, 13, 14].map((k) => planned(k, 0, 0, 5));
  const newer = [10, 11, 13, 14].map((k) => planned(k, 1, 1, 6)); // 12 is lost
  const shownAt = (frames, k) => {
    const player = filled(0, 9);
    for (const frame of frames) player.push(frame);
    return player.pose(k / FPS).rootM[0];
  };
  near(shownAt([...older, ...newer], 12), 1);
  near(shownAt([...older, ...newer.toReversed()], 12), 1);
  near(shownAt([...newer, ...older], 12), 1);
  // the last one is lost: what comes after it was never sent before
  const next = [15, 16].map((k) => planned(k, 1, 0, 6));
  near(shownAt([...older, ...newer.slice(0, 3), ...next], 14), 1);
  near(shownAt([...next, ...newer.slice(0, 3), ...older], 14), 1);
});

test("a plan that takes over without a correction leaves the frames before it alone", () => {
  const player = filled(0, 5);
  for (let k = 6; k < 20; k += 1) player.push(frameAt(k / FPS, { tCaptureS: k < 8 ? 5 : k < 10 ? 6 : 7, rootM: Float32Array.of(k, 1, 0) }));
  for (let k = 6; k < 19; k += 1) near(player.pose(k / FPS).rootM[0], k);
});

test("what was planned last and what was planned once stand side by side", () => {
  const player = filled(0, 5);
  for (let k = 6; k < 16; k += 1) player.push(frameAt(k / FPS, { revision: k < 11 ? 1 : 0 }));
  for (let k = 0.5; k < 15; k += 1) near(player.pose(k / FPS).rootM[0], k / FPS);
});

test("each dancer has its own frames", () => {
  const player = new Player();
  for (let k = 0; k < 10; k += 1) {
    player.push(frameAt(k / FPS));
    player.push(frameAt(k / FPS, { dancer: 3, rootM: Float32Array.of(7, 1, 0) }));
  }
  assert.deepEqual(player.dancers, [0, 3]);
  near(player.pose(5.5 / FPS).rootM[0], 5.5 / FPS);
  near(player.pose(5.5 / FPS, 3).rootM[0], 7);
  assert.equal(player.pose(5.5 / FPS, 1), null);
  assert.equal(player.counters.received, 20);
});

test("the person's delay shows the dance so much later", () => {
  const player = filled(0, 60);
  player.delayS = 0.25;
  near(player.pose(0.7).rootM[0], 0.45);
});

test("a delay that is changed while the figure moves is no jump", () => {
  for (const delayS of [0.1, -0.1]) {
    const player = filled(0, 120);
    let shown = player.pose(0.5).rootM[0];
    player.delayS = delayS;
    for (let timeS = 0.5 + 1 / FPS; timeS < 1; timeS += 1 / FPS) {
      const x = player.pose(timeS).rootM[0];
      if (delayS > 0) assert.ok(Math.abs(x - shown) < 0.04, `${x} after ${shown}`);
      shown = x;
    }
    near(shown, player.pose(1).atS, 0.02);
  }
});

test("a delay that is added while the figure goes on by itself is no jump either", () => {
  const player = filled(0, 12);
  const before = player.pose(12 / FPS + 0.09).rootM[0];
  player.delayS = 0.2;
  near(player.pose(13 / FPS + 0.09).rootM[0], before, 0.02);
});

test("the beat block says where in the bar each picture is", () => {
  const player = new Player();
  const nextBeat = { nextBeatS: 0.3, periodS: 0.5, beatsPerBar: 3, confidence: 0.8, barPosition: 0 };
  for (let k = 0; k < 120; k += 1) player.push(frameAt(k / FPS, { nextBeat }));
  const at = (timeS) => player.pose(timeS).bar;
  near(at(0.2).phase, 0.8);
  near(at(0.2).nextS, 0.1);
  assert.equal(at(0.2).barPosition, 2);
  near(at(0.35).phase, 0.1);
  assert.deepEqual([at(0.35).barPosition, at(0.85).barPosition, at(1.35).barPosition, at(1.85).barPosition], [0, 1, 2, 0]);
  assert.equal(at(1.5).confidence, 0.8);
  assert.equal(filled(0, 10).pose(0.1).bar, null);
});

test("a bar that makes no sense is no bar", () => {
  for (const wrong of [{ periodS: 0 }, { periodS: -1 }, { beatsPerBar: 0 }]) {
    const player = new Player();
    player.push(frameAt(1, { nextBeat: { nextBeatS: 1, periodS: 0.5, beatsPerBar: 4, confidence: 1, barPosition: 0, ...wrong } }));
    assert.equal(player.pose(1).bar, null);
  }
});

test("another stream blends in from where the figure stood, even with an earlier clock", () => {
  const player = filled(6000, 6010);
  const stood = player.pose(6010 / FPS).rootM[0];
  player.reset();
  near(player.pose(6010 / FPS + 1).rootM[0], stood);
  for (let k = 0; k < 60; k += 1) player.push(frameAt(k / FPS));
  near(player.pose(0.2).rootM[0], stood, 1e-3);
  const half = player.pose(0.2 + REJOIN_S / 2).rootM[0];
  assert.ok(half > 20 && half < 80, `${half}`);
  near(player.pose(0.2 + REJOIN_S).rootM[0], 0.2 + REJOIN_S);
});

test("slerp takes the short way and keeps unit length", () => {
  const out = new Float32Array(4);
  slerp(out, new Float32Array([1, 0, 0, 0]), new Float32Array([-Math.cos(0.5), 0, -Math.sin(0.5), 0]), 0, 0.5);
  near(Math.hypot(...out), 1);
  near(out[2] / out[0], Math.tan(0.25));
});

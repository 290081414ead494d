import assert from "node:assert/strict";
import { test } from "node:test";
import { EXTRAPOLATE_S, Player, slerp } from "../src/player.js";

const FPS = 60;

/** A figure of one joint that walks a metre a second and turns about Y a radian a second. */
function frameAt(tPresentS, more = {}) {
  return {
    seq: Math.round(tPresentS * FPS),
    tPresentS,
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

test("with no idea of the time the newest is shown at once", () => {
  const player = new Player();
  player.push(frameAt(5));
  near(player.pose(null).rootM[0], 5);
  near(player.pose(500).rootM[0], 5);
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

test("a hundred thousand frames leave no queue", () => {
  const player = new Player();
  for (let k = 0; k < 100000; k += 1) player.push(frameAt(k / FPS));
  assert.ok(player.waiting < 200);
});

test("slerp takes the short way and keeps unit length", () => {
  const out = new Float32Array(4);
  slerp(out, new Float32Array([1, 0, 0, 0]), new Float32Array([-Math.cos(0.5), 0, -Math.sin(0.5), 0]), 0, 0.5);
  near(Math.hypot(...out), 1);
  near(out[2] / out[0], Math.tan(0.25));
});

/** A whole client on a network that delays, overtakes and loses: what it shows is as smooth as what was sent. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Show } from "../client/show.js";
import { Skeleton } from "../client/skeleton.js";
import { skeleton } from "./golden.js";
import { DancingServer, outside, Time } from "./world.js";

const FPS = 60;
const ROUGH = { delayS: 0.04, jitterS: 0.03, loss: 0.02 };
const bones = new Skeleton(skeleton());

/** How fast each joint is from one picture to the next, m/s, all in a row; `atS` are the pictures' times. */
function speeds(figures, atS) {
  const all = [];
  let before = null;
  figures.forEach((figure, k) => {
    const places = bones.placesM(figure);
    if (before !== null) {
      for (let j = 0; j < places.length; j += 3) {
        const step = Math.hypot(places[j] - before[j], places[j + 1] - before[j + 1], places[j + 2] - before[j + 2]);
        all.push(step / (atS[k] - atS[k - 1]));
      }
    }
    before = places;
  });
  return all.sort((a, b) => a - b);
}

const quantile = (sorted, share) => sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)];

/** Watch for so long, a picture every sixtieth of a second; what was shown, and what the dance was. */
function watched({ seconds, options = {}, act = () => {}, seed = 3, ...network }) {
  const time = new Time();
  const server = new DancingServer(time, network);
  const world = outside(time, server, { fast: 1.00005, seed });
  const show = new Show("ws://there/ws", { ...options, outside: world });
  show.connection.connect();
  const shown = [];
  const danced = [];
  for (let k = 1; k <= seconds * FPS; k += 1) {
    time.runTo(k / FPS + 0.003);
    act(k / FPS, { server, show, time });
    const pose = show.pose();
    if (pose !== null) shown.push({ localS: world.localS(), ...pose });
    danced.push(server.dance.at(server.nowS)); // no plan changes what is now
  }
  show.close();
  return { server, show, shown, danced };
}

/** Assert that the pictures from `from` on are new ones, each, and no joint faster than 1.2 times the dance's p99.9. */
function assertSmooth({ shown, danced }, from = 0) {
  const source = quantile(speeds(danced, danced.map((_, k) => k / FPS)), 0.999);
  const seen = shown.slice(from);
  const fastest = quantile(speeds(seen, seen.map(({ localS }) => localS)), 1);
  for (let k = 1; k < seen.length; k += 1) assert.ok(seen[k].atS > seen[k - 1].atS, `picture ${k} shows nothing new`);
  assert.ok(!seen.some(({ held }) => held));
  assert.ok(fastest <= 1.2 * source, `${fastest.toFixed(2)} m/s, the dance has ${source.toFixed(2)}`);
  return [fastest / source, speeds(danced, danced.map((_, k) => k / FPS)).at(-1) / source];
}

test("through 40 +- 30 ms and a loss of 2 % the dance runs at 60 fps, no joint faster than 1.2 times the source's p99.9", (t) => {
  for (const seed of [1, 2, 3]) {
    const result = watched({ seconds: 20, there: { ...ROUGH, seed }, back: { ...ROUGH, seed: seed + 50 } });
    const { server, show, shown } = result;
    assert.ok(server.revised > 50, "moments were planned anew");
    const begun = shown.findIndex(({ held }) => !held);
    assert.ok(begun < 30, `it stood for ${begun} pictures`);
    const [most, own] = assertSmooth(result, begun);
    assert.equal(show.player.counters.starved, 0);
    t.diagnostic(`seed ${seed}: fastest joint ${most.toFixed(3)} x the source's p99.9 (its own: ${own.toFixed(3)}), late ${show.player.counters.late}`);
  }
});

test("on loopback it is as smooth, and nothing is added to the delay", () => {
  const result = watched({ seconds: 10, back: { delayS: 0.0003 }, there: { delayS: 0.0003 } });
  assertSmooth(result, result.shown.findIndex(({ held }) => !held));
  assert.equal(result.show.player.addedDelayS, 0);
  assert.equal(result.show.player.counters.late, 0);
  const off = result.shown.slice(60).map(({ localS, atS }) => (localS - 77.7) / 1.00005 - atS);
  assert.ok(Math.max(...off.map(Math.abs)) < 0.002, "what is seen is of now");
});

test("half a second of look-ahead, with longer corrections, is as smooth", () => {
  const options = { wish: { look_ahead_s: 0.5 } };
  const result = watched({ seconds: 10, options, there: ROUGH, back: ROUGH });
  assertSmooth(result, result.shown.findIndex(({ held }) => !held));
  assert.ok(result.server.revised > 500);
});

test("where frames come later than they look ahead, the dance is shown later instead of haltingly", () => {
  const far = { delayS: 0.3, jitterS: 0.03, loss: 0.02 };
  const result = watched({ seconds: 20, there: far, back: far });
  const { player } = result.show;
  assert.ok(player.addedDelayS > 0.05 && player.addedDelayS < 0.25, `${player.addedDelayS}`);
  assertSmooth(result, 600);
});

for (const [how, stop] of [
  ["loses all", (server, atS) => (server.back.loss = atS > 5 && atS < 6 ? 1 : ROUGH.loss)],
  ["jams", (server, atS) => (server.back.jammedUntilS = atS > 5 && atS < 6 ? 6 : 0)],
]) {
  test(`a network that ${how} for a second: the figure stands, then is back in the dance without a jump, at the same delay`, () => {
    const result = watched({ seconds: 14, act: (atS, { server }) => stop(server, atS), there: ROUGH, back: ROUGH });
    const { player } = result.show;
    assert.equal(player.counters.starved, 1);
    assert.equal(player.addedDelayS, 0);
    const stood = result.shown.filter(({ held }) => held).length;
    assert.ok(stood > 30 && stood < 70, `it stood for ${stood} pictures`);
    const source = quantile(speeds(result.danced, result.danced.map((_, k) => k / FPS)), 0.999);
    // back from where it stands in 150 ms: faster than the dance, but no jump
    const fastest = quantile(speeds(result.shown, result.shown.map(({ localS }) => localS)), 1);
    assert.ok(fastest < 3 * source, `${fastest}`);
    assertSmooth(result, 450);
  });
}

test("a server that goes and comes back with another clock is found again, and the figure blends into its dance", () => {
  let [backS, dancesS] = [null, null];
  const act = (atS, { server, show }) => {
    if (Math.abs(atS - 4) < 1e-6) server.stop();
    if (Math.abs(atS - 9) < 1e-6) server.start();
    if (show.connection.counters.connects === 2) backS ??= atS;
    const pose = show.pose();
    if (backS !== null && !pose.held && Math.abs(pose.frame.tPresentS - pose.atS) < 0.05) dancesS ??= atS;
  };
  const result = watched({ seconds: 20, act, there: ROUGH, back: ROUGH });
  assert.equal(result.show.connection.counters.connects, 2);
  assert.ok(dancesS !== null && dancesS - backS < 0.4, `${backS} ${dancesS}`);
  const fastest = quantile(speeds(result.shown, result.shown.map(({ localS }) => localS)), 1);
  assert.ok(fastest < 20, `${fastest}`); // wherever it is to go in 150 ms
  assert.equal(result.show.player.addedDelayS, 0);
  assertSmooth({ ...result, danced: result.danced.slice(10 * FPS) }, result.shown.findIndex(({ localS }) => localS > 77.7 + dancesS + 0.5));
});

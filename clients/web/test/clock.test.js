import assert from "node:assert/strict";
import { test } from "node:test";
import { ServerClock } from "../src/clock.js";

const AHEAD_S = 1000; // the server's clock, before ours

/** A ping sent at localS that takes there and back so long. */
function ping(clock, localS, thereS, backS) {
  const t1 = localS + thereS + AHEAD_S;
  clock.pong(localS, t1, t1 + 0.0001, localS + thereS + 0.0001 + backS);
}

test("before anything is heard the server's time is unknown", () => {
  assert.equal(new ServerClock().at(5), null);
});

test("a guess serves until the first ping comes back", () => {
  const clock = new ServerClock();
  clock.guess(1005.2, 5);
  assert.equal(clock.at(6), 1006.2);
  assert.equal(clock.synced, false);
  ping(clock, 7, 0.001, 0.001);
  assert.ok(clock.synced);
  assert.ok(Math.abs(clock.at(8) - 1008) < 1e-6 + 0.05);
});

test("the quickest ping counts, slow ones do not move the clock", () => {
  const clock = new ServerClock();
  ping(clock, 1, 0.001, 0.001);
  for (let k = 2; k < 12; k += 1) ping(clock, k, 0.001, 0.3);
  assert.ok(Math.abs(clock.offsetS - AHEAD_S) < 1e-4);
});

test("the clock finds the server's time within half the quickest way there and back", () => {
  const clock = new ServerClock();
  for (let k = 0; k < 16; k += 1) ping(clock, k, 0.004 + 0.01 * ((k * 7) % 5), 0.002 + 0.01 * ((k * 3) % 4));
  assert.ok(Math.abs(clock.offsetS - AHEAD_S) <= 0.003 + 1e-6);
});

test("stamps that make no sense are ignored", () => {
  const clock = new ServerClock();
  clock.pong(1, Number.NaN, 2, 3);
  clock.pong(5, 10, 11, 5.1);
  assert.equal(clock.synced, false);
});

test("another server begins with nothing", () => {
  const clock = new ServerClock();
  ping(clock, 1, 0.001, 0.001);
  clock.reset();
  assert.equal(clock.offsetS, null);
});

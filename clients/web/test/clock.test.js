/** The server's clock as a client sees it: found by the quickest ping, followed without a jump. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ServerClock } from "../client/clock.js";

const AHEAD_S = 1000; // the server's clock, before ours

/** A ping sent at localS that takes there and back so long. */
function ping(clock, localS, thereS, backS) {
  const t1 = localS + thereS + AHEAD_S;
  clock.pong(localS, t1, t1 + 0.0001, localS + thereS + 0.0001 + backS);
}

test("before anything is heard the server's time is unknown", () => {
  assert.equal(new ServerClock().at(5), null);
});

test("the first ping that comes back sets it", () => {
  const clock = new ServerClock();
  ping(clock, 7, 0.001, 0.001);
  assert.ok(clock.synced);
  assert.ok(Math.abs(clock.at(8) - 1008) < 1e-6);
});

test("a better ping moves it by no more than 5 % of the time that passes", () => {
  const clock = new ServerClock();
  ping(clock, 1, 0.061, 0.001); // 30 ms off
  ping(clock, 2, 0.001, 0.001);
  let before = null;
  for (let localS = 2.01; localS < 4; localS += 1 / 60) {
    const nowS = clock.at(localS);
    if (before !== null) assert.ok(Math.abs(nowS - before - 1 / 60) <= 0.05 / 60 + 1e-9, `at ${localS}`);
    before = nowS;
  }
  assert.ok(Math.abs(clock.at(2.01) - 1002.01) > 0.02, "not at once");
  assert.ok(Math.abs(clock.at(2.7) - 1002.7) < 1e-6, "but soon");
});

test("a clock that is a quarter of a second off is another clock", () => {
  const clock = new ServerClock();
  ping(clock, 1, 0.002, 0.002);
  clock.pong(2, 2 + 2000, 2 + 2000, 2.001);
  assert.ok(Math.abs(clock.at(2.002) - 2002.0015) < 1e-3);
});

test("the quickest ping counts, slow ones do not move the clock", () => {
  const clock = new ServerClock();
  ping(clock, 1, 0.001, 0.001);
  for (let k = 2; k < 12; k += 1) ping(clock, k, 0.001, 0.2);
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

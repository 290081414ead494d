/** What the desk does with turns, values and words, without a browser: its clock is a fake one. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Board, clamped } from "../src/desk/board.js";
import { beatOf } from "../src/desk/beat_wheel.js";
import { phoneAddresses } from "../src/desk/sheets.js";
import { Turns } from "../src/desk/turns.js";
import { labelOf, numberWord, stepOf } from "../src/desk/words.js";
import { Dice } from "./dice.js";
import { Time } from "./world.js";

const number = (name, changes = {}) => ({
  name, kind: "number", group: "dance", says: "says", least: 0, most: 2, step: 0, unit: "", choices: [], in_cues: true, start: 1, value: 1, ...changes,
});

/** A board, what it sent and when, and its time. */
function desk(controls = [number("intensity")]) {
  const time = new Time();
  const sent = [];
  const line = { open: true };
  const say = (message) => {
    if (line.open) sent.push({ ...message, atS: time.nowS });
    return line.open;
  };
  const board = new Board(say, { localS: () => time.nowS, after: (act, afterS) => time.after(act, afterS) });
  board.list(controls);
  return { board, sent, time, line };
}

test("a drag sends at most 60 messages a second, and its end always arrives", () => {
  const dice = new Dice(5);
  const { board, sent, time } = desk();
  board.hold("intensity");
  let last = 1;
  for (let k = 0; k < 2000; k += 1) {
    time.runTo(time.nowS + 0.002 * dice.share());
    board.turn("intensity", (last = 2 * dice.share()));
  }
  board.release("intensity");
  const dragS = time.nowS;
  time.runTo(dragS + 1);
  assert.ok(sent.length <= Math.ceil(60 * dragS) + 1, `${sent.length} in ${dragS} s`);
  assert.ok(sent.length >= 50 * dragS, "and it is smooth");
  sent.slice(1).forEach(({ atS }, k) => assert.ok(atS - sent[k].atS > 1 / 60 - 1e-9));
  assert.equal(sent.at(-1).value, clamped(number("intensity"), last));
});

test("two controls do not wait for each other", () => {
  const sent = [];
  const time = new Time();
  const turns = new Turns((name, value) => Boolean(sent.push([name, value])), { localS: () => time.nowS, after: (act, afterS) => time.after(act, afterS) });
  turns.turn("a", 1);
  turns.turn("b", 2);
  assert.deepEqual(sent, [["a", 1], ["b", 2]]);
});

test("what the server says never moves a slider under the finger, and does when it has left", () => {
  const { board, time } = desk();
  board.hold("intensity");
  board.turn("intensity", 1.5);
  board.hear({ name: "intensity", value: 0.2 });
  assert.equal(board.value("intensity"), 1.5);
  time.runTo(10);
  assert.equal(board.value("intensity"), 1.5, "however long it lies there");
  board.release("intensity");
  board.hear({ name: "intensity", value: 1.2 });
  assert.equal(board.value("intensity"), 1.5, "late echoes of its own way");
  time.runTo(time.nowS + 1);
  assert.equal(board.value("intensity"), 1.2);
});

test("another desk's turn is shown at once", () => {
  const { board } = desk();
  const told = [];
  board.addEventListener("value", ({ detail }) => told.push(detail));
  board.hear({ name: "intensity", value: 0.3 });
  assert.equal(board.value("intensity"), 0.3);
  assert.deepEqual(told, ["intensity"]);
});

test("what is turned without a line is lost, told, and never sent later", () => {
  const { board, sent, time, line } = desk();
  const lost = [];
  board.addEventListener("lost", ({ detail }) => lost.push(detail));
  board.turn("intensity", 1.4);
  board.turn("intensity", 1.5); // waits for its turn
  line.open = false;
  board.disconnect();
  board.turn("intensity", 0.1);
  board.press("intensity");
  line.open = true;
  time.runTo(5);
  assert.deepEqual(sent.map(({ value }) => value), [1.4]);
  assert.deepEqual(lost, ["intensity", "intensity"]);
  assert.equal(board.value("intensity"), 1);
});

test("a button is pressed as often as it is pressed", () => {
  const { board, sent } = desk([{ ...number("panic"), kind: "button" }]);
  board.turn("panic", true);
  board.press("panic");
  assert.deepEqual(sent.map(({ name, value }) => [name, value]), [["panic", true], ["panic", true]]);
});

test("a number keeps to its ends and steps", () => {
  assert.equal(clamped(number("seed", { most: 9999, step: 1 }), 12.4), 12);
  assert.equal(clamped(number("size", { least: 0.25, most: 4 }), 9), 4);
  assert.equal(clamped(number("canon_beats", { most: 16, step: 0.25 }), 1.3), 1.25);
});

test("a control is called by its name for people, an unknown one by what it does", () => {
  assert.equal(labelOf(number("look_ahead_ms")), "Look ahead");
  assert.equal(labelOf(number("wobble", { says: "How much it wobbles" })), "How much it wobbles");
  assert.equal(labelOf(number("dancer12_seed")), "Seed");
  assert.equal(labelOf(number("out2_offset_ms", { says: "OSC to 10.0.0.1:9000: so much later than the others" })), "OSC to 10.0.0.1:9000");
  assert.equal(labelOf(number("constructor", { says: "says" })), "says");
});

test("a value is said with its unit", () => {
  assert.equal(numberWord(number("intensity"), 1.25), "125 %");
  assert.equal(numberWord(number("offset_ms", { unit: "ms", least: -1000, most: 1000 }), -0.2), "0 ms");
  assert.equal(numberWord(number("place_x_m", { unit: "m", least: -5 }), -1.2), "-1.20 m");
  assert.equal(numberWord(number("heading_deg", { unit: "°", least: -180, most: 180 }), 45), "45°");
  assert.equal(numberWord(number("canon_beats", { unit: "beats", step: 0.25, most: 16 }), 2.5), "2.5 beats");
  assert.equal(numberWord(number("seed", { step: 1, most: 9999 }), 42), "42");
  assert.equal(numberWord(number("position_s", { most: 120 }), 61), "1:01 / 2:00");
  assert.ok(stepOf(number("offset_ms", { unit: "ms", least: -1000, most: 1000 })) <= 5);
});

test("the code for the phone holds the machine's address and the token, and none that a phone cannot reach", () => {
  const here = new URL("http://127.0.0.1:8765/desk?token=a%20b%26c");
  assert.deepEqual(phoneAddresses(here, []), []);
  assert.deepEqual(phoneAddresses(here, ["http://192.168.1.20:8765/"]), ["http://192.168.1.20:8765/desk?token=a%20b%26c"]);
  assert.deepEqual(phoneAddresses(here, ["javascript:alert(1)", "not an address"]), []);
  assert.deepEqual(phoneAddresses(new URL("http://192.168.1.20:8765/desk"), ["http://192.168.1.20:8765/"]), [], "no token, no door");
  assert.deepEqual(phoneAddresses(new URL("http://10.0.0.5:8765/desk?token=x"), []), ["http://10.0.0.5:8765/desk?token=x"]);
});

test("the wheel knows beat and bar with beat blocks and without", () => {
  const pose = { beat: 9.25, bar: null };
  assert.deepEqual(beatOf(pose, 4), { phase: 0.25, barPosition: 1, beatsPerBar: 4, bar: 2 });
  const bar = { phase: 0.5, barPosition: 2, beatsPerBar: 3, confidence: 1, nextS: 0.2, periodS: 0.4 };
  assert.deepEqual(beatOf({ beat: 8.5, bar }, 4), { phase: 0.5, barPosition: 2, beatsPerBar: 3, bar: 2 });
  assert.equal(beatOf({ beat: null, bar: null }, 4), null);
});

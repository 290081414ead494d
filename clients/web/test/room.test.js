/** The picture has room for everybody, and one dancer of normal size gets what it always got. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { roomOf } from "../src/room.js";
import { Dice } from "./dice.js";

const ALONE = { heightM: 2.5, widthM: 1.75, middleM: 0.85 };
const at = (x, z, size = 1, y = 0.95) => ({ x, y, z, size });

test("one dancer gets the picture that it always got, wherever it is", () => {
  assert.deepEqual(roomOf([at(3, -2)], ALONE), { centre: [3, 0.95, -2], ...ALONE });
});

test("a large one gets more room, a small one is not looked at from nearer", () => {
  assert.deepEqual(roomOf([at(0, 0, 2, 1.9)], ALONE), { centre: [0, 1.9, 0], heightM: 5, widthM: 3.5, middleM: 1.7 });
  assert.deepEqual(roomOf([at(0, 0, 0.5, 0.5)], ALONE), { centre: [0, 0.5, 0], ...ALONE });
});

test("whoever joins is in the picture, and those who were there stay in it", () => {
  const dice = new Dice(11);
  const anybody = () => at(dice.share() * 10 - 5, dice.share() * 10 - 5, 0.25 + dice.share() * 3.75);
  for (let round = 0; round < 200; round += 1) {
    const some = Array.from({ length: 1 + dice.below(6) }, anybody);
    const more = [...some, anybody()];
    const [before, after] = [some, more].map((all) => roomOf(all, ALONE));
    for (const side of ["heightM", "widthM", "middleM"]) assert.ok(after[side] >= before[side] - 1e-9, side);
    for (const { x, size } of more) assert.ok(Math.abs(x - after.centre[0]) + (ALONE.widthM / 2) * size <= after.widthM / 2 + 1e-9);
  }
});

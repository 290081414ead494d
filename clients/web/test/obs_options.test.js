/** What the OBS page's address may say, and that nothing else does anything. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { FRAMINGS, obsOptions } from "../src/obs_options.js";

const COLOURS = ["#00ff00", "#0f0", "rebeccapurple", "#11223344"];
const asked = (query) => obsOptions(new URLSearchParams(query), (word) => COLOURS.includes(word));

test("nothing said: all figures and nothing else, whole, see-through around it", () => {
  assert.deepEqual(asked(""), {
    framing: FRAMINGS.full,
    floor: false,
    shadow: false,
    mirror: false,
    dancer: null,
    fps: null,
    avatar: "mannequin.vrm",
    background: "transparent",
  });
});

test("all that may be said is heard", () => {
  const options = asked("camera=feet&floor=1&shadow&mirror=yes&dancer=2&fps=30&avatar=my_own-2&bg=00ff00");
  assert.deepEqual(options, {
    framing: FRAMINGS.feet,
    floor: true,
    shadow: true,
    mirror: true,
    dancer: 2,
    fps: 30,
    avatar: "my_own-2.vrm",
    background: "#00ff00",
  });
  assert.equal(asked("bg=rebeccapurple").background, "rebeccapurple");
  assert.equal(asked("bg=11223344").background, "#11223344");
  assert.equal(asked("dancer=0").dancer, 0);
  assert.equal(asked("floor=0&shadow=0").floor, false);
});

test("what makes no sense is as if not said", () => {
  for (const query of ["camera=toString", "camera=__proto__", "dancer=-1", "dancer=x", "dancer=300", "dancer=", "fps=61", "bg=url(http://x)", "bg=zzz"]) {
    assert.deepEqual(asked(query), asked(""), query);
  }
});

test("an avatar is a file beside the page, and no address leads anywhere else", () => {
  for (const name of ["../secret", "..", "a/b", "a\\b", "http://x/a", "//x/a", "a.vrm", "%2e%2e", "", "a b", "x".repeat(65)]) {
    assert.equal(asked(new URLSearchParams({ avatar: name })).avatar, "mannequin.vrm", name);
  }
});

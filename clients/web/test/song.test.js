import assert from "node:assert/strict";
import { test } from "node:test";
import { pieces, sendSong, titleOf, toInt16 } from "../src/song.js";
import { positionAt } from "../src/sound.js";

test("samples become 16 bits, what is too loud is clipped", () => {
  assert.deepEqual([...toInt16(new Float32Array([0, 1, -1, 2, -3, 0.5]))], [0, 32767, -32767, 32767, -32767, 16384]);
});

test("the pieces of a song joined are the song", () => {
  const samples = Int16Array.from({ length: 70000 }, (_, k) => (k * 37) % 65536 - 32768);
  const joined = [];
  for (const piece of pieces(samples)) {
    const view = new DataView(piece);
    assert.equal(new TextDecoder().decode(new Uint8Array(piece, 0, 4)), "GCPC");
    assert.equal(view.getUint32(4, true), joined.length);
    assert.ok(piece.byteLength - 8 <= 65536);
    for (let at = 8; at < piece.byteLength; at += 2) joined.push(view.getInt16(at, true));
  }
  assert.deepEqual(joined, [...samples]);
});

test("the music's position follows the server's clock while it plays, and ends with the song", () => {
  const transport = { playing: true, position_s: 10, at_s: 100, duration_s: 60 };
  assert.equal(positionAt(transport, 105), 15);
  assert.equal(positionAt(transport, 500), 60);
  assert.equal(positionAt({ ...transport, playing: false }, 105), 10);
  assert.equal(positionAt({ ...transport, duration_s: 0 }, 500), 410);
});

test("a song that another one replaces sends nothing more", async () => {
  const said = [];
  const line = { open: true, waitingBytes: 0, say: (m) => said.push(m.title) > 0, sendBytes: () => said.push("piece") > 0 };
  let wanted = 2;
  const progress = () => (wanted -= 1);
  const samples = new Int16Array(200000);
  assert.equal(await sendSong(line, { title: "first", samples }, progress, () => wanted > 0), false);
  assert.deepEqual(said, ["first", "piece", "piece"]);
  assert.equal(await sendSong(line, { title: "never", samples }, progress, () => false), false);
  assert.deepEqual(said, ["first", "piece", "piece"]);
  assert.equal(await sendSong(line, { title: "second", samples }, () => {}, () => true), true);
  assert.deepEqual(said.slice(3), ["second", ...Array(7).fill("piece")]);
});

test("a song is called as its file, as far as a server keeps it", () => {
  assert.equal(titleOf("my song.v2.wav"), "my song.v2");
  assert.equal(titleOf(`${"🎵".repeat(300)}.mp3`), "🎵".repeat(200));
});

/** The line to the server: what it says, how it comes back, and what it does with what it cannot read. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ServerClock } from "../client/clock.js";
import { Connection, streamAddress } from "../client/connection.js";
import { Show } from "../client/show.js";
import { DancingServer, outside, Time } from "./world.js";

function lined(wish = {}) {
  const time = new Time();
  const server = new DancingServer(time);
  const connection = new Connection("ws://there/ws", new ServerClock(), wish, outside(time, server));
  return { time, server, connection };
}

test("a page's address leads to the stream beside it, and the token goes along", () => {
  assert.equal(streamAddress("http://127.0.0.1:8765/"), "ws://127.0.0.1:8765/ws");
  assert.equal(streamAddress("https://show.example/obs?camera=feet&token=a%20b#x"), "wss://show.example/ws?token=a%20b");
  assert.equal(streamAddress("http://[::1]:9000/?token=old", "new&er"), "ws://[::1]:9000/ws?token=new%26er");
  assert.equal(streamAddress("ws://10.0.0.2:8765/other/ws?token=x"), "ws://10.0.0.2:8765/other/ws?token=x");
});

test("it asks for a quarter of a second of look-ahead, and for what is wished", () => {
  const { time, server, connection } = lined({ blocks: ["beat"], joints: 22 });
  connection.connect();
  time.runTo(0.5);
  assert.deepEqual(server.heard.find(({ type }) => type === "subscribe"), {
    type: "subscribe",
    look_ahead_s: 0.25,
    blocks: ["beat"],
    joints: 22,
  });
  connection.subscribe({ joints: 52 });
  time.runTo(1);
  assert.equal(server.heard.filter(({ type }) => type === "subscribe").at(-1).joints, 52);
});

test("an answer that was lost on the way is asked for again, one that came is not", () => {
  const { time, server, connection } = lined();
  server.there.loss = 1;
  connection.connect();
  time.runTo(0.1);
  server.there.loss = 0;
  assert.equal(server.heard.length, 0);
  time.runTo(9);
  assert.equal(server.heard.filter(({ type }) => type === "subscribe").length, 1);
  assert.equal(server.aheadS, 0.25);
});

test("pings go out in a burst, then every two seconds, for as long as the line is open", () => {
  const { time, server, connection } = lined();
  connection.connect();
  time.runTo(1.5);
  assert.equal(server.heard.filter(({ type }) => type === "ping").length, 7);
  time.runTo(21.5);
  assert.equal(server.heard.filter(({ type }) => type === "ping").length, 17);
  assert.ok(connection.clock.synced);
});

test("it tries again after 0.25 s, doubling to 5 s, and begins anew once it was served", () => {
  const { time, server, connection } = lined();
  const waits = [];
  connection.addEventListener("status", ({ detail }) => detail.state === "lost" && waits.push(detail.retryS));
  server.stop();
  connection.connect();
  time.runTo(25);
  assert.deepEqual(waits.slice(0, 8), [0.25, 0.5, 1, 2, 4, 5, 5, 5]);
  server.start();
  time.runTo(35);
  assert.ok(connection.open);
  server.stop();
  time.runTo(35.1);
  assert.equal(waits.at(-1), 0.25);
});

test("a server that shows everybody out at once is not asked four times a second", () => {
  const { time, server, connection } = lined();
  let asked = 0;
  server.open = () => {
    asked += 1;
    const socket = { readyState: 0 };
    time.after(() => ((socket.readyState = 1), socket.onopen()), 0);
    time.after(() => ((socket.readyState = 3), socket.onclose({ reason: "too many" })), 0.01);
    socket.send = () => {};
    return socket;
  };
  connection.connect();
  time.runTo(30);
  assert.ok(asked < 12, `${asked}`);
});

test("once closed it stays closed, whatever it was doing", () => {
  for (const atS of [0, 0.01, 3]) {
    const { time, server, connection } = lined();
    connection.connect();
    time.runTo(atS);
    connection.close();
    time.runTo(20);
    assert.ok(!connection.open);
    assert.equal(server.sockets.size, 0);
  }
});

test("what cannot be read is counted, and the line goes on", () => {
  const { time, server, connection } = lined();
  connection.connect();
  time.runTo(0.5);
  const [socket] = server.sockets;
  for (const data of [new ArrayBuffer(3), "{", "null", "7", '{"type":5}', '{"type":"from the future"}']) socket.onmessage({ data });
  assert.equal(connection.counters.rejected, 2);
  let poses = 0;
  connection.addEventListener("pose", () => (poses += 1));
  time.runTo(1);
  assert.ok(poses > 20);
});

test("a show tells what it hears until it is asked to stop, and has the pose of any time", () => {
  const time = new Time();
  const show = new Show("ws://there/ws", { outside: outside(time, new DancingServer(time)), wish: { fps: 60 } });
  let heard = 0;
  const stop = show.on("pose", () => (heard += 1));
  assert.equal(show.pose(), null);
  show.connection.connect();
  time.runTo(1);
  assert.ok(heard > 30);
  assert.equal(show.skeleton.names.length, 52);
  assert.equal(show.gets.look_ahead_s, 0.25);
  assert.ok(Math.abs(show.pose().atS - 1) < 0.001);
  assert.ok(Math.abs(show.pose(77.7 + 1.1).atS - 1.1) < 0.001);
  stop();
  const before = heard;
  time.runTo(2);
  assert.equal(heard, before);
  show.close();
});

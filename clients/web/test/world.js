/** A world for tests: time that runs as fast as it can, a network between a client and a server, and a dance by formula. */

import { encodeFrame } from "../client/codec.js";
import { Dice } from "./dice.js";
import { skeleton } from "./golden.js";

/** Runs what is due, in order of time. */
export class Time {
  #acts = [];
  #count = 0;
  nowS = 0;

  after(act, afterS) {
    const entry = { atS: this.nowS + afterS, order: (this.#count += 1), act };
    let at = this.#acts.length;
    while (at > 0 && this.#acts[at - 1].atS > entry.atS) at -= 1;
    this.#acts.splice(at, 0, entry);
    return entry;
  }

  cancel(entry) {
    this.#acts = this.#acts.filter((other) => other !== entry);
  }

  runTo(endS) {
    while (this.#acts.length > 0 && this.#acts[0].atS <= endS) {
      const { atS, act } = this.#acts.shift();
      this.nowS = atS;
      act();
    }
    this.nowS = endS;
  }
}

/** A way that delays each message on its own, so that they overtake each other, and loses some. */
export class Way {
  #dice;
  jammedUntilS = 0; // what is sent before comes then, all at once

  constructor(time, { delayS = 0, jitterS = 0, loss = 0, seed = 1 } = {}) {
    Object.assign(this, { time, delayS, jitterS, loss });
    this.#dice = new Dice(seed);
  }

  send(act) {
    if (this.#dice.share() < this.loss) return;
    const afterS = this.delayS + this.jitterS * (2 * this.#dice.share() - 1);
    this.time.after(act, Math.max(afterS, this.jammedUntilS - this.time.nowS));
  }
}

const { joints, body_joints: BODY } = skeleton();
const STRIDE_S = 16 / 60; // between two plans
const FIXED_S = 0.2; // moments nearer than this are not planned anew

/** A dance that is planned anew every 267 ms: what was said about the moments after the next 200 ms is then corrected. */
export class Dance {
  #bends = [{ atS: -Infinity, angle: 0, slope: 0 }];
  #dice = new Dice(23);

  /** Plan at that time: from 200 ms later on one arm and the hips take another way. */
  plan(atS) {
    const fromS = atS + FIXED_S;
    const angle = this.#bend(fromS, this.#bends.length - 1);
    this.#bends.push({ atS: fromS, angle, slope: -1.5 * angle + 3 * this.#dice.share() - 1.5 });
    return fromS;
  }

  #bend(timeS, plan) {
    let k = plan;
    while (this.#bends[k].atS > timeS) k -= 1;
    const { atS, angle, slope } = this.#bends[k];
    return slope === 0 ? angle : angle + slope * (timeS - atS);
  }

  /** How the figure stands then, as far as is planned. */
  at(timeS) {
    const bend = this.#bend(timeS, this.#bends.length - 1);
    const quatWxyz = new Float32Array(4 * joints.length);
    joints.forEach((_, joint) => {
      const wide = joint < BODY ? 0.35 : 0.2;
      const own = joint >= 16 && joint < 18 ? bend : 0.1 * bend;
      const angle = wide * Math.sin(2 * Math.PI * (1 + (joint % 3) * 0.5) * timeS + joint) + own;
      const axis = joint % 3;
      quatWxyz[4 * joint] = Math.cos(angle / 2);
      quatWxyz[4 * joint + 1 + axis] = Math.sin(angle / 2);
    });
    const rootM = Float32Array.of(0.4 * Math.sin(1.1 * timeS) + 0.05 * bend, 0.95 + 0.04 * Math.sin(12 * timeS), 0.3 * Math.cos(0.7 * timeS));
    return { quatWxyz, rootM };
  }
}

/** A server that dances, for clients of the fake network; `beginS` is when its own clock began. */
export class DancingServer {
  sockets = new Set();
  heard = [];
  revised = 0;
  newest = -1; // moment that was sent
  #sent = new Map(); // of a moment, how often it was sent

  constructor(time, { fps = 60, mostAheadS = 0.5, beginS = 0, there = {}, back = {} } = {}) {
    Object.assign(this, { time, fps, mostAheadS, beginS, dance: new Dance() });
    this.there = new Way(time, { seed: 5, ...there });
    this.back = new Way(time, { seed: 9, ...back });
    this.aheadS = 0.08;
    this.up = true;
    const tick = () => {
      this.#tick();
      time.after(tick, 1 / fps);
    };
    time.after(tick, 0);
  }

  get nowS() {
    return this.time.nowS - this.beginS;
  }

  /** What `Outside.open` answers. */
  open() {
    const socket = { readyState: 0, bufferedAmount: 0 };
    socket.send = (text) => this.there.send(() => this.up && this.#hear(socket, JSON.parse(text)));
    socket.close = () => this.#end(socket);
    this.time.after(() => (this.up ? this.#welcome(socket) : this.#end(socket)), this.there.delayS);
    return socket;
  }

  /** It goes away, and every line with it; `start` brings it back, with a clock of its own that begins anew. */
  stop() {
    this.up = false;
    for (const socket of this.sockets) this.#end(socket);
  }

  start() {
    this.up = true;
    this.beginS = this.time.nowS - 0.507; // its moments are not those of before
    this.dance = new Dance();
    this.#sent.clear();
    this.newest = -1;
  }

  #end(socket) {
    this.sockets.delete(socket);
    if (socket.readyState === 3) return;
    socket.readyState = 3;
    socket.onclose?.({ reason: "" });
  }

  #welcome(socket) {
    socket.readyState = 1;
    this.sockets.add(socket);
    socket.onopen();
    this.#tell(socket, { type: "hello", look_ahead_s: this.aheadS });
    this.#tell(socket, { type: "skeleton", ...skeleton() });
  }

  #tell(socket, message) {
    const data = message instanceof ArrayBuffer ? message : JSON.stringify(message);
    this.back.send(() => socket.readyState === 1 && socket.onmessage({ data }));
  }

  #hear(socket, message) {
    this.heard.push(message);
    if (message.type === "ping") this.#tell(socket, { type: "pong", t0: message.t0, t1: this.nowS, t2: this.nowS });
    if (message.type !== "subscribe") return;
    this.aheadS = Math.min(message.look_ahead_s, this.mostAheadS);
    this.#tell(socket, { type: "subscribed", look_ahead_s: this.aheadS });
  }

  #tick() {
    const frame = Math.round(this.nowS * this.fps);
    if (frame % 16 === 0) {
      const fromS = this.dance.plan(this.nowS);
      for (const [moment, times] of this.#sent) {
        if (moment / this.fps < fromS) this.#sent.delete(moment);
        else {
          this.revised += 1;
          this.#send(moment, times);
        }
      }
    }
    for (let moment = frame; moment / this.fps <= this.nowS + this.aheadS + 1e-9; moment += 1) {
      if (!this.#sent.has(moment) && moment > this.newest) {
        this.newest = moment;
        this.#send(moment, 0);
      }
    }
  }

  #send(moment, revision) {
    this.#sent.set(moment, revision + 1);
    const timeS = moment / this.fps;
    const message = encodeFrame({ seq: moment, revision, tCaptureS: this.nowS, tPresentS: timeS, tempoBpm: 120, beat: 2 * timeS, ...this.dance.at(timeS) });
    for (const socket of this.sockets) this.#tell(socket, message);
  }
}

/** What a client of that server needs of the world; its clock is another one. */
export function outside(time, server, { aheadS = 77.7, fast = 1, seed = 3 } = {}) {
  const dice = new Dice(seed);
  return {
    random: () => dice.share(),
    localS: () => time.nowS * fast + aheadS,
    open: () => server.open(),
    after: (act, afterS) => time.after(act, afterS),
    cancel: (entry) => time.cancel(entry),
  };
}

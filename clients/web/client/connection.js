/** The line to the server: opens, says what it wants, keeps the clock, and tries again for as long as it is wanted. */

import { decodeFrame, WireError } from "./codec.js";
import { localS } from "./local_clock.js";

const SUBPROTOCOL = "groovecast.v1+bin";
const FIRST_RETRY_S = 0.25;
const LONGEST_RETRY_S = 5;
const SPREAD = 0.1; // many that lost one server do not all come back in one moment
// A burst at first, so that the clock is good within a moment; then now and then.
const PING_AFTER_S = [0, 0.05, 0.1, 0.2, 0.4, 0.7, 1];
const PING_EVERY_S = 2;

/** 0.25 s ahead rides out a network of 40 +- 30 ms that loses a message in fifty. */
export const LOOK_AHEAD_S = 0.25;

/**
 * @typedef {object} Wish what to ask the server for; what is left out is as the server likes
 * @property {30 | 60 | 90 | 120} [fps]
 * @property {number} [look_ahead_s] up to 0.5
 * @property {"f32" | "i16"} [encoding]
 * @property {22 | 52} [joints]
 * @property {("beat" | "contacts")[]} [blocks]
 *
 * @typedef {object} Outside what a connection needs of the world; tests bring their own
 * @property {() => number} localS
 * @property {(address: string, protocols: string[]) => WebSocket} open
 * @property {(act: () => void, afterS: number) => unknown} after
 * @property {(timer: any) => void} cancel
 * @property {() => number} random 0 to 1
 */

/** @type {Outside} */
const BROWSER = {
  localS,
  open: (address, protocols) => new WebSocket(address, protocols),
  after: (act, afterS) => setTimeout(act, afterS * 1000),
  cancel: (timer) => clearTimeout(timer),
  random: Math.random,
};

/**
 * The stream's address: of a page (http, https) the one beside it, with the page's token or the one given.
 * @param {string | URL | Location} place
 * @param {string | null} [token]
 */
export function streamAddress(place, token = null) {
  const address = new URL(String(place));
  if (address.protocol === "https:" || address.protocol === "http:") {
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    address.pathname = "/ws";
  }
  const word = token ?? address.searchParams.get("token");
  address.search = word ? `?token=${encodeURIComponent(word)}` : "";
  address.hash = "";
  return address.href;
}

export class Connection extends EventTarget {
  #outside;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {unknown[]} */
  #timers = [];
  #retryS = FIRST_RETRY_S;
  #wanted = false;
  #answered = false; // the server has said what this client gets
  counters = { rejected: 0, connects: 0 };

  /**
   * @param {string} address
   * @param {import("./clock.js").ServerClock} clock is kept by pings
   * @param {Wish} [wish]
   * @param {Outside} [outside]
   */
  constructor(address, clock, wish = {}, outside = BROWSER) {
    super();
    this.address = address;
    this.clock = clock;
    this.wish = { look_ahead_s: LOOK_AHEAD_S, ...wish };
    this.#outside = outside;
  }

  get open() {
    return this.#socket?.readyState === 1;
  }

  /** Bytes that wait to leave. */
  get waitingBytes() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** Open the line, and open it again whenever it is lost, until `close`. */
  connect() {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#begin();
  }

  /** End it. */
  close() {
    this.#wanted = false;
    this.#endTimers();
    this.#socket?.close();
    this.#tell("status", { state: "closed" });
  }

  #begin() {
    this.#tell("status", { state: "connecting" });
    const socket = this.#outside.open(this.address, [SUBPROTOCOL]);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => {
      this.counters.connects += 1;
      this.clock.reset();
      this.#tell("open");
      this.#answered = false;
      this.subscribe();
      this.#timers = PING_AFTER_S.map((afterS) => this.#outside.after(() => this.#ping(), afterS));
      this.#pingNowAndThen();
    };
    socket.onmessage = (event) => this.#hear(event.data);
    socket.onclose = (event) => {
      if (socket !== this.#socket) return;
      this.#endTimers();
      if (!this.#wanted) return;
      this.#tell("status", { state: "lost", retryS: this.#retryS, reason: event.reason });
      const afterS = this.#retryS * (1 - SPREAD * this.#outside.random());
      this.#timers = [this.#outside.after(() => this.#begin(), afterS)];
      this.#retryS = Math.min(this.#retryS * 2, LONGEST_RETRY_S);
    };
  }

  #endTimers() {
    this.#timers.forEach((timer) => this.#outside.cancel(timer));
    this.#timers = [];
  }

  #pingNowAndThen() {
    this.#timers.push(
      this.#outside.after(() => {
        this.#ping();
        if (!this.#answered) this.subscribe(); // not every way in between loses nothing
        this.#pingNowAndThen();
      }, PING_EVERY_S),
    );
    if (this.#timers.length > PING_AFTER_S.length + 1) this.#timers.shift();
  }

  /**
   * Send a text message; false when there is no line.
   * @param {{type: string, [field: string]: unknown}} message
   */
  say(message) {
    if (!this.open) return false;
    this.#socket?.send(JSON.stringify(message));
    return true;
  }

  /**
   * Send bytes; false when there is no line.
   * @param {ArrayBuffer} bytes
   */
  sendBytes(bytes) {
    if (!this.open) return false;
    this.#socket?.send(bytes);
    return true;
  }

  /**
   * Ask the server for this, and for it again when the line has been lost.
   * @param {Wish} [wish] what differs from before
   */
  subscribe(wish = {}) {
    this.wish = { ...this.wish, ...wish };
    return this.say({ type: "subscribe", ...this.wish });
  }

  #ping() {
    this.say({ type: "ping", t0: this.#outside.localS() });
  }

  /** @param {string} type @param {unknown} [detail] */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** @param {unknown} data */
  #hear(data) {
    const atS = this.#outside.localS();
    if (data instanceof ArrayBuffer) {
      try {
        this.#tell("pose", decodeFrame(data));
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        this.counters.rejected += 1;
      }
      return;
    }
    let message;
    try {
      message = JSON.parse(String(data));
    } catch {
      this.counters.rejected += 1;
      return;
    }
    if (typeof message?.type !== "string") return;
    if (message.type === "pong") this.clock.pong(message.t0, message.t1, message.t2, atS);
    // a server that lets everybody in and shows them out at once has not been reached
    else if (message.type === "hello") this.#retryS = FIRST_RETRY_S;
    else if (message.type === "subscribed") this.#answered = true;
    this.#tell(message.type, message);
  }
}

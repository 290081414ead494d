/** The line to the server: opens, keeps the clock, tries again with growing patience. */

import { decodeFrame, WireError } from "./codec.js";

const SUBPROTOCOL = "groovecast.v1+bin";
const FIRST_RETRY_S = 0.5;
const LONGEST_RETRY_S = 8;
// A burst at first, so that the clock is good within a moment; then now and then.
const PING_AFTER_S = [0, 0.05, 0.1, 0.2, 0.4, 0.7, 1];
const PING_EVERY_S = 2;

const localS = () => performance.now() / 1000;

/** The stream's address, beside the page's; a token in the page's address goes along. */
export function streamAddress(page) {
  const token = new URLSearchParams(page.search).get("token");
  const scheme = page.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${page.host}/ws${token ? `?token=${encodeURIComponent(token)}` : ""}`;
}

export class Connection extends EventTarget {
  #socket = null;
  #timers = [];
  #retryS = FIRST_RETRY_S;
  counters = { rejected: 0, connects: 0 };

  constructor(address, clock) {
    super();
    this.address = address;
    this.clock = clock;
  }

  get open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Bytes that wait to leave. */
  get waitingBytes() {
    return this.#socket?.bufferedAmount ?? 0;
  }

  connect() {
    this.#tell("status", { state: "connecting" });
    const socket = new WebSocket(this.address, [SUBPROTOCOL]);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => {
      this.counters.connects += 1;
      this.#retryS = FIRST_RETRY_S;
      this.clock.reset();
      this.#tell("open");
      this.#timers = PING_AFTER_S.map((afterS) => setTimeout(() => this.#ping(), afterS * 1000));
      this.#timers.push(setInterval(() => this.#ping(), PING_EVERY_S * 1000));
    };
    socket.onmessage = (event) => this.#hear(event.data);
    socket.onclose = (event) => {
      this.#timers.forEach((timer) => clearInterval(timer));
      this.#tell("status", { state: "lost", retryS: this.#retryS, reason: event.reason });
      setTimeout(() => this.connect(), this.#retryS * 1000 * (0.85 + 0.3 * Math.random()));
      this.#retryS = Math.min(this.#retryS * 1.7, LONGEST_RETRY_S);
    };
  }

  /** Send a text message; false when there is no line. */
  say(message) {
    if (!this.open) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Send bytes; false when there is no line. */
  sendBytes(bytes) {
    if (!this.open) return false;
    this.#socket.send(bytes);
    return true;
  }

  #ping() {
    this.say({ type: "ping", t0: localS() });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #hear(data) {
    const atS = localS();
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
      message = JSON.parse(data);
    } catch {
      this.counters.rejected += 1;
      return;
    }
    if (message.type === "pong") this.clock.pong(message.t0, message.t1, message.t2, atS);
    else if (message.type === "hello") this.clock.guess(message.now_s, atS);
    if (typeof message.type === "string") this.#tell(message.type, message);
  }
}

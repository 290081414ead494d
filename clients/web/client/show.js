/** Everything of a show that a client wants: the line, the clock and the player, put together. */

import { ServerClock } from "./clock.js";
import { Connection, streamAddress } from "./connection.js";
import { localS } from "./local_clock.js";
import { Player } from "./player.js";
import { Skeleton } from "./skeleton.js";

/** @typedef {import("./messages.js").Heard} Heard */

/**
 * @typedef {object} Options
 * @property {string} [token] the word that the server asks for, if it is not in the address
 * @property {import("./connection.js").Wish} [wish] what to ask the server for
 * @property {number} [delayS] show the dance so much later
 * @property {import("./connection.js").Outside} [outside] for tests
 */

export class Show {
  #outside;
  clock = new ServerClock();
  player = new Player();
  /** @type {Skeleton | null} */
  skeleton = null;
  /** @type {import("./messages.js").State | null} */
  state = null;
  /** @type {import("./messages.js").Transport | null} */
  transport = null;
  /** @type {import("./messages.js").Gets | null} */
  gets = null;

  /** @param {string | URL | Location} address @param {Options} [options] */
  constructor(address, { token, wish, delayS = 0, outside } = {}) {
    this.#outside = outside;
    this.player.delayS = delayS;
    this.connection = new Connection(streamAddress(address, token), this.clock, wish, outside);
    this.on("open", () => this.player.reset());
    this.on("skeleton", (message) => (this.skeleton = new Skeleton(message)));
    this.on("state", (message) => (this.state = message));
    this.on("transport", (message) => (this.transport = message));
    for (const type of /** @type {const} */ (["hello", "subscribed"])) this.on(type, (message) => (this.gets = message));
    this.on("pose", (frame) => this.player.push(frame));
  }

  /**
   * Be told; the answer ends it.
   * @template {keyof Heard} Name
   * @param {Name} name
   * @param {(message: Heard[Name]) => void} hear
   * @returns {() => void}
   */
  on(name, hear) {
    const listener = (/** @type {Event} */ event) => hear(/** @type {CustomEvent} */ (event).detail);
    this.connection.addEventListener(name, listener);
    return () => this.connection.removeEventListener(name, listener);
  }

  /**
   * The server's time at a time of `performance.now() / 1000`, or null while unknown.
   * @param {number} [atS] now, if not given
   */
  nowS(atS = (this.#outside?.localS ?? localS)()) {
    return this.clock.at(atS);
  }

  /**
   * How a dancer stands; null before its first frame. Give the time of the picture that is drawn, if it is known:
   * `requestAnimationFrame` hands it over in milliseconds.
   * @param {number} [atS]
   * @param {number} [dancer]
   */
  pose(atS, dancer = 0) {
    return this.player.pose(this.nowS(atS), dancer);
  }

  /** Turn a control of the show: "playing", "style", "intensity" ... @param {string} name @param {boolean | number | string} value */
  set(name, value) {
    return this.connection.say({ type: "set", name, value });
  }

  /** Leave. */
  close() {
    this.connection.close();
  }
}

/**
 * Watch a show: `address` is its page (http://...) or its stream (ws://.../ws).
 * @param {string | URL | Location} address
 * @param {Options} [options]
 */
export function watch(address, options) {
  const show = new Show(address, options);
  show.connection.connect();
  return show;
}

/** A slider for a finger in the dark: drag it, tap where it is to go, tap twice and it is back; or turn it by keys. */

import { localS } from "../../client/local_clock.js";
import { make, mark, write } from "./element.js";
import { labelOf, needsSteps, numberWord, stepOf } from "./words.js";

/**
 * @typedef {import("./board.js").Control} Control
 *
 * @typedef {object} Turned what a slider turns: the board, or something that behaves like it
 * @property {(name: string) => import("./turns.js").Value | null} value
 * @property {(name: string) => import("./turns.js").Value | null} start where it goes back to
 * @property {(name: string, value: import("./turns.js").Value) => void} turn
 * @property {(name: string) => void} hold
 * @property {(name: string) => void} release
 */

const DRAG_PX = 5; // a finger that moves less has tapped
const DOUBLE_TAP_S = 0.3;
const PAGE_STEPS = 10;

export class Slider {
  #control;
  #board;
  #track;
  #value = make("output", { class: "value" });
  /** @type {{x: number, share: number, dragged: boolean} | null} */
  #finger = null;
  #tappedS = -Infinity;
  #tapTimer = 0;
  /** @type {HTMLElement} */
  element;

  /**
   * @param {Control} control
   * @param {Turned} board
   */
  constructor(control, board) {
    this.#control = control;
    this.#board = board;
    const { least, most, says } = control;
    const label = labelOf(control);
    this.#track = make(
      "div",
      {
        class: "track", role: "slider", tabindex: 0, title: says, "aria-label": label, "aria-valuemin": least, "aria-valuemax": most,
        onpointerdown: (event) => this.#down(event),
        onpointermove: (event) => this.#move(event),
        onpointerup: (event) => this.#up(event),
        onpointercancel: () => this.#end(),
        onlostpointercapture: () => this.#end(),
        onkeydown: (event) => this.#key(event),
      },
      make("i", { class: "fill" }),
      make("i", { class: "home" }),
      make("span", { class: "label" }, label),
      this.#value,
    );
    const step = (/** @type {number} */ by, /** @type {string} */ sign) =>
      make("button", { type: "button", class: "step", "aria-label": `${label} ${sign}`, onclick: () => this.#by(by) }, sign);
    this.element = needsSteps(control)
      ? make("div", { class: "slider stepped" }, step(-1, "−"), this.#track, step(1, "+"))
      : make("div", { class: "slider" }, this.#track);
    const start = board.start(control.name);
    // where it starts, and where its bar grows from: from the middle, when the start is not an end
    const home = typeof start === "number" ? this.#shareOf(start) : 0;
    this.#track.style.setProperty("--home", home.toFixed(4));
    this.#track.classList.toggle("two-sided", least < 0);
    if (least < 0) this.#track.style.setProperty("--from", this.#shareOf(0).toFixed(4));
  }

  /** @param {number} value */
  show(value) {
    const share = this.#shareOf(value);
    this.#track.style.setProperty("--share", share.toFixed(4));
    const words = numberWord(this.#control, value);
    write(this.#value, words);
    mark(this.#track, "aria-valuenow", value);
    mark(this.#track, "aria-valuetext", words);
  }

  get #now() {
    return Number(this.#board.value(this.#control.name));
  }

  /** @param {number} value */
  #shareOf(value) {
    const { least, most } = this.#control;
    return most > least ? Math.min(Math.max((value - least) / (most - least), 0), 1) : 0;
  }

  /** @param {number} share */
  #turn(share) {
    const { name, least, most } = this.#control;
    this.#board.turn(name, least + Math.min(Math.max(share, 0), 1) * (most - least));
  }

  /** @param {number} steps */
  #by(steps) {
    this.#board.turn(this.#control.name, this.#now + steps * stepOf(this.#control));
  }

  #reset() {
    const start = this.#board.start(this.#control.name);
    if (start !== null) this.#board.turn(this.#control.name, start);
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0 || this.#finger !== null) return;
    event.preventDefault(); // the keys go on meaning the show, not this slider
    this.#track.setPointerCapture(event.pointerId);
    this.#finger = { x: event.clientX, share: this.#shareOf(this.#now), dragged: false };
    this.#board.hold(this.#control.name);
    this.#track.classList.add("held");
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const finger = this.#finger;
    if (finger === null) return;
    const way = event.clientX - finger.x;
    if (!finger.dragged) {
      if (Math.abs(way) < DRAG_PX) return;
      finger.dragged = true;
    }
    this.#turn(finger.share + way / this.#track.clientWidth);
  }

  /** @param {PointerEvent} event */
  #up(event) {
    const finger = this.#finger;
    if (finger === null) return;
    this.#end();
    if (!finger.dragged) this.#tap(event.clientX);
  }

  #end() {
    if (this.#finger === null) return;
    this.#finger = null;
    this.#track.classList.remove("held");
    this.#board.release(this.#control.name);
  }

  /** One tap goes there, but only when no second one follows: a reset must not jump first. @param {number} x */
  #tap(x) {
    clearTimeout(this.#tapTimer);
    const nowS = localS();
    if (nowS - this.#tappedS < DOUBLE_TAP_S) {
      this.#tappedS = -Infinity;
      this.#reset();
      return;
    }
    this.#tappedS = nowS;
    const box = this.#track.getBoundingClientRect();
    const share = (x - box.left) / box.width;
    this.#tapTimer = window.setTimeout(() => this.#turn(share), DOUBLE_TAP_S * 1000);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const fine = event.shiftKey && this.#control.step === 0 ? 0.2 : 1;
    const { name, least, most } = this.#control;
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowRight: () => this.#by(fine),
      ArrowUp: () => this.#by(fine),
      ArrowLeft: () => this.#by(-fine),
      ArrowDown: () => this.#by(-fine),
      PageUp: () => this.#by(PAGE_STEPS),
      PageDown: () => this.#by(-PAGE_STEPS),
      Home: () => this.#board.turn(name, least),
      End: () => this.#board.turn(name, most),
      Delete: () => this.#reset(),
      Backspace: () => this.#reset(),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }
}

/** What must work in a hurry: tap, freeze, blackout, panic and resume, always in the same place. */

import { deskStrings } from "../strings.js";
import { make, mark, write } from "./element.js";
import { flash } from "./knob.js";

/**
 * @typedef {import("./board.js").Board} Board
 */

const LEVELS = ["dance", "standing", "t-pose"]; // what the control "posture" says that panic has made of the dancer

/** The names of the controls that live here. */
export const HURRY = ["tap", "freeze", "blackout", "panic", "resume", "posture"];

export class Emergency extends EventTarget {
  #board;
  #tap;
  #panic;
  #resume;
  /** @type {Record<string, HTMLElement>} */
  #switches = {};
  /** 0: dancing, 1: standing, 2: T-pose. */
  level = 0;

  /**
   * @param {Board} board
   * @param {(atS: number) => void} tap at that time of the local clock: when the finger landed
   * @param {HTMLElement} place
   */
  constructor(board, tap, place) {
    super();
    this.#board = board;
    this.#tap = make("button", { type: "button", class: "big tap", "data-control": "tap" }, deskStrings.tap);
    // on the way down: a beat is tapped when the finger lands
    this.#tap.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      if (event.button === 0) tap(event.timeStamp / 1000);
    });
    this.#tap.addEventListener("click", (event) => event.detail === 0 && tap(event.timeStamp / 1000)); // by key
    for (const name of ["freeze", "blackout"]) {
      this.#switches[name] = make(
        "button",
        {
          type: "button", role: "switch", "aria-checked": false, class: `big ${name}`, "data-control": name,
          "data-always": name === "blackout", onclick: () => this.toggle(name),
        },
        name === "freeze" ? deskStrings.freeze : deskStrings.blackout,
      );
    }
    this.#resume = make(
      "button",
      { type: "button", class: "big resume", "data-control": "resume", "data-always": true, onclick: () => this.resume() },
      deskStrings.resume,
    );
    this.#panic = make(
      "button",
      { type: "button", class: "big panic", "data-control": "panic", "data-always": true, title: deskStrings.panicHint, onclick: () => this.panic() },
      deskStrings.panic,
    );
    place.append(this.#tap, this.#switches.freeze, this.#switches.blackout, this.#resume, this.#panic);
    board.addEventListener("value", (event) => {
      const name = /** @type {CustomEvent} */ (event).detail;
      if (name === "posture") this.#to(Math.max(LEVELS.indexOf(String(board.value(name))), 0));
      if (this.#switches[name]) mark(this.#switches[name], "aria-checked", board.value(name) === true);
    });
    this.#show();
  }

  tapped() {
    flash(this.#tap);
  }

  /** @param {string} name */
  toggle(name) {
    this.#board.turn(name, this.#board.value(name) !== true);
  }

  panic() {
    this.#board.press("panic");
  }

  resume() {
    this.#board.press("resume");
  }

  /** @param {number} level */
  #to(level) {
    if (level === this.level) return;
    this.level = level;
    this.#show();
    this.dispatchEvent(new CustomEvent("change"));
  }

  #show() {
    mark(this.#panic, "data-level", this.level);
    write(this.#panic, [deskStrings.panic, deskStrings.tPose, deskStrings.tPoseIsOn][this.level]);
    mark(this.#resume, "data-wanted", this.level > 0);
  }
}

/** The padlock: sleeves and drinks do nothing, but panic, resume and blackout work; who holds the padlock opens it. */

import { deskStrings } from "../strings.js";
import { icon, make, mark } from "./element.js";

const HOLD_MS = 700;
const TOUCHES = ["pointerdown", "mousedown", "touchstart", "click", "dblclick", "contextmenu", "change", "input"];
const SHUT = "M6 11h12v9H6ZM8 11V8a4 4 0 0 1 8 0v3";

export class Lock extends EventTarget {
  locked = false;
  #timer = 0;
  #opened = false; // by this very press: its click is no press
  /** @type {HTMLElement} */
  button;

  /** @param {Document} page */
  constructor(page) {
    super();
    this.button = make("button", { type: "button", class: "tool lock", "data-always": true, "aria-pressed": false, "aria-label": deskStrings.lock }, icon(SHUT));
    for (const type of TOUCHES) {
      page.addEventListener(
        type,
        (event) => {
          if (!this.locked || (event.target instanceof Element && event.target.closest("[data-always]"))) return;
          event.stopPropagation();
          event.preventDefault();
          if (type === "pointerdown") this.dispatchEvent(new CustomEvent("refused"));
        },
        { capture: true, passive: false },
      );
    }
    this.button.addEventListener("pointerdown", () => {
      if (!this.locked) return;
      mark(this.button, "data-holding", true);
      this.#timer = window.setTimeout(() => {
        this.#opened = true;
        this.set(false);
      }, HOLD_MS);
    });
    for (const type of ["pointerup", "pointercancel", "pointerleave"]) {
      this.button.addEventListener(type, () => {
        clearTimeout(this.#timer);
        this.button.removeAttribute("data-holding");
      });
    }
    this.button.addEventListener("click", (event) => {
      if (this.#opened) this.#opened = false;
      else if (!this.locked) this.set(true);
      else if (event.detail === 0) this.set(false); // by key: no sleeve does that
      else this.dispatchEvent(new CustomEvent("refused"));
    });
  }

  /** @param {boolean} locked */
  set(locked) {
    if (locked === this.locked) return;
    this.locked = locked;
    mark(this.button, "aria-pressed", locked);
    mark(this.button, "aria-label", locked ? deskStrings.unlock : deskStrings.lock);
    document.body.classList.toggle("locked", locked);
    this.dispatchEvent(new CustomEvent("change"));
  }
}

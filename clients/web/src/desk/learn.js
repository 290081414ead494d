/** Teaching a MIDI device: press learn, tap a control on the page, move a knob of the device. */

import { deskStrings } from "../strings.js";
import { make, mark, write } from "./element.js";
import { labelOf } from "./words.js";

/**
 * @typedef {{midi?: string[], learning?: string | null, learned?: Record<string, string>}} Peers
 */

export class Learn {
  #board;
  #say;
  #button;
  #word = make("p", { class: "none" }, deskStrings.learnNone);
  #choosing = false;
  /** @type {string | null} */
  #learning = null;
  /** @type {Record<string, string>} */
  #learned = {};

  /**
   * @param {import("./board.js").Board} board
   * @param {(message: {type: string, [field: string]: unknown}) => boolean} say
   * @param {HTMLElement} place
   */
  constructor(board, say, place) {
    this.#board = board;
    this.#say = say;
    this.#button = make("button", { type: "button", class: "press", "aria-pressed": false, onclick: () => this.#toggle() }, deskStrings.learn);
    place.append(this.#button, this.#word);
    this.#button.hidden = true;
    // before the control itself hears of it
    for (const type of ["pointerdown", "click"]) document.addEventListener(type, (event) => this.#touched(event), true);
    board.addEventListener("controls", () => this.#showLearned());
  }

  /** @param {Peers} peers */
  peers({ midi = [], learning = null, learned = {} }) {
    this.#button.hidden = midi.length === 0;
    this.#word.hidden = midi.length > 0;
    if (this.#learning !== null && learning === null) this.#choose(false);
    this.#learning = learning;
    this.#learned = learned;
    this.#showLearned();
    this.#showWord();
  }

  #toggle() {
    const choosing = !this.#choosing && this.#learning === null;
    if (!choosing) this.#say({ type: "learn", name: null });
    this.#learning = null;
    this.#choose(choosing);
  }

  /** @param {boolean} choosing */
  #choose(choosing) {
    this.#choosing = choosing;
    document.body.classList.toggle("learning", choosing);
    this.#showWord();
  }

  /** @param {Event} event */
  #touched(event) {
    if (!this.#choosing || !(event.target instanceof Element)) return;
    const name = event.target.closest("[data-control]")?.getAttribute("data-control");
    if (!name) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.type !== "click") return;
    this.#choose(false);
    if (this.#say({ type: "learn", name })) this.#learning = name;
    this.#showWord();
  }

  #showWord() {
    const busy = this.#choosing || this.#learning !== null;
    mark(this.#button, "aria-pressed", busy);
    write(this.#button, busy ? deskStrings.learnStop : deskStrings.learn);
    if (this.#button.hidden) return;
    const control = this.#learning === null ? null : this.#board.control(this.#learning);
    write(this.#word, this.#choosing ? deskStrings.learnWhich : control ? deskStrings.learnMove(labelOf(control)) : "");
    this.#word.hidden = this.#word.textContent === "";
  }

  /** On each control: which knob turns it. */
  #showLearned() {
    for (const element of document.querySelectorAll("[data-control]")) {
      const knob = this.#learned[element.getAttribute("data-control") ?? ""];
      if (knob) mark(element, "data-learned", knob);
      else element.removeAttribute("data-learned");
    }
  }
}

/** Where the dance goes: how fast, how late, what was lost, and what is wrong, each with its own offset. */

import { deskStrings } from "../strings.js";
import { make, mark, write } from "./element.js";

/**
 * @typedef {{name: string, fps: number, latency_ms: number | null, dropped: number, offset_ms: number, problem: string | null}} Output
 */

export class Outputs {
  #place;
  #none = make("p", { class: "none" }, deskStrings.outputsNone);
  /** @type {{row: HTMLElement, name: HTMLElement, numbers: HTMLElement, problem: HTMLElement}[]} */
  #rows = [];

  /** @param {HTMLElement} place */
  constructor(place) {
    this.#place = place;
    place.append(this.#none);
  }

  /** How many of them have a problem. @param {Output[]} outputs */
  show(outputs) {
    this.#none.hidden = outputs.length > 0;
    while (this.#rows.length < outputs.length) this.#rows.push(this.#row());
    for (const { row } of this.#rows.splice(outputs.length)) row.remove();
    outputs.forEach(({ name, fps, latency_ms: latencyMs, dropped, problem }, k) => {
      const row = this.#rows[k];
      write(row.name, name);
      write(row.numbers, deskStrings.output(fps, latencyMs, dropped));
      write(row.problem, problem ?? deskStrings.outputFine);
      mark(row.row, "data-problem", Boolean(problem));
    });
    return outputs.filter(({ problem }) => problem).length;
  }

  #row() {
    const [name, numbers, problem] = [make("strong"), make("span", { class: "numbers" }), make("span", { class: "problem" })];
    const row = make("div", { class: "output" }, name, numbers, problem);
    this.#place.append(row);
    return { row, name, numbers, problem };
  }
}

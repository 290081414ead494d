/** What has happened, in plain words: newest first, with times, and what comes again only counted. */

import { deskStrings } from "../strings.js";
import { make, write } from "./element.js";

const MOST_LINES = 200;

/** A time of day as people read it. @param {Date} date */
export const timeOf = (date) => [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");

export class Log extends EventTarget {
  #list = make("ol", { class: "log", "aria-live": "polite" });
  #none = make("p", { class: "none" }, deskStrings.logEmpty);
  #now;
  /** @type {{text: string, times: number, line: HTMLElement, count: HTMLElement, time: HTMLElement}[]} newest first */
  #lines = [];
  unread = 0;

  /**
   * @param {HTMLElement} place
   * @param {() => Date} now the time of day
   */
  constructor(place, now) {
    super();
    this.#now = now;
    const clear = make("button", { type: "button", class: "small", onclick: () => this.clear() }, deskStrings.clear);
    place.append(make("div", { class: "head" }, make("h3", {}, deskStrings.log), clear), this.#none, this.#list);
  }

  /**
   * Something has happened. What has happened just the same before is counted, and comes to the top.
   * @param {string} text
   */
  say(text) {
    const at = this.#lines.findIndex((line) => line.text === text);
    const line = at < 0 ? this.#line(text) : this.#lines.splice(at, 1)[0];
    line.times += 1;
    write(line.time, timeOf(this.#now()));
    write(line.count, line.times > 1 ? deskStrings.times(line.times) : "");
    this.#lines.unshift(line);
    this.#list.prepend(line.line);
    for (const { line: old } of this.#lines.splice(MOST_LINES)) old.remove();
    this.#none.hidden = true;
    this.unread += 1;
    this.dispatchEvent(new CustomEvent("said", { detail: text }));
  }

  /** The person has looked. */
  read() {
    this.unread = 0;
  }

  clear() {
    this.#lines = [];
    this.#list.replaceChildren();
    this.#none.hidden = false;
    this.unread = 0;
    this.dispatchEvent(new CustomEvent("cleared"));
  }

  /** @param {string} text */
  #line(text) {
    const [time, count] = [make("time"), make("b")];
    return { text, times: 0, time, count, line: make("li", {}, time, make("span", {}, text), count) };
  }
}

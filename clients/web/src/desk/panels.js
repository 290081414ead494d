/** All controls by what they are about: one panel a group, tabs to reach them, rows for each dancer that there is. */

import { deskStrings } from "../strings.js";
import { make, mark } from "./element.js";
import { knobOf } from "./knob.js";
import { dancerOf, outletOf } from "./words.js";

/**
 * @typedef {import("./board.js").Board} Board
 * @typedef {import("./board.js").Control} Control
 * @typedef {import("./knob.js").Knob} Knob
 */

const ORDER = ["dance", "stage", "beat", "keyframe", "crew", "show", "sound", "outputs", "timing", "log", "more"];
/** @type {Record<string, string>} */
const TITLES = deskStrings.groups;

export class Panels {
  #board;
  #elsewhere;
  /** @type {Map<string, {tab: HTMLElement, section: HTMLElement, knobs: HTMLElement, extra: HTMLElement}>} */
  #groups = new Map();
  /** @type {Map<string, {made: string, knob: Knob}>} what is on the page, and of which description it was made */
  #knobs = new Map();
  /** @type {Map<number, HTMLDetailsElement>} */
  #members = new Map();
  #tabs;
  #sections;

  /**
   * @param {Board} board
   * @param {HTMLElement} tabs
   * @param {HTMLElement} sections
   * @param {Set<string>} elsewhere names of the controls that have a place of their own
   */
  constructor(board, tabs, sections, elsewhere) {
    this.#board = board;
    this.#tabs = tabs;
    this.#sections = sections;
    this.#elsewhere = elsewhere;
    tabs.setAttribute("role", "tablist");
    tabs.addEventListener("keydown", (event) => this.#walk(event));
    for (const name of ORDER) this.#group(name);
    this.choose(ORDER[0]);
    board.addEventListener("controls", () => this.#build());
    board.addEventListener("value", (event) => {
      const name = /** @type {CustomEvent} */ (event).detail;
      this.#knobs.get(name)?.knob.show(board.value(name));
      if (name === "dancers") this.#showMembers();
    });
  }

  /**
   * Where a group's other things go, below its controls.
   * @param {string} name
   */
  place(name) {
    return this.#group(name).extra;
  }

  /** @param {string} name */
  choose(name) {
    for (const [other, { tab, section }] of this.#groups) {
      mark(tab, "aria-selected", other === name);
      mark(tab, "tabindex", other === name ? 0 : -1);
      section.classList.toggle("chosen", other === name);
    }
    const { section } = this.#group(name);
    const box = /** @type {HTMLElement} */ (this.#sections.parentElement);
    // on a wide screen all panels are there: go to it; on a phone the whole page moves, and stays where it is
    if (getComputedStyle(box).overflowY !== "visible") box.scrollTop += section.getBoundingClientRect().top - box.getBoundingClientRect().top - 10;
  }

  /**
   * A person's choice: where the page moves as a whole, the tabs come up to its top, and the controls into sight.
   * @param {string} name
   */
  #goTo(name) {
    this.choose(name);
    const box = /** @type {HTMLElement} */ (this.#sections.parentElement);
    if (getComputedStyle(box).overflowY === "visible") this.#tabs.scrollIntoView({ block: "start" });
  }

  /**
   * A small number on a group's tab: something has happened there. 0: nothing.
   * @param {string} name
   * @param {number} count
   */
  badge(name, count) {
    const { tab } = this.#group(name);
    if (count > 0) mark(tab, "data-badge", Math.min(count, 99));
    else tab.removeAttribute("data-badge");
  }

  /** @param {string} name */
  #group(name) {
    const there = this.#groups.get(name);
    if (there) return there;
    const title = TITLES[name] ?? name;
    const tab = make("button", { type: "button", role: "tab", class: "tab", id: `tab-${name}`, onclick: () => this.#goTo(name) }, title);
    const knobs = make("div", { class: "knobs" });
    const extra = make("div", { class: "extra" });
    const section = make(
      "section",
      { class: "group", role: "tabpanel", "data-group": name, "aria-labelledby": `tab-${name}` },
      make("h2", {}, title), knobs, extra,
    );
    const group = { tab, section, knobs, extra };
    this.#groups.set(name, group);
    this.#tabs.append(tab);
    this.#sections.append(section);
    return group;
  }

  /** @param {KeyboardEvent} event */
  #walk(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const tabs = /** @type {HTMLElement[]} */ ([...this.#tabs.children].filter((tab) => !(/** @type {HTMLElement} */ (tab).hidden)));
    const next = tabs[(tabs.indexOf(/** @type {HTMLElement} */ (document.activeElement)) + by + tabs.length) % tabs.length];
    next.focus();
    next.click();
  }

  #build() {
    const gone = new Set(this.#knobs.keys());
    for (const control of this.#board.controls) {
      const { name } = control;
      if (this.#elsewhere.has(name)) continue;
      gone.delete(name);
      const made = JSON.stringify({ ...control, value: null });
      const there = this.#knobs.get(name);
      if (there?.made === made) continue; // a finger may be on it
      const knob = knobOf(control, this.#board);
      if (there) there.knob.element.replaceWith(knob.element);
      else this.#placeOf(control).append(knob.element);
      this.#knobs.set(name, { made, knob });
    }
    for (const name of gone) {
      this.#knobs.get(name)?.knob.element.remove();
      this.#knobs.delete(name);
    }
    for (const { tab, knobs, extra } of this.#groups.values()) tab.hidden = knobs.childElementCount + extra.childElementCount === 0;
    this.#showMembers();
  }

  /** @param {Control} control */
  #placeOf(control) {
    const dancer = dancerOf(control.name);
    if (dancer !== null) return this.#member(dancer);
    if (control.name === "offset_ms") return this.#group("timing").knobs;
    if (outletOf(control.name) !== null) return this.#group("outputs").knobs;
    return this.#group(ORDER.includes(control.group) ? control.group : "more").knobs;
  }

  /** @param {number} number */
  #member(number) {
    let details = this.#members.get(number);
    if (details === undefined) {
      const summary = make("summary", {}, deskStrings.crewMember(number));
      details = /** @type {HTMLDetailsElement} */ (make("details", { class: "member" }, summary, make("div", { class: "knobs" })));
      this.#members.set(number, details);
      this.place("crew").append(details);
    }
    return /** @type {HTMLElement} */ (details.lastElementChild);
  }

  /** Rows only for the dancers that there are. */
  #showMembers() {
    const dancers = Number(this.#board.value("dancers") ?? 1);
    for (const [number, details] of this.#members) details.hidden = number > dancers;
  }
}

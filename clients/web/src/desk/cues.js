/** The set list as pads: touch one and its cue comes; what is coming counts down to its beat. */

import { deskStrings } from "../strings.js";
import { icon, make, mark, write } from "./element.js";

/**
 * @typedef {object} Cue
 * @property {string} name
 * @property {number} fade_s
 * @property {string | null} when
 * @property {boolean} keyframe
 *
 * @typedef {object} SetList
 * @property {Cue[]} cues
 * @property {string | null} current
 * @property {string | null} pending
 * @property {number | null} pending_at_s on the server's clock
 *
 * @typedef {(message: {type: string, [field: string]: unknown}) => boolean} Say
 */

const SURE_MS = 3000; // so long a second press still means the first one's question
const LONGEST_NAME = 60;
const SHORT_NAME = 8; // letters that fit on a pad in the largest size
const NEXT = "M9 5l7 7-7 7";
const BEFORE = "M15 5l-7 7 7 7";

export class Cues {
  #say;
  #pads;
  #edit;
  #withPose;
  #editing = false;
  #typing = false;
  /** @type {SetList} */
  #list = { cues: [], current: null, pending: null, pending_at_s: null };
  /** @type {{name: string, pad: HTMLElement, count: HTMLElement}[]} */
  #shown = [];

  /**
   * @param {Say} say false: there is no line, and the person has been told
   * @param {HTMLElement} bar where the buttons go
   * @param {HTMLElement} pads
   */
  constructor(say, bar, pads) {
    this.#say = say;
    this.#pads = pads;
    const arrow = (/** @type {number} */ by, /** @type {string} */ path, /** @type {string} */ label) =>
      make("button", { type: "button", class: "small", "aria-label": label, onclick: () => this.step(by) }, icon(path));
    this.#edit = make("button", { type: "button", class: "small", "aria-pressed": false, onclick: () => this.#toggle() }, deskStrings.edit);
    this.#withPose = make(
      "button",
      { type: "button", class: "small pose", role: "switch", title: deskStrings.keepPoseHint, "aria-checked": false, onclick: () => mark(this.#withPose, "aria-checked", !this.#poseToo) },
      deskStrings.keepPose,
    );
    const keep = make("button", { type: "button", class: "small keep", title: deskStrings.keepHint, onclick: () => this.#keepNew() }, deskStrings.keep);
    bar.append(arrow(-1, BEFORE, deskStrings.previous), arrow(1, NEXT, deskStrings.next), keep, this.#withPose, this.#edit);
    this.#build();
  }

  /** The server tells the set list. @param {SetList} told */
  show(told) {
    const before = this.#list;
    this.#list = { cues: told.cues ?? [], current: told.current ?? null, pending: told.pending ?? null, pending_at_s: told.pending_at_s ?? null };
    const same = JSON.stringify(before.cues) === JSON.stringify(this.#list.cues);
    if (!same && !this.#typing) this.#build(); // else the field under the fingers would go
    this.#mark();
  }

  /** Go to the cue of this number, counted from 1. @param {number} number */
  recallNumber(number) {
    const cue = this.#list.cues[number - 1];
    if (cue) this.#recall(cue.name);
  }

  /** Go to the next (1) or the one before (-1). @param {number} by */
  step(by) {
    this.#say({ type: "set", name: by > 0 ? "cue_next" : "cue_previous", value: true });
  }

  /**
   * Count down: the server's time now, and how long a beat lasts (null: unknown).
   * @param {number | null} nowS
   * @param {number | null} periodS
   */
  count(nowS, periodS) {
    const { pending, pending_at_s: atS } = this.#list;
    if (pending === null || atS === null || nowS === null) return;
    const leftS = Math.max(atS - nowS, 0);
    for (const { name, count } of this.#shown) {
      if (name !== pending) continue;
      write(count, periodS ? deskStrings.inBeats(Math.ceil(leftS / periodS - 0.02)) : deskStrings.inSeconds(leftS));
    }
  }

  get #poseToo() {
    return this.#withPose.getAttribute("aria-checked") === "true";
  }

  /**
   * @param {string} action
   * @param {string} name
   * @param {{to?: string | number | null, keyframe?: boolean}} [more]
   */
  #do(action, name, { to = null, keyframe = false } = {}) {
    return this.#say({ type: "cue", do: action, name, to, when: null, fade_s: null, keyframe });
  }

  /** @param {string} name */
  #recall(name) {
    this.#do("recall", name);
  }

  #keepNew() {
    const taken = new Set(this.#list.cues.map(({ name }) => name));
    let number = this.#list.cues.length + 1;
    while (taken.has(deskStrings.cueName(number))) number += 1;
    this.#do("keep", deskStrings.cueName(number), { keyframe: this.#poseToo });
  }

  #toggle() {
    this.#editing = !this.#editing;
    this.#typing = false;
    mark(this.#edit, "aria-pressed", this.#editing);
    write(this.#edit, this.#editing ? deskStrings.done : deskStrings.edit);
    this.#build();
    this.#mark();
  }

  #build() {
    const { cues } = this.#list;
    this.#pads.classList.toggle("editing", this.#editing);
    this.#shown = cues.map((cue, at) => this.#padOf(cue, at));
    this.#pads.replaceChildren(...this.#shown.map(({ pad }) => pad));
    if (cues.length === 0) this.#pads.append(make("p", { class: "none" }, deskStrings.noCues));
  }

  /** @param {Cue} cue @param {number} at */
  #padOf(cue, at) {
    const count = make("span", { class: "count" });
    if (this.#editing) return { name: cue.name, pad: this.#editorOf(cue, at), count };
    const hint = deskStrings.cueHint(cue.when ?? "", cue.fade_s ?? 0);
    const name = make("span", { class: "name" }, cue.name);
    if (cue.name.length > SHORT_NAME) name.classList.add(cue.name.length > 10 ? "long" : "middling");
    const pad = make(
      "button",
      { type: "button", class: "pad", onclick: () => this.#recall(cue.name) },
      make("span", { class: "number" }, String(at + 1)), name, count,
      make("span", { class: "about" }, [cue.keyframe ? deskStrings.withPose : "", hint].filter(Boolean).join(" · ")),
    );
    return { name: cue.name, pad, count };
  }

  /** @param {Cue} cue @param {number} at */
  #editorOf(cue, at) {
    const last = this.#list.cues.length - 1;
    const field = /** @type {HTMLInputElement} */ (
      make("input", { type: "text", value: cue.name, maxlength: LONGEST_NAME, "aria-label": `${deskStrings.rename} ${at + 1}` })
    );
    const rename = () => {
      this.#typing = false;
      const to = field.value.trim();
      if (to && to !== cue.name) this.#do("rename", cue.name, { to });
      else field.value = cue.name;
    };
    field.addEventListener("focus", () => (this.#typing = true));
    field.addEventListener("blur", rename);
    field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") field.value = cue.name;
      if (event.key === "Enter" || event.key === "Escape") field.blur();
    });
    const small = (/** @type {string} */ label, /** @type {() => void} */ act, /** @type {Node | string} */ face, off = false) =>
      make("button", { type: "button", class: "small", "aria-label": `${label}: ${cue.name}`, disabled: off, onclick: act }, face);
    return make(
      "div",
      { class: "pad editor" },
      field,
      make(
        "div",
        { class: "tools" },
        small(deskStrings.earlier, () => this.#do("move", cue.name, { to: at - 1 }), icon(BEFORE), at === 0),
        small(deskStrings.later, () => this.#do("move", cue.name, { to: at + 1 }), icon(NEXT), at === last),
        guarded(deskStrings.replace, `${deskStrings.replace}: ${cue.name}`, () => this.#do("keep", cue.name, { keyframe: this.#poseToo })),
        guarded(deskStrings.remove, `${deskStrings.remove}: ${cue.name}`, () => this.#do("remove", cue.name)),
      ),
    );
  }

  #mark() {
    const { current, pending } = this.#list;
    for (const { name, pad, count } of this.#shown) {
      mark(pad, "data-at", name === pending ? "pending" : name === current ? "current" : "");
      mark(pad, "aria-current", name === current);
      if (name !== pending) write(count, "");
    }
  }
}

/**
 * A button that asks once before it acts.
 * @param {string} label
 * @param {string} hint
 * @param {() => void} act
 */
function guarded(label, hint, act) {
  let timer = 0;
  const calm = () => {
    button.classList.remove("asking");
    write(button, label);
  };
  const button = make("button", { type: "button", class: "small guarded", "aria-label": hint }, label);
  button.addEventListener("click", () => {
    clearTimeout(timer);
    if (button.classList.contains("asking")) {
      calm();
      act();
      return;
    }
    button.classList.add("asking");
    write(button, deskStrings.sure);
    timer = window.setTimeout(calm, SURE_MS);
  });
  return button;
}

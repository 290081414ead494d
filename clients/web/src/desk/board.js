/** What all controls stand at: the server's word, and while a finger is on one of them the finger's. */

import { Turns } from "./turns.js";

/** @typedef {import("./turns.js").Value} Value */

/**
 * @typedef {object} Control as the server describes it
 * @property {string} name
 * @property {"number" | "switch" | "choice" | "button"} kind
 * @property {string} group
 * @property {string} says
 * @property {number} least
 * @property {number} most
 * @property {number} step 0: any number between
 * @property {string} unit
 * @property {string[]} choices
 * @property {boolean} in_cues
 * @property {Value} [start]
 * @property {Value} value
 */

const SETTLE_S = 0.6; // so long after a finger has left, what comes back may still be its own earlier values

/**
 * The number that a control takes for it: within its ends, on its steps.
 * @param {Control} control
 * @param {number} value
 */
export function clamped({ least, most, step }, value) {
  const stepped = step > 0 ? least + Math.round((value - least) / step) * step : value;
  return Math.min(Math.max(Number(stepped.toFixed(6)), least), most);
}

/** Tells of "controls" (another list), "value" (one stands elsewhere: its name) and "lost" (not turned: its name). */
export class Board extends EventTarget {
  /** @type {Map<string, Control>} */
  #controls = new Map();
  /** @type {Map<string, Value>} */
  #starts = new Map();
  /** @type {Map<string, {value: Value, held: boolean, untilS: number}>} */
  #own = new Map();
  #turns;
  #outside;
  #say;

  /**
   * @param {(message: {type: string, [field: string]: unknown}) => boolean} say false: there is no line
   * @param {import("./turns.js").Outside} outside
   */
  constructor(say, outside) {
    super();
    this.#say = say;
    this.#outside = outside;
    this.#turns = new Turns((name, value) => say({ type: "set", name, value }), outside);
  }

  /** All controls, in the server's order. */
  get controls() {
    return [...this.#controls.values()];
  }

  /** @param {string} name */
  control(name) {
    return this.#controls.get(name) ?? null;
  }

  /**
   * The server lists its controls.
   * @param {Control[]} list
   */
  list(list) {
    this.#controls = new Map(list.filter((one) => typeof one?.name === "string").map((one) => [one.name, { ...one }]));
    for (const { name, start, value } of this.#controls.values()) {
      if (start !== undefined) this.#starts.set(name, start);
      else if (!this.#starts.has(name)) this.#starts.set(name, value);
    }
    this.#tell("controls", "");
    for (const name of this.#controls.keys()) this.#tell("value", name);
  }

  /**
   * The server says where a control stands by now.
   * @param {{name: string, value: Value}} change
   */
  hear({ name, value }) {
    const control = this.#controls.get(name);
    if (!control) return;
    control.value = value;
    const own = this.#own.get(name);
    if (own && !own.held && own.value === value) this.#own.delete(name); // it has arrived
    if (!this.#own.has(name)) this.#tell("value", name);
  }

  /**
   * What to show: the finger's value while one is on it and a moment after, else the server's.
   * @param {string} name
   * @returns {Value | null}
   */
  value(name) {
    return this.#own.get(name)?.value ?? this.#controls.get(name)?.value ?? null;
  }

  /** @param {string} name */
  start(name) {
    return this.#starts.get(name) ?? null;
  }

  /**
   * Turn a control; the server is told at once, and at most 60 times a second.
   * @param {string} name
   * @param {Value} value
   */
  turn(name, value) {
    const control = this.#controls.get(name);
    if (!control) return;
    if (control.kind === "button") {
      this.press(name);
      return;
    }
    const read = control.kind === "number" ? clamped(control, Number(value)) : value;
    if (read === this.value(name)) return;
    const held = this.#own.get(name)?.held ?? false;
    this.#own.set(name, { value: read, held, untilS: this.#settleS() });
    if (this.#turns.turn(name, read)) this.#settleLater(name);
    else this.#lose(name);
    this.#tell("value", name);
  }

  /**
   * Press a button.
   * @param {string} name
   */
  press(name) {
    if (!this.#say({ type: "set", name, value: true })) this.#lose(name);
  }

  /**
   * A finger is on it: what the server says is not shown until it leaves.
   * @param {string} name
   */
  hold(name) {
    const value = this.value(name);
    if (value !== null) this.#own.set(name, { value, held: true, untilS: Infinity });
  }

  /** @param {string} name */
  release(name) {
    const own = this.#own.get(name);
    if (!own) return;
    own.held = false;
    own.untilS = this.#settleS();
    this.#settleLater(name);
  }

  /** The line is gone: what was turned and has not arrived is lost, and is shown to be. */
  disconnect() {
    this.#turns.forget();
    for (const [name, { held }] of [...this.#own]) {
      if (held) continue;
      this.#own.delete(name);
      this.#tell("value", name);
    }
  }

  #settleS() {
    return this.#outside.localS() + SETTLE_S;
  }

  /** @param {string} name */
  #settleLater(name) {
    this.#outside.after(() => {
      const own = this.#own.get(name);
      if (!own || own.held || own.untilS > this.#outside.localS()) return;
      this.#own.delete(name);
      this.#tell("value", name);
    }, SETTLE_S + 0.01);
  }

  /** @param {string} name */
  #lose(name) {
    const own = this.#own.get(name);
    const control = this.#controls.get(name);
    if (own?.held && control) own.value = control.value;
    else this.#own.delete(name);
    this.#tell("lost", name);
  }

  /** @param {string} type @param {string} name */
  #tell(type, name) {
    this.dispatchEvent(new CustomEvent(type, { detail: name }));
  }
}

/** One control as a person touches it: a slider, a switch, a choice or a button. */

import { deskStrings } from "../strings.js";
import { make, mark, write } from "./element.js";
import { Slider } from "./slider.js";
import { choiceWord, labelOf } from "./words.js";

/**
 * @typedef {import("./board.js").Control} Control
 * @typedef {import("./board.js").Board} Board
 * @typedef {import("./turns.js").Value} Value
 *
 * @typedef {object} Knob
 * @property {HTMLElement} element
 * @property {(value: Value | null) => void} show
 */

const MOST_SEGMENTS = 12;
const LETTER_PX = 9; // about, of a segment's words
const LONGEST_SEGMENT = 16; // letters; longer ones are read better in a list

/**
 * The knob of a control.
 * @param {Control} control
 * @param {Board} board
 * @returns {Knob}
 */
export function knobOf(control, board) {
  const kinds = { number: numberKnob, switch: switchKnob, choice: choiceKnob, button: buttonKnob };
  const knob = (kinds[control.kind] ?? buttonKnob)(control, board);
  knob.element.dataset.control = control.name;
  knob.element.append(make("small", { class: "hint" }, control.says));
  knob.show(board.value(control.name));
  return knob;
}

/** @param {Control} control @param {Board} board @returns {Knob} */
function numberKnob(control, board) {
  const slider = new Slider(control, board);
  return { element: make("div", { class: "knob wide" }, slider.element), show: (value) => slider.show(Number(value)) };
}

/** @param {Control} control @param {Board} board @returns {Knob} */
function switchKnob(control, board) {
  const { name } = control;
  const word = make("b", { class: "state" });
  const button = make(
    "button",
    { type: "button", role: "switch", class: "switch", title: control.says, onclick: () => board.turn(name, board.value(name) !== true) },
    make("span", {}, labelOf(control)),
    word,
  );
  const show = (/** @type {Value | null} */ value) => {
    mark(button, "aria-checked", value === true);
    write(word, value === true ? deskStrings.on : deskStrings.off);
  };
  return { element: make("div", { class: "knob" }, button), show };
}

/** @param {Control} control @param {Board} board @returns {Knob} */
function buttonKnob(control, board) {
  const press = () => {
    board.press(control.name);
    flash(button);
  };
  const button = make("button", { type: "button", class: "press", title: control.says, onclick: press }, labelOf(control));
  return { element: make("div", { class: "knob" }, button), show: () => {} };
}

/**
 * Let a button light up for a moment: it was pressed.
 * @param {Element} button
 */
export function flash(button) {
  button.classList.remove("flash");
  void (/** @type {HTMLElement} */ (button).offsetWidth); // begin the animation anew
  button.classList.add("flash");
}

/** @param {Control} control @param {Board} board @returns {Knob} */
function choiceKnob(control, board) {
  const { choices } = control;
  const short = choices.length <= MOST_SEGMENTS && choices.every((word) => choiceWord(control, word).length <= LONGEST_SEGMENT);
  return short ? segments(control, board) : list(control, board);
}

/** @param {Control} control @param {Board} board @returns {Knob} */
function segments(control, board) {
  const { name, choices } = control;
  const buttons = choices.map((word) =>
    make("button", { type: "button", role: "radio", onclick: () => board.turn(name, word) }, choiceWord(control, word)),
  );
  const step = (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const reset = event.key === "Delete" || event.key === "Backspace";
    if ((by === undefined && !reset) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const at = choices.indexOf(String(board.value(name)));
    const next = reset ? choices.indexOf(String(board.start(name))) : (at + (by ?? 0) + choices.length) % choices.length;
    if (next < 0) return;
    board.turn(name, choices[next]);
    buttons[next].focus();
  };
  const group = make("div", { class: "segments", role: "radiogroup", "aria-label": labelOf(control), onkeydown: step }, ...buttons);
  const longest = Math.max(0, ...choices.map((word) => Math.max(...choiceWord(control, word).split(" ").map((part) => part.length))));
  group.style.setProperty("--least", `${Math.max(52, LETTER_PX * longest + 16)}px`);
  const show = (/** @type {Value | null} */ value) => {
    const at = choices.indexOf(String(value));
    buttons.forEach((button, k) => {
      mark(button, "aria-checked", k === at);
      mark(button, "tabindex", k === Math.max(at, 0) ? 0 : -1);
    });
  };
  return { element: make("div", { class: "knob wide choice" }, make("span", { class: "label" }, labelOf(control)), group), show };
}

/** @param {Control} control @param {Board} board @returns {Knob} */
function list(control, board) {
  const { name, choices } = control;
  const select = /** @type {HTMLSelectElement} */ (
    make("select", { "aria-label": labelOf(control), title: control.says }, ...choices.map((word) => make("option", { value: word }, choiceWord(control, word))))
  );
  select.addEventListener("change", () => board.turn(name, select.value));
  const label = make("span", { class: "label" }, labelOf(control));
  return { element: make("div", { class: "knob wide choice" }, label, select), show: (value) => void (select.value = String(value)) };
}

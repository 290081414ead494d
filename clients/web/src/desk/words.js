/** How a control and its value are said to a person. */

import { deskStrings } from "../strings.js";

/** @typedef {import("./board.js").Control} Control */

const CREW = /^dancer(\d+)_(\w+)$/;
const OUTLET = /^out(\d+)_offset_ms$/;
const PERCENT_UP_TO = 4; // a number of no unit that ends there at most is a share: of the music's, of the usual

/** @type {Record<string, string>} */
const NAMES = deskStrings.controls;
/** @type {Record<string, string>} */
const CREW_NAMES = deskStrings.crewControls;
/** @type {Record<string, Record<string, string>>} */
const CHOICES = deskStrings.choices;

/**
 * What a control is called.
 * @param {Control} control
 */
export function labelOf({ name, says }) {
  const crew = CREW.exec(name);
  if (crew) return CREW_NAMES[crew[2]] ?? says;
  if (OUTLET.test(name)) return says.replace(/: [^:]*$/, ""); // "OSC to 10.0.0.1:9000: so much later than the others"
  return Object.hasOwn(NAMES, name) ? NAMES[name] : says || name;
}

/**
 * Which dancer of the crew a control belongs to, counted from 1; null: not to one of them.
 * @param {string} name
 */
export function dancerOf(name) {
  const crew = CREW.exec(name);
  return crew ? Number(crew[1]) : null;
}

/**
 * Which outlet a control belongs to, counted from 1; null: to none.
 * @param {string} name
 */
export function outletOf(name) {
  const outlet = OUTLET.exec(name);
  return outlet ? Number(outlet[1]) : null;
}

/**
 * A word of a choice.
 * @param {Control} control
 * @param {string} choice
 */
export const choiceWord = ({ name }, choice) => CHOICES[name]?.[choice] ?? choice;

/** Minutes and seconds of a song. @param {number} seconds */
export const clockText = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

/**
 * A number with its unit.
 * @param {Control} control
 * @param {number} value
 */
export function numberWord({ name, unit, most, step, least }, value) {
  if (name === "position_s") return `${clockText(value)} / ${clockText(most)}`;
  if (unit === "" && step === 0 && least >= 0 && most <= PERCENT_UP_TO) return `${Math.round(value * 100)} %`;
  const digits = unit === "m" ? 2 : unit === "s" ? 1 : Number.isInteger(step) && step > 0 ? 0 : unit === "ms" || unit === "°" ? 0 : 2;
  const text = unit === "" || unit === "beats" ? String(Number(value.toFixed(2))) : value.toFixed(digits);
  const tidy = /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
  return unit === "°" ? `${tidy}°` : unit ? `${tidy} ${unit}` : tidy;
}

/**
 * How far one key or one press of a small button turns it.
 * @param {Control} control
 */
export function stepOf({ name, step, unit, least, most }) {
  if (step > 0) return step;
  if (name === "position_s") return 5;
  return { ms: 5, "°": 5, m: 0.05, s: 0.5 }[unit] ?? (most - least) / 50;
}

/**
 * Whether it is turned in steps that a finger cannot hit: it has small buttons beside it.
 * @param {Control} control
 */
export const needsSteps = ({ step, unit }) => unit === "ms" || unit === "beats" || step >= 1;

/** The blocks that may follow a pose's quaternions: the beat that comes next, and where the feet are (protocol/PROTOCOL.md, "Blocks"). */

import { WireError } from "./wire_error.js";

export const BEAT_BLOCK = 1;
export const CONTACTS_BLOCK = 2;
const BEAT_BYTES = 16;
const CONTACTS_BYTES = 48;

/**
 * @typedef {object} Block
 * @property {number} type
 * @property {Uint8Array} bytes its content, without header and padding
 *
 * @typedef {object} NextBeat the first beat after a pose is seen
 * @property {number} nextBeatS on the server's clock
 * @property {number} periodS
 * @property {number} beatsPerBar
 * @property {number} confidence 0 to 1; travels in 255 steps
 * @property {number} barPosition of that beat; 0 is the downbeat
 */

/** @param {Uint8Array} bytes */
const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * The block of a beat.
 * @param {NextBeat} beat
 * @returns {Block}
 * @throws {RangeError} when a number is not finite or does not fit
 */
export function beatBlock({ nextBeatS, periodS, beatsPerBar, confidence, barPosition }) {
  if (![nextBeatS, Math.fround(periodS), confidence].every(Number.isFinite)) {
    throw new RangeError("asked to send a beat with a number that is not finite");
  }
  if (!fits(beatsPerBar, 0xff) || !fits(barPosition, 0xffff)) {
    throw new RangeError(`asked to send beat ${barPosition} of ${beatsPerBar}, there is room for 65535 of 255`);
  }
  const view = new DataView(new ArrayBuffer(BEAT_BYTES));
  view.setFloat64(0, nextBeatS, true);
  view.setFloat32(8, periodS, true);
  view.setUint8(12, beatsPerBar);
  view.setUint8(13, roundedToEven(Math.min(Math.max(confidence, 0), 1) * 255));
  view.setUint16(14, barPosition, true);
  return { type: BEAT_BLOCK, bytes: new Uint8Array(view.buffer) };
}

/**
 * The block of where left heel, left toes, right heel and right toes are in the world.
 * @param {ArrayLike<number>} placesM four places of x, y, z
 * @returns {Block}
 * @throws {RangeError} when there are not four, or one is not finite
 */
export function contactsBlock(placesM) {
  const numbers = Float32Array.from(placesM);
  if (numbers.length !== CONTACTS_BYTES / 4 || !numbers.every(Number.isFinite)) {
    throw new RangeError(`asked to send feet at ${[...numbers].join(" ")}: give four finite places`);
  }
  const view = new DataView(new ArrayBuffer(CONTACTS_BYTES));
  numbers.forEach((number, k) => view.setFloat32(4 * k, number, true));
  return { type: CONTACTS_BLOCK, bytes: new Uint8Array(view.buffer) };
}

/**
 * What a beat block says.
 * @param {Uint8Array} bytes
 * @returns {NextBeat}
 * @throws {WireError} when it is not one
 */
export function nextBeatOf(bytes) {
  if (bytes.length !== BEAT_BYTES) throw wrongLength("beat", BEAT_BYTES, bytes.length);
  const view = viewOf(bytes);
  const [nextBeatS, periodS] = [view.getFloat64(0, true), view.getFloat32(8, true)];
  if (!Number.isFinite(nextBeatS) || !Number.isFinite(periodS)) throw notFinite("beat");
  return {
    nextBeatS,
    periodS,
    beatsPerBar: view.getUint8(12),
    confidence: view.getUint8(13) / 255,
    barPosition: view.getUint16(14, true),
  };
}

/**
 * What a contacts block says: x, y, z of left heel, left toes, right heel, right toes.
 * @param {Uint8Array} bytes
 * @returns {Float32Array}
 * @throws {WireError} when it is not one
 */
export function contactPlacesOf(bytes) {
  if (bytes.length !== CONTACTS_BYTES) throw wrongLength("contacts", CONTACTS_BYTES, bytes.length);
  const view = viewOf(bytes);
  const placesM = Float32Array.from({ length: CONTACTS_BYTES / 4 }, (_, k) => view.getFloat32(4 * k, true));
  if (!placesM.every(Number.isFinite)) throw notFinite("contacts");
  return placesM;
}

/**
 * The nearest whole number; of two that are as near, the even one, as every other sender does.
 * @param {number} value
 */
export function roundedToEven(value) {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/**
 * A whole number from 0 to the largest.
 * @param {number} value
 * @param {number} largest
 */
export const fits = (value, largest) => Number.isInteger(value) && value >= 0 && value <= largest;

/** @param {string} name @param {number} wanted @param {number} found */
const wrongLength = (name, wanted, found) =>
  new WireError("block", `a ${name} block has ${wanted} bytes, found ${found}`);

/** @param {string} name */
const notFinite = (name) => new WireError("not finite", `a ${name} block's numbers are finite, found one that is not`);

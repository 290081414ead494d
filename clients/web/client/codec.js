/** Reads and writes one binary message of the stream: bytes in, a pose out, and back (protocol/PROTOCOL.md, "Pose frame"). */

import { BEAT_BLOCK, CONTACTS_BLOCK, contactPlacesOf, fits, nextBeatOf, roundedToEven } from "./blocks.js";
import { WireError } from "./wire_error.js";

export { BEAT_BLOCK, beatBlock, CONTACTS_BLOCK, contactsBlock } from "./blocks.js";
export { WireError } from "./wire_error.js";

export const HEADER_BYTES = 56;
const MAGIC_GC = 0x4347; // "GC", little-endian
const MAJOR = 1;
const POSE = 1;
const FLAG_CUT = 1 << 4;
const FLAG_I16 = 1 << 5;
const FLAG_BEAT = 1 << 6;
const CONTACT_FLAGS = [1, 2, 4, 8];
const I16_ONE = 32767;
const MOST_JOINTS = 255;
const MOST_REVISIONS = 255;
const BLOCK_HEADER_BYTES = 4;
const LONGEST_BLOCK_BYTES = 0xffff;
const UNIT_WITHIN = 1e-6; // of a quaternion's squared length: what rounding to 32 bits leaves

/**
 * @typedef {object} Frame one pose as it travels
 * @property {number} seq
 * @property {number} revision how often this moment was planned anew since it was first sent
 * @property {number} dancer 0 for the first
 * @property {number} tCaptureS when the newest sound that shaped it was heard
 * @property {number} tPresentS when it is to be seen
 * @property {number | null} beat continuous count at tPresentS; null while none is known
 * @property {number} tempoBpm 0 if unknown
 * @property {number} energy 0 to 1
 * @property {Float32Array} rootM the hips' place: right-handed, Y up, metres
 * @property {Float32Array} quatWxyz four numbers a joint, local to its parent, unit length
 * @property {boolean[]} contacts left heel, left toes, right heel, right toes on the floor
 * @property {boolean} cut do not blend from the frame before
 * @property {"f32" | "i16"} encoding how its quaternions travelled
 * @property {import("./blocks.js").Block[]} blocks all of them, of known types and others
 * @property {import("./blocks.js").NextBeat | null} nextBeat what its beat block says
 * @property {Float32Array | null} contactPlacesM what its contacts block says, x y z four times
 *
 * @typedef {object} Sent what `encodeFrame` needs of a frame; what may be left out is 0, null, false or empty
 * @property {number} seq
 * @property {number} tCaptureS
 * @property {number} tPresentS
 * @property {ArrayLike<number>} rootM
 * @property {ArrayLike<number>} quatWxyz
 * @property {number} [revision]
 * @property {number} [dancer]
 * @property {number | null} [beat]
 * @property {number} [tempoBpm]
 * @property {number} [energy]
 * @property {readonly boolean[]} [contacts]
 * @property {boolean} [cut]
 * @property {"f32" | "i16"} [encoding]
 * @property {readonly import("./blocks.js").Block[]} [blocks] see `beatBlock` and `contactsBlock`
 */

/**
 * The frame in a message, its quaternions normalised (length 0: identity).
 * @param {ArrayBuffer | Uint8Array} message
 * @returns {Frame}
 * @throws {WireError} and nothing else, whatever the bytes are
 */
export function decodeFrame(message) {
  const size = message.byteLength;
  if (size < HEADER_BYTES) {
    throw new WireError("truncated", `a pose frame has ${HEADER_BYTES} bytes of header, found ${size} bytes`);
  }
  const view = message instanceof ArrayBuffer ? new DataView(message) : new DataView(message.buffer, message.byteOffset, size);
  if (view.getUint16(0, true) !== MAGIC_GC) throw new WireError("magic", 'a pose frame begins with "GC"');
  const major = view.getUint8(2);
  if (major !== MAJOR) throw new WireError("version", `this client knows version ${MAJOR}, found version ${major}`);
  const type = view.getUint8(3);
  if (type !== POSE) throw new WireError("type", `a pose frame is type ${POSE}, found type ${type}`);
  const flags = view.getUint8(4);
  const joints = view.getUint8(7);
  const packed = (flags & FLAG_I16) !== 0;
  const end = HEADER_BYTES + joints * (packed ? 8 : 16);
  if (size < end) throw new WireError("truncated", `${joints} joints end at byte ${end}, found ${size} bytes`);
  const numbers = {
    tCaptureS: view.getFloat64(16, true),
    tPresentS: view.getFloat64(24, true),
    beat: view.getFloat64(32, true),
    tempoBpm: view.getFloat32(12, true),
    energy: view.getFloat32(40, true),
  };
  const rootM = Float32Array.of(view.getFloat32(44, true), view.getFloat32(48, true), view.getFloat32(52, true));
  if (!Object.values(numbers).every(Number.isFinite) || !rootM.every(Number.isFinite)) throw notFinite();
  const quatWxyz = readQuaternions(view, joints, packed);
  const blocks = readBlocks(view, end);
  const beat = blocks.find((block) => block.type === BEAT_BLOCK);
  const feet = blocks.find((block) => block.type === CONTACTS_BLOCK);
  return {
    ...numbers,
    seq: view.getUint32(8, true),
    revision: view.getUint8(5),
    dancer: view.getUint8(6),
    beat: (flags & FLAG_BEAT) === 0 ? null : numbers.beat,
    rootM,
    quatWxyz,
    contacts: CONTACT_FLAGS.map((bit) => (flags & bit) !== 0),
    cut: (flags & FLAG_CUT) !== 0,
    encoding: packed ? "i16" : "f32",
    blocks,
    nextBeat: beat ? nextBeatOf(beat.bytes) : null,
    contactPlacesM: feet ? contactPlacesOf(feet.bytes) : null,
  };
}

/**
 * The message of a frame.
 * @param {Sent} frame
 * @returns {ArrayBuffer}
 * @throws {RangeError} when a number is not finite or does not fit
 */
export function encodeFrame(frame) {
  const { revision = 0, dancer = 0, beat = null, tempoBpm = 0, energy = 0, contacts = [], cut = false, blocks = [] } = frame;
  const { seq, rootM, quatWxyz, encoding = "f32" } = frame;
  const packed = encoding === "i16";
  const joints = quatWxyz.length / 4;
  if (!fits(joints, MOST_JOINTS) || rootM.length !== 3) {
    throw new RangeError(`asked to send ${joints} joints and ${rootM.length} numbers of a place: give at most 255, and 3`);
  }
  if (!fits(dancer, 0xff) || !Number.isInteger(seq) || !Number.isInteger(revision)) {
    throw new RangeError(`asked to send frame ${seq}, revision ${revision}, of dancer ${dancer}: give whole numbers`);
  }
  const doubles = [frame.tCaptureS, frame.tPresentS, beat ?? 0];
  const floats = Float32Array.of(tempoBpm, energy, rootM[0], rootM[1], rootM[2]);
  const quat = Float32Array.from(quatWxyz);
  if (![doubles, floats, quat].every((numbers) => numbers.every(Number.isFinite))) {
    throw new RangeError("asked to send a pose with a number that is not finite");
  }
  const begin = HEADER_BYTES + joints * (packed ? 8 : 16);
  const view = new DataView(new ArrayBuffer(begin + blocks.reduce((sum, block) => sum + sizeOf(block), 0)));
  let flags = CONTACT_FLAGS.reduce((sum, bit, k) => sum | (contacts[k] ? bit : 0), 0);
  flags |= (cut ? FLAG_CUT : 0) | (packed ? FLAG_I16 : 0) | (beat === null ? 0 : FLAG_BEAT);
  view.setUint16(0, MAGIC_GC, true);
  [MAJOR, POSE, flags, Math.min(Math.max(revision, 0), MOST_REVISIONS), dancer, joints].forEach((byte, k) => view.setUint8(2 + k, byte));
  view.setUint32(8, seq, true); // of a larger number it keeps the low 32 bits: the count begins again
  view.setFloat32(12, floats[0], true);
  doubles.forEach((number, k) => view.setFloat64(16 + 8 * k, number, true));
  floats.subarray(1).forEach((number, k) => view.setFloat32(40 + 4 * k, number, true));
  quat.forEach((part, k) => {
    if (packed) view.setInt16(HEADER_BYTES + 2 * k, roundedToEven(Math.fround(Math.min(Math.max(part, -1), 1) * I16_ONE)), true);
    else view.setFloat32(HEADER_BYTES + 4 * k, part, true);
  });
  writeBlocks(view, begin, blocks);
  return view.buffer;
}

function notFinite() {
  return new WireError("not finite", "a pose frame's numbers are finite, found one that is not");
}

/** @param {DataView} view @param {number} joints @param {boolean} packed */
function readQuaternions(view, joints, packed) {
  const quat = new Float32Array(joints * 4);
  for (let k = 0; k < quat.length; k += 1) {
    quat[k] = packed
      ? Math.max(view.getInt16(HEADER_BYTES + 2 * k, true) / I16_ONE, -1)
      : view.getFloat32(HEADER_BYTES + 4 * k, true);
    if (!Number.isFinite(quat[k])) throw notFinite();
  }
  for (let k = 0; k < quat.length; k += 4) {
    const square = quat[k] ** 2 + quat[k + 1] ** 2 + quat[k + 2] ** 2 + quat[k + 3] ** 2;
    if (Math.abs(square - 1) <= UNIT_WITHIN) continue;
    const length = Math.sqrt(square);
    if (length === 0) quat[k] = 1;
    else for (let c = 0; c < 4; c += 1) quat[k + c] /= length;
  }
  return quat;
}

/** @param {DataView} view @param {number} start */
function readBlocks(view, start) {
  const blocks = [];
  let at = start;
  while (at < view.byteLength) {
    if (view.byteLength - at < BLOCK_HEADER_BYTES) {
      throw new WireError("truncated", `a block begins with ${BLOCK_HEADER_BYTES} bytes, found ${view.byteLength - at}`);
    }
    const type = view.getUint16(at, true);
    const length = view.getUint16(at + 2, true);
    const content = at + BLOCK_HEADER_BYTES;
    at = content + length + padding(length);
    if (view.byteLength < at) {
      throw new WireError("truncated", `a block of type ${type} ends at byte ${at}, found ${view.byteLength} bytes`);
    }
    const bytes = new Uint8Array(view.buffer, view.byteOffset + content, length).slice();
    if (type === BEAT_BLOCK) nextBeatOf(bytes);
    else if (type === CONTACTS_BLOCK) contactPlacesOf(bytes);
    blocks.push({ type, bytes });
  }
  return blocks;
}

/** @param {number} length */
const padding = (length) => (4 - (length % 4)) % 4;

/** @param {import("./blocks.js").Block} block */
function sizeOf({ type, bytes }) {
  if (bytes.length > LONGEST_BLOCK_BYTES || !fits(type, 0xffff)) {
    throw new RangeError(`asked for a block of type ${type} and ${bytes.length} bytes, 65535 are the most of both`);
  }
  if (type === BEAT_BLOCK) nextBeatOf(bytes);
  else if (type === CONTACTS_BLOCK) contactPlacesOf(bytes);
  return BLOCK_HEADER_BYTES + bytes.length + padding(bytes.length);
}

/** @param {DataView} view @param {number} start @param {readonly import("./blocks.js").Block[]} blocks */
function writeBlocks(view, start, blocks) {
  let at = start;
  for (const block of blocks) {
    view.setUint16(at, block.type, true);
    view.setUint16(at + 2, block.bytes.length, true);
    new Uint8Array(view.buffer).set(block.bytes, at + BLOCK_HEADER_BYTES);
    at += sizeOf(block);
  }
}

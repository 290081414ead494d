/** Reads one binary message of the stream: bytes in, a pose out, nothing else (protocol/PROTOCOL.md, "Pose frame"). */

export const HEADER_BYTES = 56;
const MAGIC_GC = 0x4347; // "GC", little-endian
const MAJOR = 1;
const POSE = 1;
const FLAG_CUT = 1 << 4;
const FLAG_I16 = 1 << 5;
const FLAG_BEAT = 1 << 6;
const I16_ONE = 32767;

/** Bytes from outside that are not what the protocol says; `code` names what was wrong. */
export class WireError extends Error {
  constructor(code, message) {
    super(message);
    this.name = "WireError";
    this.code = code;
  }
}

/**
 * The frame in a message, its quaternions normalised (length 0: identity).
 * @param {ArrayBuffer} message
 * @throws {WireError} and nothing else, whatever the bytes are
 */
export function decodeFrame(message) {
  const size = message.byteLength;
  if (size < HEADER_BYTES) {
    throw new WireError("truncated", `a pose frame has ${HEADER_BYTES} bytes of header, found ${size} bytes`);
  }
  const view = new DataView(message);
  if (view.getUint16(0, true) !== MAGIC_GC) throw new WireError("magic", 'a pose frame begins with "GC"');
  const major = view.getUint8(2);
  if (major !== MAJOR) throw new WireError("version", `this page knows version ${MAJOR}, found version ${major}`);
  const type = view.getUint8(3);
  if (type !== POSE) throw new WireError("type", `a pose frame is type ${POSE}, found type ${type}`);
  const flags = view.getUint16(4, true);
  const joints = view.getUint8(7);
  const packed = (flags & FLAG_I16) !== 0;
  const end = HEADER_BYTES + joints * (packed ? 8 : 16);
  if (size < end) throw new WireError("truncated", `${joints} joints end at byte ${end}, found ${size} bytes`);
  const frame = {
    seq: view.getUint32(8, true),
    dancer: view.getUint8(6),
    tCaptureS: view.getFloat64(16, true),
    tPresentS: view.getFloat64(24, true),
    beat: view.getFloat64(32, true),
    tempoBpm: view.getFloat32(12, true),
    energy: view.getFloat32(40, true),
    rootM: new Float32Array([view.getFloat32(44, true), view.getFloat32(48, true), view.getFloat32(52, true)]),
    quatWxyz: readQuaternions(view, joints, packed),
    contacts: [1, 2, 4, 8].map((bit) => (flags & bit) !== 0),
    cut: (flags & FLAG_CUT) !== 0,
    blocks: readBlocks(view, end),
  };
  const numbers = [frame.tCaptureS, frame.tPresentS, frame.beat, frame.tempoBpm, frame.energy, ...frame.rootM];
  if (!numbers.every(Number.isFinite)) throw notFinite();
  if ((flags & FLAG_BEAT) === 0) frame.beat = null;
  return frame;
}

function notFinite() {
  return new WireError("not finite", "a pose frame's numbers are finite, found one that is not");
}

function readQuaternions(view, joints, packed) {
  const quat = new Float32Array(joints * 4);
  for (let k = 0; k < quat.length; k += 1) {
    quat[k] = packed
      ? Math.max(view.getInt16(HEADER_BYTES + 2 * k, true) / I16_ONE, -1)
      : view.getFloat32(HEADER_BYTES + 4 * k, true);
    if (!Number.isFinite(quat[k])) throw notFinite();
  }
  for (let k = 0; k < quat.length; k += 4) {
    const length = Math.hypot(quat[k], quat[k + 1], quat[k + 2], quat[k + 3]);
    if (length === 0) quat[k] = 1;
    else for (let c = 0; c < 4; c += 1) quat[k + c] /= length;
  }
  return quat;
}

function readBlocks(view, start) {
  const blocks = [];
  let at = start;
  while (at < view.byteLength) {
    if (view.byteLength - at < 4) {
      throw new WireError("truncated", `a block begins with 4 bytes, found ${view.byteLength - at}`);
    }
    const type = view.getUint16(at, true);
    const length = view.getUint16(at + 2, true);
    const next = at + 4 + length + ((4 - (length % 4)) % 4);
    if (view.byteLength < next) {
      throw new WireError("truncated", `a block of type ${type} ends at byte ${next}, found ${view.byteLength} bytes`);
    }
    blocks.push({ type, bytes: new Uint8Array(view.buffer, view.byteOffset + at + 4, length) });
    at = next;
  }
  return blocks;
}

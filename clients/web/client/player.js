/** Plays the dance of all dancers out at the server's time: frames in as they come, a pose out whenever a picture is drawn. */

import { EXTRAPOLATE_S, JitterBuffer } from "./jitter_buffer.js";
import { PlayOut } from "./play_out.js";

export { EXTRAPOLATE_S, JitterBuffer, REJOIN_S } from "./jitter_buffer.js";
export { slerp } from "./turns.js";

/**
 * @typedef {object} Beat where in the bar a moment is
 * @property {number} phase since the beat before, 0 to 1
 * @property {number} barPosition of the beat before; 0 is the downbeat
 * @property {number} beatsPerBar
 * @property {number} confidence 0 to 1
 * @property {number} nextS seconds until the next beat
 * @property {number} periodS
 *
 * @typedef {object} Pose how a dancer stands now
 * @property {Float32Array} quatWxyz four numbers a joint, local to its parent, unit length
 * @property {Float32Array} rootM the hips' place
 * @property {import("./codec.js").Frame} frame that it comes from
 * @property {number} atS the server's time that it is of
 * @property {number | null} beat continuous count; null while none is known
 * @property {Beat | null} bar from the beat block, for a client that asked for it
 * @property {number} tempoBpm
 * @property {number} energy
 * @property {boolean} held it stands still, for no frame has come
 */

export class Player {
  /** @type {Map<number, JitterBuffer>} */
  #dancers = new Map();
  #playOut = new PlayOut();
  #held = true;
  /** Seconds that the dance is shown later, as the person wishes; below 0, sooner. */
  delayS = 0;

  /** Another stream begins: nothing of the old one is shown, the figures blend over from where they stand. */
  reset() {
    for (const dancer of this.#dancers.values()) dancer.reset();
    this.#playOut.reset();
  }

  /**
   * Keep a frame for its time.
   * @param {import("./codec.js").Frame} frame
   */
  push(frame) {
    let dancer = this.#dancers.get(frame.dancer);
    if (dancer === undefined) this.#dancers.set(frame.dancer, (dancer = new JitterBuffer()));
    dancer.push(frame);
  }

  /** The numbers of the dancers seen so far. */
  get dancers() {
    return [...this.#dancers.keys()].sort((a, b) => a - b);
  }

  /** How many frames were received, came too late, and how often a figure stood still for want of them. */
  get counters() {
    const sum = { received: 0, late: 0, starved: 0 };
    for (const { counters } of this.#dancers.values()) {
      sum.received += counters.received;
      sum.late += counters.late;
      sum.starved += counters.starved;
    }
    return sum;
  }

  /** What the network adds to the person's delay, seconds: 0 unless frames come too late. */
  get addedDelayS() {
    return this.#playOut.delayS;
  }

  /**
   * The pose to show at server time nowS, null before a dancer's first frame. While the time is unknown (null) nobody
   * moves. Times must not go back by more than a clock correction does.
   * @param {number | null} nowS
   * @param {number} [dancer]
   * @returns {Pose | null}
   */
  pose(nowS, dancer = 0) {
    const buffer = this.#dancers.get(dancer);
    if (buffer === undefined) return null;
    if (nowS !== null && buffer.newestS !== null) this.#playOut.hear(nowS, buffer.newestS - (nowS - this.delayS));
    const atS = nowS === null ? null : nowS - this.delayS - this.#playOut.delayAt(nowS, this.#held);
    const standing = atS === null ? buffer.still() : buffer.at(atS);
    if (standing === null) return null;
    this.#held = standing.held;
    const { figure, source, held } = standing;
    const momentS = atS ?? source.tPresentS;
    const goesOnS = Math.min(momentS, source.tPresentS + EXTRAPOLATE_S);
    const { quatWxyz, rootM } = figure;
    const { tempoBpm, energy } = source;
    return { quatWxyz, rootM, frame: source, atS: momentS, beat: beatAt(source, goesOnS), bar: barAt(source, goesOnS), tempoBpm, energy, held };
  }
}

/** @param {import("./codec.js").Frame} frame @param {number} atS */
function beatAt(frame, atS) {
  return frame.beat === null ? null : frame.beat + ((atS - frame.tPresentS) * frame.tempoBpm) / 60;
}

/**
 * @param {import("./codec.js").Frame} frame
 * @param {number} atS
 * @returns {Beat | null}
 */
function barAt({ nextBeat }, atS) {
  if (nextBeat === null || nextBeat.periodS <= 0 || nextBeat.beatsPerBar < 1) return null;
  const { nextBeatS, periodS, beatsPerBar, confidence } = nextBeat;
  const beats = (atS - nextBeatS) / periodS; // since that beat: below 0 until it comes
  const whole = Math.floor(beats);
  const phase = beats - whole;
  const barPosition = (((nextBeat.barPosition + whole) % beatsPerBar) + beatsPerBar) % beatsPerBar;
  return { phase, barPosition, beatsPerBar, confidence, nextS: (1 - phase) * periodS, periodS };
}

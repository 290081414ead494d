/** Keeps one dancer's poses that came early, and gives the one for a moment: no jump, whatever the network does. */

import { between, difference, withDifference } from "./turns.js";

/** @typedef {import("./codec.js").Frame} Frame */
/** @typedef {import("./turns.js").Figure} Figure */
/**
 * @typedef {{a: Frame, b: Frame, share: number, held: boolean}} Segment the two frames around a moment, and how far between them it is
 * @typedef {object} Standing how a figure stands at a moment
 * @property {Figure} figure
 * @property {Frame} source the frame that it comes from
 * @property {boolean} held it stands still, for no frame has come
 */

export const EXTRAPOLATE_S = 0.1;
export const REJOIN_S = 0.15; // what a figure is off the dance fades away in this time
const KEPT_S = 5; // of frames; a server sends far less ahead
const SAME_MOMENT_S = 1e-6;
const OTHER_CLOCK_S = 10; // a frame so much before the last is of a server that was started anew
const LOST_IN_A_ROW = 3; // more are hardly ever lost

export class JitterBuffer {
  /** @type {Frame[]} */
  #frames = [];
  #shownS = -Infinity;
  /** @type {Segment | null} */
  #segment = null; // of the moment shown last
  /** @type {Standing | null} */
  #shown = null;
  #astray = false; // what was shown last lies on no track of these frames
  /** @type {{more: Figure, fromS: number} | null} */
  #carried = null; // what the figure is off the frames' track, and since when that fades
  counters = { received: 0, late: 0, starved: 0 };

  /** Another stream begins: nothing of the old one is shown, the figure blends over from where it stands. */
  reset() {
    this.#frames = [];
    this.#shownS = -Infinity;
    this.#segment = null;
    this.#carried = null;
    this.#astray = this.#shown !== null;
  }

  /** How many frames wait for their time. */
  get waiting() {
    return this.#frames.length;
  }

  /** The time of the latest frame, or null. */
  get newestS() {
    return this.#frames.length > 0 ? this.#frames[this.#frames.length - 1].tPresentS : null;
  }

  /**
   * Keep a frame for its time. A moment that is kept already is replaced, unless by an older plan of it; one that has
   * passed is counted as late.
   * @param {Frame} frame
   */
  push(frame) {
    const frames = this.#frames;
    this.counters.received += 1;
    if (frames.length > 0 && frame.tPresentS < frames[frames.length - 1].tPresentS - OTHER_CLOCK_S) this.reset();
    let at = this.#frames.length;
    while (at > 0 && this.#frames[at - 1].tPresentS > frame.tPresentS + SAME_MOMENT_S) at -= 1;
    if (frame.tPresentS <= this.#shownS) {
      this.counters.late += 1;
      // what is newer than all that we have is still the best that there is
      if (at < this.#frames.length || this.#isOf(at - 1, frame)) return;
    }
    if (this.#isOf(at - 1, frame)) {
      if (frame.revision < this.#frames[at - 1].revision) return;
      this.#frames[at - 1] = frame;
      at -= 1;
    } else this.#frames.splice(at, 0, frame);
    this.#dropLeftOver(at);
    const newestS = this.#frames[this.#frames.length - 1].tPresentS;
    while (this.#frames[0].tPresentS < newestS - KEPT_S) this.#frames.shift();
  }

  /** @param {number} at @param {Frame} frame */
  #isOf(at, frame) {
    return at >= 0 && Math.abs(this.#frames[at].tPresentS - frame.tPresentS) <= SAME_MOMENT_S;
  }

  /**
   * A newer plan replaces moments up to the last that was sent. Where one of its frames was lost, the old one stands
   * amidst the new ones: it was shaped by older sound than the revised frame before it and the one after. Drop it.
   * @param {number} at
   */
  #dropLeftOver(at) {
    const frames = this.#frames;
    const pushed = frames[at];
    const [before, after] = [frames[at - 1], frames[at + 1]];
    if (before && after && isLeftOver(before, [pushed], after)) frames.splice(at, 1);
    else {
      for (const way of [1, -1]) {
        let run = 0;
        while (run <= LOST_IN_A_ROW && frames[at + way * (run + 1)]?.tCaptureS < pushed.tCaptureS) run += 1;
        const beyond = frames[at + way * (run + 1)];
        const first = way < 0 ? at - run : at + 1;
        if (run === 0 || run > LOST_IN_A_ROW || beyond === undefined || frames[first].tPresentS <= this.#shownS) continue;
        const [left, right] = way < 0 ? [beyond, pushed] : [pushed, beyond];
        if (!isLeftOver(left, frames.slice(first, first + run), right)) continue;
        frames.splice(first, run);
        if (way < 0) at -= run;
      }
    }
  }

  /**
   * How the figure stands while the time is unknown: as it stood, or as in the first frame; null before that.
   * @returns {Standing | null}
   */
  still() {
    if (this.#shown === null && this.#frames.length > 0) {
      this.#shown = { figure: this.#frames[0], source: this.#frames[0], held: true };
      this.#astray = true;
    }
    return this.#shown && { ...this.#shown, held: true };
  }

  /**
   * How the figure stands at server time atS; null before the first frame.
   * @param {number} atS
   * @returns {Standing | null}
   */
  at(atS) {
    const frames = this.#frames;
    while (frames.length > 2 && frames[1].tPresentS <= this.#shownS) frames.shift();
    if (frames.length === 0) return this.still();
    if (atS < this.#shownS) this.#astray = true; // the person, or the way here, wants it later
    this.#followTrack(atS);
    const segment = segmentAt(frames, atS);
    if (frames.some((frame) => frame.cut && frame.tPresentS > this.#shownS && frame.tPresentS <= atS)) this.#carried = null;
    let figure = figureOf(segment);
    if (this.#carried !== null) {
      const passed = Math.max(atS - this.#carried.fromS, 0) / REJOIN_S;
      if (passed >= 1) this.#carried = null;
      else figure = withDifference(figure, this.#carried.more, 1 - passed * passed * (3 - 2 * passed));
    }
    if (segment.held && this.#shown?.held === false) this.counters.starved += 1;
    this.#segment = segment;
    this.#shownS = atS;
    this.#shown = { figure, source: segment.share < 1 ? segment.a : segment.b, held: segment.held };
    return this.#shown;
  }

  /**
   * Where the track has changed under what was shown last, carry the difference on and let it fade.
   * @param {number} atS
   */
  #followTrack(atS) {
    if (this.#shown === null) return;
    const seenS = this.#astray ? atS : this.#shownS;
    const now = segmentAt(this.#frames, seenS);
    const before = this.#segment;
    if (!this.#astray && now.a === before?.a && now.b === before?.b) return;
    const cut = !this.#astray && now.a.cut && now.a !== before?.a;
    this.#astray = false;
    const figure = figureOf(now);
    if (cut || figure.quatWxyz.length !== this.#shown.figure.quatWxyz.length) this.#carried = null;
    else this.#carried = { more: difference(figure, this.#shown.figure), fromS: seenS };
  }
}

/**
 * Frames between these two are of an older plan than both.
 * @param {Frame} left
 * @param {Frame[]} run
 * @param {Frame} right
 */
function isLeftOver(left, run, right) {
  return left.revision > 0 && run.every(({ tCaptureS }) => tCaptureS < left.tCaptureS && tCaptureS < right.tCaptureS);
}

/**
 * The two frames around a moment; beyond the last, how far the figure goes on by itself.
 * @param {Frame[]} frames at least one, in order
 * @param {number} atS
 * @returns {Segment}
 */
function segmentAt(frames, atS) {
  let next = frames.length;
  while (next > 0 && frames[next - 1].tPresentS > atS) next -= 1;
  if (next === 0) return { a: frames[0], b: frames[0], share: 0, held: false };
  const a = frames[Math.max(next - (next < frames.length ? 1 : 2), 0)];
  const b = frames[Math.min(next, frames.length - 1)];
  const spanS = b.tPresentS - a.tPresentS;
  if (next < frames.length) return { a, b, share: b.cut ? 0 : (atS - a.tPresentS) / spanS, held: false };
  const beyondS = atS - b.tPresentS;
  const goesOn = a !== b && !b.cut && spanS <= EXTRAPOLATE_S;
  const reachS = goesOn ? Math.min(beyondS, EXTRAPOLATE_S) : 0;
  return { a, b, share: 1 + (goesOn ? reachS / spanS : 0), held: beyondS > EXTRAPOLATE_S };
}

/**
 * @param {Segment} segment
 * @returns {Figure}
 */
function figureOf({ a, b, share }) {
  if (share === 0) return a;
  return share === 1 || a.quatWxyz.length !== b.quatWxyz.length ? b : between(a, b, share);
}

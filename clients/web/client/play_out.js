/** How much later than the server says a dance is shown: not at all, unless its frames keep coming too late for that. */

const WINDOW_S = 1;
const WINDOWS = 5; // the middle one counts: one that the network, or this machine, stood still in moves nothing
const FEWEST_WINDOWS = 2;
const LATE_SHARE = 0.1; // of a window's pictures
const COMFORT_S = 0.02; // frames should reach so far beyond the picture, for there to be one after it
const LONGEST_S = 1;
const LARGEST_SLEW = 0.05;

export class PlayOut {
  /** @type {number[]} */
  #reachesS = []; // of the pictures of this window
  #beganS = -Infinity;
  /** @type {number[]} */
  #lowsS = []; // of the windows before
  #delayS = 0;
  #atS = -Infinity;

  /** Another server: what was learned of the way to the last one is forgotten, what is shown goes on. */
  reset() {
    this.#reachesS = [];
    this.#lowsS = [];
    this.#beganS = -Infinity;
    this.#atS = -Infinity;
  }

  /** What is added now. */
  get delayS() {
    return this.#delayS;
  }

  /**
   * A picture is due at that server time: the frames that have come reach so far beyond it.
   * @param {number} nowS
   * @param {number} reachS below 0: they end before it
   */
  hear(nowS, reachS) {
    if (reachS < -LONGEST_S) return; // nothing comes at all
    if (nowS - this.#beganS >= WINDOW_S) {
      if (this.#reachesS.length > 0) {
        this.#lowsS.push(sorted(this.#reachesS)[Math.floor(LATE_SHARE * this.#reachesS.length)]);
        if (this.#lowsS.length > WINDOWS) this.#lowsS.shift();
      }
      this.#reachesS = [];
      this.#beganS = nowS;
    }
    this.#reachesS.push(reachS);
  }

  get #wantedS() {
    if (this.#lowsS.length < FEWEST_WINDOWS) return this.#delayS;
    const middleS = sorted(this.#lowsS)[Math.floor(this.#lowsS.length / 2)];
    return Math.min(Math.max(COMFORT_S - middleS, 0), LONGEST_S);
  }

  /**
   * What is to be added at that server time. It changes as slowly as a clock; at once where more is wanted and the
   * figure stands still for want of it.
   * @param {number} nowS
   * @param {boolean} still the figure stands still
   */
  delayAt(nowS, still) {
    const missingS = this.#wantedS - this.#delayS;
    const passedS = Math.min(Math.max(0, nowS - this.#atS), WINDOW_S);
    const mostS = still && missingS > 0 ? Infinity : LARGEST_SLEW * passedS;
    this.#delayS += Math.min(Math.max(missingS, -mostS), mostS);
    this.#atS = nowS;
    return this.#delayS;
  }
}

/** @param {number[]} numbers */
const sorted = (numbers) => [...numbers].sort((a, b) => a - b);

/** What time the server has: four stamps a ping, the quickest of the last pings counts, and the clock never jumps. */

const KEPT_PINGS = 16;
const LARGEST_SLEW = 0.05; // seconds a second: the dance runs so much faster or slower, which nobody sees
const JUMP_S = 0.25; // so far off it is another clock

export class ServerClock {
  /** @type {{roundTripS: number, offsetS: number}[]} */
  #pings = [];
  /** @type {number | null} */
  #towardsS = null; // the offset that the pings say
  #fromS = 0; // the offset at local time #sinceS, from where it moves towards that one
  #sinceS = 0;

  /** Forget everything: another server may answer. */
  reset() {
    this.#pings = [];
    this.#towardsS = null;
  }

  /**
   * A ping came back: sent at t0S and received at t3S here, received at t1S and answered at t2S there.
   * @param {number} t0S
   * @param {number} t1S
   * @param {number} t2S
   * @param {number} t3S
   */
  pong(t0S, t1S, t2S, t3S) {
    const roundTripS = t3S - t0S - (t2S - t1S);
    if (![t0S, t1S, t2S, t3S].every(Number.isFinite) || roundTripS < -1e-3) return;
    this.#pings.push({ roundTripS, offsetS: (t1S - t0S + (t2S - t3S)) / 2 });
    if (this.#pings.length > KEPT_PINGS) this.#pings.shift();
    const best = this.#pings.reduce((a, b) => (b.roundTripS < a.roundTripS ? b : a));
    const nowS = this.#offsetAt(t3S);
    const near = nowS !== null && Math.abs(best.offsetS - nowS) <= JUMP_S;
    this.#fromS = near ? nowS : best.offsetS;
    this.#towardsS = best.offsetS;
    this.#sinceS = t3S;
  }

  /** @param {number} localS */
  #offsetAt(localS) {
    if (this.#towardsS === null) return null;
    const mostS = LARGEST_SLEW * Math.max(0, localS - this.#sinceS);
    const missingS = this.#towardsS - this.#fromS;
    return this.#fromS + Math.min(Math.max(missingS, -mostS), mostS);
  }

  /** A ping has come back. */
  get synced() {
    return this.#towardsS !== null;
  }

  /** Server minus local, seconds, as the pings say; null before the first came back. */
  get offsetS() {
    return this.#towardsS;
  }

  /** The quickest way there and back of the last pings, or null. */
  get roundTripS() {
    return this.#pings.length ? Math.min(...this.#pings.map((ping) => ping.roundTripS)) : null;
  }

  /**
   * The server's time at a local time, or null while unknown.
   * @param {number} localS
   */
  at(localS) {
    const offsetS = this.#offsetAt(localS);
    return offsetS === null ? null : localS + offsetS;
  }
}

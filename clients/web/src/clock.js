/** What time the server has: four stamps a ping, and the quickest of the last pings counts. */

const KEPT_PINGS = 16;

export class ServerClock {
  #pings = [];
  #guessS = null;
  #steadyS = null;

  /** Forget everything: another server may answer. */
  reset() {
    this.#pings = [];
    this.#guessS = null;
    this.#steadyS = null;
  }

  /** A first guess, from a message that carries the server's time: late by the way here, which no ping has measured yet. */
  guess(serverS, localS) {
    this.#guessS = serverS - localS;
  }

  /** A ping came back: sent at t0S and received at t3S here, received at t1S and answered at t2S there. */
  pong(t0S, t1S, t2S, t3S) {
    const roundTripS = t3S - t0S - (t2S - t1S);
    if (![t0S, t1S, t2S, t3S].every(Number.isFinite) || roundTripS < -1e-3) return;
    this.#pings.push({ roundTripS, offsetS: (t1S - t0S + (t2S - t3S)) / 2 });
    if (this.#pings.length > KEPT_PINGS) this.#pings.shift();
    const best = this.#pings.reduce((a, b) => (b.roundTripS < a.roundTripS ? b : a));
    // A better ping moves the clock; half-way each time, so that the picture does not jump.
    const near = this.#steadyS !== null && Math.abs(best.offsetS - this.#steadyS) < 0.05;
    this.#steadyS = near ? (this.#steadyS + best.offsetS) / 2 : best.offsetS;
  }

  get synced() {
    return this.#steadyS !== null;
  }

  /** Server minus local, seconds; null before the server has said anything about time. */
  get offsetS() {
    return this.#steadyS ?? this.#guessS;
  }

  get roundTripS() {
    return this.#pings.length ? Math.min(...this.#pings.map((ping) => ping.roundTripS)) : null;
  }

  /** The server's time at a local time, or null while unknown. */
  at(localS) {
    return this.offsetS === null ? null : localS + this.offsetS;
  }
}

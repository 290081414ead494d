/** Chance that is the same on every machine: Park and Miller's minimal standard. */

export class Dice {
  #state;

  constructor(seed) {
    this.#state = seed;
  }

  /** A whole number from 0 to 2147483646. */
  throw() {
    this.#state = (this.#state * 48271) % 2147483647;
    return this.#state;
  }

  /** A whole number below a limit. */
  below(limit) {
    return this.throw() % limit;
  }

  /** A number from 0 to 1. */
  share() {
    return this.throw() / 2147483647;
  }
}

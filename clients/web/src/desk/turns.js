/** What a person turns, on its way to the server: at most 60 messages a second of each control, the newest always arrives. */

export const GAP_S = 1 / 60;

/**
 * @typedef {boolean | number | string} Value
 * @typedef {object} Outside
 * @property {() => number} localS
 * @property {(act: () => void, afterS: number) => unknown} after
 */

export class Turns {
  #send;
  #outside;
  /** @type {Map<string, {sentS: number, waiting: Value | null}>} */
  #last = new Map();

  /**
   * @param {(name: string, value: Value) => boolean} send false: there is no line
   * @param {Outside} outside
   */
  constructor(send, outside) {
    this.#send = send;
    this.#outside = outside;
  }

  /**
   * Send a control's new value, now or in a moment. False: there is no line, and it is lost.
   * @param {string} name
   * @param {Value} value
   */
  turn(name, value) {
    const nowS = this.#outside.localS();
    const last = this.#last.get(name);
    if (last?.waiting != null) {
      last.waiting = value; // a timer is running that will take it along
      return true;
    }
    const readyS = (last?.sentS ?? -Infinity) + GAP_S;
    if (nowS >= readyS) {
      this.#last.set(name, { sentS: nowS, waiting: null });
      return this.#send(name, value);
    }
    const kept = { sentS: last?.sentS ?? nowS, waiting: /** @type {Value | null} */ (value) };
    this.#last.set(name, kept);
    this.#outside.after(() => this.#later(name, kept), readyS - nowS);
    return true;
  }

  /**
   * @param {string} name
   * @param {{sentS: number, waiting: Value | null}} kept
   */
  #later(name, kept) {
    const { waiting } = kept;
    if (waiting === null || this.#last.get(name) !== kept) return;
    kept.waiting = null;
    kept.sentS = this.#outside.localS();
    this.#send(name, waiting);
  }

  /** The line is gone: what waits is not sent later, when nobody expects it. */
  forget() {
    this.#last.clear();
  }
}

/** Keeps the poses that came early and gives the one for now: in between two, a little beyond the last, never late ones. */

export const EXTRAPOLATE_S = 0.1;
const KEPT_S = 2; // of frames ahead; a server sends far less
const STALE_S = 0.5; // the newest frame is this late: the clocks disagree, so show it as it is
const REJOIN_S = 0.15; // blend from a held pose back into the dance

/** Between two unit quaternions at index k of a and b; t beyond 1 goes on turning. */
export function slerp(out, a, b, k, t) {
  let dot = a[k] * b[k] + a[k + 1] * b[k + 1] + a[k + 2] * b[k + 2] + a[k + 3] * b[k + 3];
  const sign = dot < 0 ? -1 : 1;
  dot = Math.min(dot * sign, 1);
  let wa = 1 - t;
  let wb = t;
  if (dot < 0.9995) {
    const angle = Math.acos(dot);
    const sine = Math.sin(angle);
    wa = Math.sin((1 - t) * angle) / sine;
    wb = Math.sin(t * angle) / sine;
  }
  wb *= sign;
  let length = 0;
  for (let c = 0; c < 4; c += 1) {
    out[k + c] = a[k + c] * wa + b[k + c] * wb;
    length += out[k + c] * out[k + c];
  }
  length = Math.sqrt(length) || 1;
  for (let c = 0; c < 4; c += 1) out[k + c] /= length;
}

function blend(a, b, t) {
  const quatWxyz = new Float32Array(b.quatWxyz.length);
  for (let k = 0; k < quatWxyz.length; k += 4) slerp(quatWxyz, a.quatWxyz, b.quatWxyz, k, t);
  const rootM = b.rootM.map((value, axis) => a.rootM[axis] + (value - a.rootM[axis]) * t);
  return { quatWxyz, rootM };
}

export class Player {
  #frames = [];
  #shownUntilS = -Infinity;
  #held = null; // the pose that stood still when frames ran out
  #rejoinedS = -Infinity;
  #last = null;
  counters = { received: 0, late: 0, starved: 0, stale: 0 };

  /** Another stream begins: nothing of the old one is shown, the figure blends over from where it stands. */
  reset() {
    this.#frames = [];
    this.#shownUntilS = -Infinity;
    this.#held = this.#last;
    this.#rejoinedS = -Infinity;
  }

  /** Keep a frame for its time; one whose time has passed a later frame already shown is dropped. */
  push(frame) {
    this.counters.received += 1;
    const restarted = this.#frames.length > 0 && frame.tPresentS < this.#frames.at(-1).tPresentS - 10;
    if (restarted) this.reset();
    if (frame.tPresentS <= this.#shownUntilS) {
      this.counters.late += 1;
      return;
    }
    let at = this.#frames.length;
    while (at > 0 && this.#frames[at - 1].tPresentS > frame.tPresentS) at -= 1;
    if (at > 0 && this.#frames[at - 1].tPresentS === frame.tPresentS) this.#frames[at - 1] = frame;
    else this.#frames.splice(at, 0, frame);
    const newestS = this.#frames.at(-1).tPresentS;
    while (this.#frames[0].tPresentS < newestS - KEPT_S) this.#frames.shift();
  }

  /** How many frames wait for their time. */
  get waiting() {
    return this.#frames.length;
  }

  /**
   * The pose to show at server time nowS (null: the time is unknown, show the newest); null before the first frame.
   * Times must not go back by more than a clock correction does.
   */
  pose(nowS) {
    const frames = this.#frames;
    if (frames.length === 0) return this.#last;
    const newest = frames.at(-1);
    const unknown = nowS === null || newest.tPresentS < nowS - STALE_S;
    if (unknown) {
      if (nowS !== null && this.#last?.frame !== newest) this.counters.stale += 1;
      return this.#show(newest, newest, 0, newest.tPresentS, nowS ?? newest.tPresentS, false);
    }
    while (frames.length > 2 && frames[1].tPresentS <= nowS) frames.shift();
    const [a, b] = frames;
    if (!b || nowS <= a.tPresentS) return this.#show(a, a, 0, a.tPresentS, nowS, false);
    const spanS = b.tPresentS - a.tPresentS;
    const beyondS = nowS - b.tPresentS;
    if (beyondS > 0) {
      const reachS = spanS > EXTRAPOLATE_S || b.cut ? 0 : Math.min(beyondS, EXTRAPOLATE_S);
      const starved = beyondS > EXTRAPOLATE_S;
      return this.#show(a, b, 1 + reachS / spanS, b.tPresentS, nowS, starved);
    }
    const t = b.cut && beyondS < 0 ? 0 : (nowS - a.tPresentS) / spanS;
    return this.#show(a, b, t, a.tPresentS, nowS, false);
  }

  #show(a, b, t, shownS, nowS, starved) {
    this.#shownUntilS = Math.max(this.#shownUntilS, shownS);
    let pose = t === 0 ? { quatWxyz: a.quatWxyz, rootM: a.rootM } : blend(a, b, t);
    const source = t < 1 ? a : b;
    if (starved) {
      if (this.#held === null) this.counters.starved += 1;
      this.#held = { quatWxyz: pose.quatWxyz, rootM: pose.rootM };
      this.#rejoinedS = -Infinity;
    } else if (this.#held !== null) {
      if (this.#rejoinedS === -Infinity) this.#rejoinedS = nowS;
      const share = Math.min((nowS - this.#rejoinedS) / REJOIN_S, 1);
      const fits = this.#held.quatWxyz.length === pose.quatWxyz.length;
      if (share >= 1 || share < 0 || !fits || source.cut) this.#held = null;
      else pose = blend(this.#held, pose, share * share * (3 - 2 * share));
    }
    const beatRate = source.tempoBpm > 0 ? source.tempoBpm / 60 : 0;
    this.#last = {
      ...pose,
      frame: source,
      beat: source.beat === null ? null : source.beat + (starved ? 0 : (nowS - source.tPresentS) * beatRate),
      tempoBpm: source.tempoBpm,
      energy: source.energy,
    };
    return this.#last;
  }
}

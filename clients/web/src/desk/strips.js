/** Two strips under the figure: what is heard now, and what will be danced in the next seconds. */

import { deskStrings } from "../strings.js";
import { fitted } from "./beat_wheel.js";

/**
 * @typedef {{t_s: number, bands: number[], energy: number, onset: number, level_db: number | null}} Hearing
 * @typedef {{now_s: number, first_s: number, committed_s: number, fps: number, speed: number[], marks: {at_s: number, what: string, name: string}[]}} Plan
 */

const KEPT_S = 10;
const FALL_PER_S = 2.5; // how fast a band's bar sinks when the sound is gone
const SILENT_DB = -60;
const HOT_DB = -6;
const PLAN_S = 2.4; // how much of what is to come fits in
const FASTEST_M_S = 1.8; // joints' mean speed at the top of the strip
const COLOURS = { cue: "#ffd666", keyframe: "#ff8fd0", pin: "#9dff8f" };

export class HearingStrip {
  #canvas;
  /** @type {Hearing | null} */
  #last = null;
  /** @type {{t_s: number, energy: number}[]} */
  #past = [];
  #bars = new Float32Array(0);

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
  }

  /** @param {Hearing} told */
  hear(told) {
    if (!Array.isArray(told.bands)) return;
    if (this.#last !== null && told.t_s < this.#last.t_s) this.#past = [];
    this.#last = told;
    this.#past.push({ t_s: told.t_s, energy: told.energy });
    while (this.#past.length > 0 && this.#past[0].t_s < told.t_s - KEPT_S) this.#past.shift();
    if (this.#bars.length !== told.bands.length) this.#bars = new Float32Array(told.bands.length);
    told.bands.forEach((band, k) => (this.#bars[k] = Math.max(this.#bars[k], Math.min(Math.max(band, 0), 1))));
  }

  /** How loud it is, decibels of full scale; null: unknown. */
  get levelDb() {
    return this.#last?.level_db ?? null;
  }

  /** @param {number} elapsedS */
  draw(elapsedS) {
    const pen = fitted(this.#canvas);
    if (pen === null) return;
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    pen.clearRect(0, 0, width, height);
    const meter = 12;
    const room = width - meter - 8;
    const count = this.#bars.length || 32;
    const onset = this.#last?.onset ?? 0;
    for (let k = 0; k < this.#bars.length; k += 1) {
      const wanted = this.#last ? this.#last.bands[k] : 0;
      this.#bars[k] = Math.max(this.#bars[k] - FALL_PER_S * elapsedS, Math.min(Math.max(wanted, 0), 1), 0);
      const tall = Math.max(this.#bars[k] * (height - 4), 2);
      pen.fillStyle = `hsl(${190 + (k / count) * 130} 85% ${58 + 18 * Math.min(onset, 1)}% / 78%)`;
      pen.fillRect((k / count) * room + 1, height - tall, room / count - 2, tall);
    }
    this.#drawEnergy(pen, room, height);
    const db = this.levelDb;
    const loud = db === null ? 0 : Math.min(Math.max(1 - db / SILENT_DB, 0), 1);
    pen.fillStyle = "rgb(255 255 255 / 14%)";
    pen.fillRect(width - meter, 0, meter, height);
    pen.fillStyle = db !== null && db > HOT_DB ? "#ff6b5c" : "#5be08d";
    pen.fillRect(width - meter, height * (1 - loud), meter, height * loud);
  }

  /** @param {CanvasRenderingContext2D} pen @param {number} width @param {number} height */
  #drawEnergy(pen, width, height) {
    if (this.#last === null || this.#past.length < 2) return;
    pen.strokeStyle = "#fff";
    pen.lineWidth = 2.5;
    pen.lineJoin = "round";
    pen.beginPath();
    for (const { t_s: atS, energy } of this.#past) {
      pen.lineTo(width * (1 - (this.#last.t_s - atS) / KEPT_S), height - 3 - Math.min(Math.max(energy, 0), 1) * (height - 8));
    }
    pen.stroke();
  }
}

export class PlanStrip {
  #canvas;
  /** @type {Plan | null} */
  #plan = null;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
  }

  /** @param {Plan} told */
  hear(told) {
    if (Array.isArray(told.speed) && told.fps > 0) this.#plan = { ...told, marks: told.marks ?? [] };
  }

  /**
   * @param {number | null} nowS the server's time
   * @param {{nextS: number, periodS: number, barPosition: number, beatsPerBar: number} | null} bar
   */
  draw(nowS, bar) {
    const pen = fitted(this.#canvas);
    if (pen === null) return;
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    pen.clearRect(0, 0, width, height);
    const xAt = (/** @type {number} */ atS) => ((atS - (nowS ?? 0)) / PLAN_S) * width;
    if (bar !== null && nowS !== null && bar.periodS > 0.1) {
      // the beats that are to come
      for (let k = 0; k * bar.periodS + bar.nextS < PLAN_S; k += 1) {
        const first = (bar.barPosition + 1 + k) % bar.beatsPerBar === 0;
        pen.fillStyle = first ? "rgb(255 214 102 / 60%)" : "rgb(255 255 255 / 22%)";
        pen.fillRect(xAt(nowS + bar.nextS + k * bar.periodS) - 1, 0, first ? 3 : 1.5, height);
      }
    }
    const plan = this.#plan;
    if (plan === null || nowS === null || plan.speed.length === 0) return;
    const yAt = (/** @type {number} */ speed) => height - 2 - Math.min(Math.max(speed, 0) / FASTEST_M_S, 1) * (height - 6);
    const decided = Math.min(Math.max(xAt(plan.committed_s), 0), width);
    for (const [from, to, strength] of [[0, decided, 70], [decided, width, 26]]) {
      if (to <= from) continue;
      pen.save();
      pen.beginPath();
      pen.rect(from, 0, to - from, height);
      pen.clip();
      pen.fillStyle = `rgb(92 225 255 / ${strength}%)`;
      pen.beginPath();
      pen.moveTo(xAt(plan.first_s), height);
      plan.speed.forEach((speed, k) => pen.lineTo(xAt(plan.first_s + k / plan.fps), yAt(speed)));
      pen.lineTo(xAt(plan.first_s + (plan.speed.length - 1) / plan.fps), height);
      pen.fill();
      pen.restore();
    }
    pen.fillStyle = "#5ce1ff";
    pen.fillRect(decided - 1, 0, 2, height);
    pen.font = "700 15px system-ui, sans-serif";
    pen.textBaseline = "top";
    for (const { at_s: atS, what, name } of plan.marks) {
      const x = xAt(atS);
      if (x < -2 || x > width) continue;
      pen.fillStyle = Object.hasOwn(COLOURS, what) ? COLOURS[/** @type {keyof typeof COLOURS} */ (what)] : "#fff";
      pen.fillRect(x - 1.5, 0, 3, height);
      pen.textAlign = x > width * 0.7 ? "right" : "left";
      pen.fillText(String(name || what).slice(0, 24), x + (x > width * 0.7 ? -7 : 7), 3);
    }
    pen.textAlign = "right";
    pen.textBaseline = "bottom";
    pen.font = "600 14px system-ui, sans-serif";
    pen.fillStyle = "#c9cedb";
    pen.fillText(deskStrings.ahead(PLAN_S), width - 4, height - 2);
  }
}

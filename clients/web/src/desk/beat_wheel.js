/** The bar as a wheel: its beats around, a hand that turns with the music, the beat that is now in the middle. */

import { deskStrings } from "../strings.js";
import { write } from "./element.js";

/**
 * @typedef {import("../../client/player.js").Pose} Pose
 * @typedef {import("../../client/player.js").Beat} Beat
 */

const TURN = 2 * Math.PI;
const GAP = 0.09; // between two beats, radians
const PHRASE_BARS = 4;

/**
 * Where in the bar a pose is, whether or not the server sends beat blocks; null while no beat is known.
 * @param {Pose | null} pose
 * @param {number} beatsPerBar as the state says
 * @returns {{phase: number, barPosition: number, beatsPerBar: number, bar: number | null} | null}
 */
export function beatOf(pose, beatsPerBar) {
  if (pose === null) return null;
  const per = pose.bar?.beatsPerBar ?? beatsPerBar;
  const whole = pose.beat === null ? null : Math.floor(pose.beat + 1e-6);
  const bar = whole === null ? null : Math.floor(whole / per);
  if (pose.bar !== null) return { phase: pose.bar.phase, barPosition: pose.bar.barPosition, beatsPerBar: per, bar };
  if (pose.beat === null || whole === null) return null;
  return { phase: pose.beat - whole, barPosition: ((whole % per) + per) % per, beatsPerBar: per, bar };
}

export class BeatWheel {
  #canvas;
  #tempo;
  #bar;
  #about;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{tempo: Element, bar: Element, about: Element}} words
   */
  constructor(canvas, { tempo, bar, about }) {
    this.#canvas = canvas;
    this.#tempo = tempo;
    this.#bar = bar;
    this.#about = about;
  }

  /**
   * @param {ReturnType<typeof beatOf>} beat
   * @param {number} tempoBpm 0: unknown
   * @param {import("../../client/messages.js").State | null} state
   */
  draw(beat, tempoBpm, state) {
    write(this.#tempo, tempoBpm > 0 ? tempoBpm.toFixed(1) : "–");
    write(this.#bar, beat?.bar == null ? "" : deskStrings.bar(beat.bar + 1));
    write(this.#about, state && beat ? deskStrings.beatBy(state.beat_source, Math.round(100 * state.confidence)) : deskStrings.noBeat);
    const pen = fitted(this.#canvas);
    if (pen === null) return;
    const { clientWidth: size } = this.#canvas;
    const middle = size / 2;
    const radius = middle - 9;
    const per = beat?.beatsPerBar ?? 4;
    pen.clearRect(0, 0, size, size);
    pen.lineCap = "butt";
    for (let k = 0; k < per; k += 1) {
      const from = (k / per) * TURN - TURN / 4 + GAP / 2;
      const to = ((k + 1) / per) * TURN - TURN / 4 - GAP / 2;
      const now = beat !== null && k === beat.barPosition;
      const passed = beat !== null && k < beat.barPosition;
      pen.lineWidth = now ? 15 : 10;
      const strength = now ? Math.exp(-2 * beat.phase) : 0;
      const [r, g, b] = k === 0 ? [255, 214, 102] : [92, 225, 255];
      pen.strokeStyle = beat === null ? "rgb(255 255 255 / 16%)" : `rgb(${r} ${g} ${b} / ${now ? 55 + 45 * strength : passed ? 42 : 18}%)`;
      pen.beginPath();
      pen.arc(middle, middle, radius, from, to);
      pen.stroke();
    }
    if (beat === null) return;
    const angle = ((beat.barPosition + beat.phase) / per) * TURN - TURN / 4;
    pen.strokeStyle = "#fff";
    pen.lineWidth = 4;
    pen.lineCap = "round";
    pen.beginPath();
    pen.moveTo(middle + Math.cos(angle) * (radius - 17), middle + Math.sin(angle) * (radius - 17));
    pen.lineTo(middle + Math.cos(angle) * (radius + 7), middle + Math.sin(angle) * (radius + 7));
    pen.stroke();
    pen.fillStyle = beat.barPosition === 0 ? "#ffd666" : "#f4f2ec";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.font = `800 ${Math.round(size * 0.36)}px system-ui, sans-serif`;
    pen.fillText(String(beat.barPosition + 1), middle, middle - size * 0.02);
    if (beat.bar === null) return;
    const inPhrase = ((beat.bar % PHRASE_BARS) + PHRASE_BARS) % PHRASE_BARS; // which of four bars
    for (let k = 0; k < PHRASE_BARS; k += 1) {
      pen.fillStyle = k === inPhrase ? "#f4f2ec" : "rgb(255 255 255 / 26%)";
      pen.beginPath();
      pen.arc(middle + (k - 1.5) * 11, middle + size * 0.23, k === inPhrase ? 3.6 : 2.6, 0, TURN);
      pen.fill();
    }
  }
}

/**
 * A canvas's pen in its own pixels, the canvas as fine as the screen; null while it is not to be seen.
 * @param {HTMLCanvasElement} canvas
 */
export function fitted(canvas) {
  const { clientWidth, clientHeight } = canvas;
  if (clientWidth === 0 || clientHeight === 0) return null;
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const [width, height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d");
  pen?.setTransform(width / clientWidth, 0, 0, height / clientHeight, 0, 0);
  return pen;
}

/** The calibration wizard: clicks that are heard, flashes that are seen, taps along to both, and the offset that they make. */

import { make, mark, write } from "./element.js";

/**
 * @typedef {object} Line what the wizard needs of the page
 * @property {(message: {type: string, [field: string]: unknown}) => boolean} say
 * @property {(type: "calibration", hear: (told: Told) => void) => void} on
 * @property {{at: (localS: number) => number | null}} clock
 * @property {() => number} localS
 * @property {() => {name: string, label: string}[]} targets the offsets that can be set
 *
 * @typedef {object} Told how it goes
 * @property {string} stage
 * @property {string} text
 * @property {number[]} at_s when to click or flash, on the server's clock
 * @property {number | null} offset_ms
 * @property {number | null} spread_ms
 * @property {number} heard
 * @property {string} target
 *
 * @typedef {Record<string, any>} Strings
 */

const LOOK_EVERY_MS = 50;
const AHEAD_S = 0.35; // a click is handed to the sound card this much before it is heard
const FLASH_S = 0.1;
const PICTURE_S = 1 / 60;
const CLICK = { seconds: 0.03, fromHz: 1200, toHz: 1200, loudness: 0.5 };
// what the server looks for: realtime/calibrate.py
const CHIRP = { seconds: 0.02, fromHz: 500, toHz: 6000, loudness: 0.8 };
const AUDIBLE = new Set(["click", "loopback"]);
const TAPPED = new Set(["click", "flash"]);
const OPEN = new Set(["click", "flash", "loopback", "result", "refused"]);

/**
 * Put the wizard on the page.
 * @param {HTMLElement} element
 * @param {Line} line
 * @param {Strings} strings
 */
export function mount(element, line, strings) {
  return new Wizard(element, line, strings);
}

class Wizard {
  #line;
  #strings;
  /** @type {AudioContext | null} */
  #context = null;
  #mine = false; // this page began it: it alone clicks, flashes and is tapped on
  #by = "taps";
  #stage = "idle";
  /** @type {number[]} */
  #atS = [];
  /** @type {number[]} not yet handed to the sound card */
  #toPlay = [];
  /** @type {AudioBufferSourceNode[]} */
  #playing = [];
  #timer = 0;
  #target;
  #busy;
  #over;
  #disc = make("div", { class: "wizard-disc" });
  #title = make("h2", {});
  #text = make("p", { class: "wizard-text", role: "status" });
  #number = make("p", { class: "wizard-number" });
  #again;
  #keep;
  #stop;

  /**
   * @param {HTMLElement} element
   * @param {Line} line
   * @param {Strings} strings
   */
  constructor(element, line, strings) {
    this.#line = line;
    this.#strings = strings;
    this.#target = /** @type {HTMLSelectElement} */ (make("select", { class: "wizard-target", "aria-label": strings.target }));
    this.#busy = make("p", { class: "none", hidden: true }, strings.busy);
    const taps = make("button", { type: "button", class: "press", onclick: () => this.#start("taps") }, strings.byTaps);
    const microphone = make("button", { type: "button", class: "press", onclick: () => this.#start("microphone") }, strings.byMicrophone);
    element.append(make("p", { class: "none" }, strings.about), this.#target, taps, microphone, this.#busy);
    this.#again = make("button", { type: "button", class: "press", onclick: () => this.#start(this.#by) }, strings.again);
    this.#keep = make("button", { type: "button", class: "press wizard-keep", onclick: () => this.#say("keep") }, strings.keep);
    this.#stop = make("button", { type: "button", class: "press", onclick: () => this.#close() }, strings.stop);
    const buttons = make("div", { class: "wizard-buttons" }, this.#keep, this.#again, this.#stop);
    this.#over = make("aside", { class: "wizard", role: "dialog", "aria-label": strings.title, hidden: true }, this.#title, this.#disc, this.#number, this.#text, buttons);
    document.body.append(this.#over);
    this.#over.addEventListener("pointerdown", (event) => {
      if (!(event.target instanceof Element && event.target.closest("button"))) this.#tap(event.timeStamp / 1000);
    });
    // before the desk's own keys, which mean other things
    window.addEventListener("keydown", (event) => this.#key(event), true);
    line.on("calibration", (told) => this.#hear(told));
    this.#fill();
    this.#target.addEventListener("pointerdown", () => this.#fill());
    this.#target.addEventListener("focus", () => this.#fill());
  }

  /** @param {string} what @param {{[field: string]: unknown}} [more] */
  #say(what, more = {}) {
    return this.#line.say({ type: "calibrate", do: what, ...more });
  }

  /** The offsets that there are by now. */
  #fill() {
    const targets = this.#line.targets();
    const names = targets.map(({ name }) => name).join();
    if (this.#target.dataset.names === names) return;
    const chosen = this.#target.value;
    this.#target.replaceChildren(...targets.map(({ name, label }) => make("option", { value: name, selected: name === chosen }, label)));
    this.#target.dataset.names = names;
    this.#target.hidden = targets.length < 2;
  }

  /** @param {string} by "taps" or "microphone" */
  #start(by) {
    this.#by = by;
    this.#fill();
    this.#context ??= new AudioContext({ latencyHint: "interactive" });
    void this.#context.resume(); // this is a press of the person's: sound is allowed from here on
    this.#mine = by === "taps" ? this.#say("start", { target: this.#target.value || "offset_ms" }) : this.#say("loopback");
  }

  #close() {
    this.#say("stop");
    this.#stage = "idle";
    this.#show({ stage: "idle", text: "", at_s: [], offset_ms: null, spread_ms: null, heard: 0, target: "" });
  }

  /** @param {number} localS */
  #tap(localS) {
    if (!TAPPED.has(this.#stage)) return;
    const atS = this.#line.clock.at(localS);
    if (atS !== null) this.#say("taps", { at_s: [atS] });
    this.#over.classList.add("tapped");
    setTimeout(() => this.#over.classList.remove("tapped"), 90);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (this.#over.hidden) return;
    if (event.key === "Escape") this.#close();
    else if (event.key === "Tab" || !TAPPED.has(this.#stage)) {
      event.stopPropagation(); // the keys of the desk are asleep; those of the buttons are not
      return;
    } else if (!event.repeat) this.#tap(event.timeStamp / 1000);
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {Told} told */
  #hear(told) {
    if (!this.#mine) {
      this.#busy.hidden = !OPEN.has(told.stage);
      return;
    }
    const anew = told.stage !== this.#stage || told.at_s[0] !== this.#atS[0];
    this.#stage = told.stage;
    this.#show(told);
    if (anew) this.#begin(told);
    if (told.stage === "idle") this.#mine = false;
  }

  /** @param {Told} told */
  #show({ stage, text, at_s: atS, offset_ms: offsetMs, spread_ms: spreadMs, heard }) {
    const strings = this.#strings;
    this.#over.hidden = !OPEN.has(stage);
    mark(this.#over, "data-stage", stage);
    write(this.#title, strings.stages[stage] ?? "");
    write(this.#text, stage === "loopback" ? strings.loopbackAbout : TAPPED.has(stage) ? strings.about2[stage] : text);
    write(this.#number, offsetMs !== null ? strings.offset(offsetMs, spreadMs) : TAPPED.has(stage) ? strings.taps(heard, atS.length) : "");
    this.#keep.hidden = stage !== "result";
    this.#again.hidden = stage !== "result" && stage !== "refused";
    write(this.#stop, stage === "result" || stage === "refused" ? strings.close : strings.stop);
  }

  /** @param {Told} told */
  #begin({ stage, at_s: atS }) {
    clearInterval(this.#timer);
    for (const node of this.#playing.splice(0)) node.stop();
    this.#atS = atS;
    this.#toPlay = AUDIBLE.has(stage) ? [...atS] : [];
    if (this.#toPlay.length > 0) this.#timer = window.setInterval(() => this.#play(), LOOK_EVERY_MS);
    if (stage === "flash") requestAnimationFrame((atMs) => this.#flash(atMs / 1000, atS));
    this.#disc.classList.remove("lit");
    if (this.#keep.hidden) this.#stop.blur();
    else this.#keep.focus();
  }

  /** Light the disc in the pictures in which a pose of that moment would be shown. @param {number} localS @param {number[]} atS */
  #flash(localS, atS) {
    if (this.#stage !== "flash" || atS !== this.#atS) return;
    const nowS = this.#line.clock.at(localS);
    const lit = nowS !== null && atS.some((oneS) => nowS >= oneS - PICTURE_S / 2 && nowS < oneS + FLASH_S);
    this.#disc.classList.toggle("lit", lit);
    requestAnimationFrame((atMs) => this.#flash(atMs / 1000, atS));
  }

  /** Hand what is heard soon to the sound card. */
  #play() {
    const context = this.#context;
    const localS = this.#line.localS();
    const nowS = this.#line.clock.at(localS);
    if (context === null || nowS === null || context.state !== "running") return;
    while (this.#toPlay.length > 0 && this.#toPlay[0] - nowS < AHEAD_S) {
      const inS = /** @type {number} */ (this.#toPlay.shift()) - nowS;
      const start = this.#heardNow(context, localS) + inS;
      if (start < context.currentTime) continue; // too late: the server does without
      const node = new AudioBufferSourceNode(context, { buffer: tone(context, this.#stage === "click" ? CLICK : CHIRP) });
      node.connect(context.destination);
      node.start(start);
      this.#playing.push(node);
    }
    if (this.#toPlay.length === 0) clearInterval(this.#timer);
  }

  /** The context's time that is heard at this moment, the loudspeaker's delay included. @param {AudioContext} context @param {number} localS */
  #heardNow(context, localS) {
    const stamp = context.getOutputTimestamp?.();
    if (stamp?.performanceTime && stamp.contextTime) {
      const heard = stamp.contextTime + (localS - stamp.performanceTime / 1000);
      if (Math.abs(heard - context.currentTime) < 1) return heard;
    }
    return context.currentTime - (context.outputLatency || context.baseLatency || 0);
  }
}

/**
 * A short tone that rises from one pitch to another, and swells and fades.
 * @param {AudioContext} context
 * @param {{seconds: number, fromHz: number, toHz: number, loudness: number}} shape
 */
function tone(context, { seconds, fromHz, toHz, loudness }) {
  const count = Math.round(seconds * context.sampleRate);
  const samples = new Float32Array(count);
  for (let k = 0; k < count; k += 1) {
    const s = k / context.sampleRate;
    const swell = 0.5 - 0.5 * Math.cos((2 * Math.PI * k) / (count - 1));
    samples[k] = loudness * swell * Math.sin(2 * Math.PI * (fromHz * s + ((toHz - fromHz) * s * s) / (2 * seconds)));
  }
  const buffer = new AudioBuffer({ length: count, sampleRate: context.sampleRate });
  buffer.copyToChannel(samples, 0);
  return buffer;
}

/** What is heard: how loud it is, where in the song, and sound that this very page gives or plays. */

import { deskStrings } from "../strings.js";
import { make, mark, write } from "./element.js";
import { Slider } from "./slider.js";

const SILENT_DB = -60;
const HOT_DB = -6;
/** @type {("microphone" | "tab")[]} */
const KINDS = ["microphone", "tab"];

/**
 * @typedef {object} Capturing what sends this browser's sound
 * @property {"microphone" | "tab" | null} kind
 * @property {(kind: "microphone" | "tab") => Promise<void>} start
 * @property {() => void} stop
 * @property {(type: string, hear: () => void) => void} addEventListener
 */

export class SoundPanel {
  #capture;
  #log;
  #meter = make("div", { class: "meter", role: "img" }, make("i"));
  #level = make("b", { class: "level" });
  #song = make("p", { class: "song" });
  #where = make("div", { class: "knob wide", "data-control": "position_s" });
  /** @type {{durationS: number, slider: Slider} | null} */
  #position = null;
  #held = false;
  #seek;
  #peers = make("p", { class: "peers" });
  /** @type {Record<string, HTMLElement>} */
  #send = {};
  #wanted = false;

  /**
   * @param {HTMLElement} place
   * @param {Capturing} capture
   * @param {(here: boolean) => void} play the music is to be heard in this browser, or no more
   * @param {(positionS: number) => void} seek
   * @param {(text: string) => void} log
   */
  constructor(place, capture, play, seek, log) {
    this.#seek = seek;
    this.#capture = capture;
    this.#log = log;
    for (const kind of KINDS) this.#send[kind] = make("button", { type: "button", class: "press", hidden: true, onclick: () => this.#toggle(kind) });
    const state = make("b", { class: "state" }, deskStrings.off);
    // off at first: another page of the same machine plays it already, on most desks
    const here = make("button", { type: "button", role: "switch", class: "switch", "aria-checked": false }, make("span", {}, deskStrings.playHere), state);
    here.addEventListener("click", () => {
      const on = here.getAttribute("aria-checked") !== "true";
      mark(here, "aria-checked", on);
      write(state, on ? deskStrings.on : deskStrings.off);
      play(on);
    });
    place.append(
      make("div", { class: "levels" }, this.#meter, this.#level), this.#song, this.#where,
      make("div", { class: "knobs" }, ...[here, ...Object.values(this.#send)].map((button) => make("div", { class: "knob wide" }, button))), this.#peers,
    );
    capture.addEventListener("change", () => this.#showSend());
  }

  /**
   * @param {number | null} db
   * @param {{title: string, duration_s: number} | null} transport
   * @param {number} positionS
   */
  show(db, transport, positionS) {
    const share = db === null ? 0 : Math.min(Math.max(1 - db / SILENT_DB, 0), 1);
    this.#meter.style.setProperty("--share", share.toFixed(3));
    this.#meter.classList.toggle("hot", db !== null && db > HOT_DB);
    write(this.#level, deskStrings.level(db));
    write(this.#song, transport?.title ? deskStrings.song(transport.title) : "");
    this.#where.hidden = !transport || transport.duration_s <= 0;
    if (!transport || transport.duration_s <= 0) return;
    if (this.#position?.durationS !== transport.duration_s) this.#measure(transport.duration_s);
    this.#shownS = this.#held ? this.#shownS : positionS;
    this.#position?.slider.show(this.#shownS);
  }

  #shownS = 0;

  /** A slider as long as the song; it goes there when the finger leaves. @param {number} durationS */
  #measure(durationS) {
    const control = {
      name: "position_s", kind: /** @type {const} */ ("number"), group: "sound", says: deskStrings.controls.position_s,
      least: 0, most: durationS, step: 0, unit: "s", choices: [], in_cues: false, value: 0,
    };
    const go = () => {
      this.#held = false;
      this.#seek(this.#shownS);
    };
    let dragged = false;
    const slider = new Slider(control, {
      value: () => this.#shownS,
      start: () => 0,
      hold: () => ([this.#held, dragged] = [true, false]),
      turn: (_, value) => {
        [this.#shownS, dragged] = [Math.min(Math.max(Number(value), 0), durationS), true];
        if (!this.#held) go();
        slider.show(this.#shownS);
      },
      release: () => (dragged ? go() : (this.#held = false)),
    });
    this.#position = { durationS, slider };
    this.#where.replaceChildren(slider.element);
  }

  /** Whether the show takes sound of clients. @param {{wanted: boolean}} told */
  input({ wanted }) {
    this.#wanted = wanted;
    this.#showSend();
  }

  /** @param {{midi?: string[], link?: number | null, prodj?: number | null}} told */
  peers({ midi = [], link = null, prodj = null }) {
    const words = [
      midi.length > 0 ? `${deskStrings.peers.midi}: ${midi.join(", ")}` : "",
      link === null ? "" : `${deskStrings.peers.link}: ${deskStrings.peerCount(link)}`,
      prodj === null ? "" : `${deskStrings.peers.prodj}: ${deskStrings.peerCount(prodj)}`,
    ];
    write(this.#peers, words.filter(Boolean).join(" · "));
  }

  #showSend() {
    for (const kind of KINDS) {
      const own = this.#capture.kind === kind;
      this.#send[kind].hidden = !this.#wanted;
      write(this.#send[kind], own ? deskStrings.stopSending : kind === "tab" ? deskStrings.sendTab : deskStrings.sendMicrophone);
      mark(this.#send[kind], "aria-pressed", own);
    }
  }

  /** @param {"microphone" | "tab"} kind */
  async #toggle(kind) {
    if (this.#capture.kind === kind) {
      this.#capture.stop();
      return;
    }
    try {
      await this.#capture.start(kind);
    } catch (error) {
      this.#log(error instanceof Error ? error.message : String(error));
    }
  }
}

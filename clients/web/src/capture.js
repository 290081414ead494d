/** What this browser hears, a microphone or another tab, on its way to the dancer (protocol/PROTOCOL.md, "Live sound"). */

import { localS } from "../client/local_clock.js";
import { toInt16 } from "./song.js";
import { strings } from "./strings.js";

const HEADER_BYTES = 24;
const MAGIC_GCLS = 0x534c4347; // "GCLS", little-endian
const I16 = 1;
const MOST_WAITING_BYTES = 1 << 16; // a slow line loses sound rather than delaying it
const WINDOW_S = 1;
const FOLLOW_S_PER_S = 1e-3; // quartz differs by less
const JUMP_S = 0.05;

// Music, not a telephone call: nothing may be taken out of it or turned up.
const AS_IT_SOUNDS = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

/** A block of mono samples -1..1 as a message. */
export function soundMessage({ seq, rateHz, captureS, samples }) {
  const message = new DataView(new ArrayBuffer(HEADER_BYTES + 2 * samples.length));
  message.setUint32(0, MAGIC_GCLS, true);
  message.setUint8(4, I16);
  message.setUint8(5, 1);
  message.setUint16(6, 0, true);
  message.setUint32(8, seq >>> 0, true);
  message.setUint32(12, rateHz, true);
  message.setFloat64(16, captureS, true);
  toInt16(samples).forEach((sample, k) => message.setInt16(HEADER_BYTES + 2 * k, sample, true));
  return message.buffer;
}

/** From a sound clock to the local one: blocks arrive late by a varying amount and never early, so the lowest lateness counts. */
export class SteadyOffset {
  #lowS = Infinity;
  #olderLowS = Infinity;
  #windowEndsS = -Infinity;
  #offsetS = null;
  #firstS = null;
  #lastS = null;

  /** A block that ended at soundS arrived at atS; returns local minus sound time. */
  at(soundS, atS) {
    const seenS = atS - soundS;
    this.#firstS ??= soundS;
    if (soundS >= this.#windowEndsS) {
      this.#olderLowS = this.#lowS;
      this.#lowS = seenS;
      this.#windowEndsS = soundS + WINDOW_S;
    }
    this.#lowS = Math.min(this.#lowS, seenS);
    const lowS = Math.min(this.#lowS, this.#olderLowS);
    const off = this.#offsetS === null ? Infinity : lowS - this.#offsetS;
    const settling = soundS - this.#firstS < WINDOW_S && off < 0;
    if (settling || Math.abs(off) > JUMP_S) this.#offsetS = lowS;
    else {
      const mostS = FOLLOW_S_PER_S * Math.max(0, soundS - this.#lastS);
      this.#offsetS += Math.min(Math.max(off, -mostS), mostS);
    }
    this.#lastS = soundS;
    return this.#offsetS;
  }
}

export class Capture extends EventTarget {
  #connection;
  #clock;
  #context = null;
  #stream = null;
  #kind = null;
  #turn = 0; // counts beginnings and ends: what was asked for before the last one is not wanted any more
  #asking = null;
  #label = "";
  #sending = false;
  #seq = 0;
  #offset = new SteadyOffset();
  #latencyS = 0;
  counters = { sent: 0, lost: 0 };

  constructor(connection, clock) {
    super();
    this.#connection = connection;
    this.#clock = clock;
    connection.addEventListener("open", () => this.#ask());
    connection.addEventListener("status", ({ detail }) => {
      if (detail.state === "lost") this.#sending = false;
    });
    connection.addEventListener("input", ({ detail }) => this.#answered(detail));
    connection.addEventListener("notice", ({ detail }) => {
      if (this.#kind !== null && String(detail.code ?? "").startsWith("input_")) this.stop(false);
    });
  }

  /** "microphone", "tab", or null: what is heard here. */
  get kind() {
    return this.#kind;
  }

  /** Ask the person, then the server, and send what is heard. Throws with words for the person. */
  async start(kind) {
    if (this.#asking === kind) return; // the question is still on the screen
    this.stop();
    const turn = this.#turn;
    this.#asking = kind;
    try {
      const stream = await askedFor(kind);
      const [track] = stream.getAudioTracks();
      if (!track) {
        end(stream);
        throw new Error(strings.tabWithoutSound);
      }
      await this.#sendFrom(turn, kind, stream, track.label, track.getSettings().latency);
    } catch (error) {
      if (turn === this.#turn) throw error; // else something else is wanted by now
    } finally {
      if (turn === this.#turn) this.#asking = null;
    }
  }

  /** Send what this stream carries, from now on. */
  async listenTo(kind, label, stream, latencyS) {
    this.stop();
    await this.#sendFrom(this.#turn, kind, stream, label, latencyS);
  }

  async #sendFrom(turn, kind, stream, label, latencyS) {
    let context = null;
    try {
      if (turn === this.#turn) {
        stream.getAudioTracks()[0].addEventListener("ended", () => turn === this.#turn && this.stop());
        context = new AudioContext({ latencyHint: "interactive" });
        await context.audioWorklet.addModule("capture_worklet.js");
        await context.resume();
      }
      if (turn !== this.#turn) {
        end(stream, context);
        return;
      }
      const node = new AudioWorkletNode(context, "groovecast-capture");
      context.createMediaStreamSource(stream).connect(node);
      node.connect(context.destination); // it gives silence, but unconnected it would not run everywhere
      node.port.onmessage = ({ data }) => turn === this.#turn && this.#send(data, context.sampleRate);
    } catch (error) {
      end(stream, context);
      throw new Error(strings.captureFailed(error.message));
    }
    this.#context = context;
    this.#stream = stream;
    this.#kind = kind;
    this.#label = label;
    this.#latencyS = Number.isFinite(latencyS) ? latencyS : 0;
    this.#offset = new SteadyOffset();
    this.#ask();
  }

  /** Hear no more, and no longer wait to; `say` tells the server. */
  stop(say = true) {
    this.#turn += 1;
    this.#asking = null;
    if (this.#kind === null) return;
    this.#kind = null;
    this.#sending = false;
    end(this.#stream, this.#context);
    if (say) this.#connection.say({ type: "input", kind: "off" });
    this.#tell();
  }

  #ask() {
    if (this.#kind === null) return;
    this.#seq = 0;
    this.#connection.say({ type: "input", kind: this.#kind, label: this.#label });
    this.#tell();
  }

  #answered({ yours }) {
    if (this.#kind === null) return;
    if (this.#sending && !yours) this.stop(false); // the server has ended it
    else this.#sending = yours;
  }

  #send({ samples, firstS }, rateHz) {
    const atS = localS();
    const offsetS = this.#offset.at(firstS + samples.length / rateHz, atS);
    const captureS = this.#clock.at(firstS + offsetS - this.#latencyS);
    if (!this.#sending) return;
    const seq = this.#seq;
    this.#seq += 1;
    const full = this.#connection.waitingBytes > MOST_WAITING_BYTES;
    if (full || !this.#connection.sendBytes(soundMessage({ seq, rateHz, captureS: captureS ?? 0, samples }))) {
      this.counters.lost += 1;
    } else this.counters.sent += 1;
  }

  #tell() {
    this.dispatchEvent(new CustomEvent("change"));
  }
}

function end(stream, context = null) {
  stream.getTracks().forEach((track) => track.stop());
  context?.close();
}

async function askedFor(kind) {
  const devices = navigator.mediaDevices;
  if (!devices || (kind === "tab" && !devices.getDisplayMedia)) {
    throw new Error(window.isSecureContext ? strings.noCapture : strings.captureNeedsSecurity);
  }
  try {
    if (kind === "microphone") return await devices.getUserMedia({ audio: AS_IT_SOUNDS });
    return await devices.getDisplayMedia({
      audio: { ...AS_IT_SOUNDS, suppressLocalAudioPlayback: false },
      video: { width: { max: 64 }, height: { max: 64 }, frameRate: { max: 1 } }, // must be asked for; nobody looks at it
      systemAudio: "include",
      selfBrowserSurface: "include",
    });
  } catch (error) {
    if (error.name === "NotAllowedError") throw new Error(strings.captureDenied);
    if (error.name === "NotFoundError") throw new Error(strings.noMicrophone);
    throw new Error(strings.captureFailed(error.message));
  }
}

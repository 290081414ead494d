/** The music, heard in step with the dance: starts at the server's time, and starts over when it has drifted. */

import { localS } from "../client/local_clock.js";
import { strings } from "./strings.js";

const LEAD_S = 0.02; // a start is planned this far ahead, no more: at a loop's seam it is silence
const LONGEST_RING_OUT_S = 0.25; // so long the music before may sound on until the next begins
const LARGEST_DRIFT_S = 0.02;
const CHECK_EVERY_MS = 250;
const CHECKS_BEFORE_TRUST = 4;
const SAME_SONG_S = 0.5;
const FADE_S = 0.008;

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** The music's position at server time nowS. */
export function positionAt(transport, nowS) {
  const p = transport.playing && nowS !== null ? transport.position_s + (nowS - transport.at_s) : transport.position_s;
  const end = transport.duration_s > 0 ? transport.duration_s : Infinity;
  return Math.min(Math.max(p, 0), end);
}

export class Sound extends EventTarget {
  #context = new AudioContext({ latencyHint: "interactive" });
  #out = this.#context.createGain();
  #transport = null;
  #buffer = null;
  #track = null; // the address that #buffer came from
  #own = null; // {buffer, title} of the person's own song
  #source = null; // {node, gain, startedAt, offsetS}
  #drifts = [];
  driftMs = null;
  restarts = 0;

  constructor(clock) {
    super();
    this.clock = clock;
    this.#out.connect(this.#context.destination);
    this.#context.onstatechange = () => this.#follow();
    setInterval(() => this.#check(), CHECK_EVERY_MS);
  }

  /** The browser wants a click before it makes a sound. */
  get blocked() {
    return this.#context.state !== "running" && this.#transport?.playing === true && this.#wanted() !== null;
  }

  /** A person has clicked or pressed a key: sound is allowed from here on. */
  async unblock() {
    if (this.#context.state !== "running") await this.#context.resume();
  }

  /** Decode a file of any format that this browser knows. */
  async decode(bytes) {
    return this.#context.decodeAudioData(bytes);
  }

  /** Keep the person's own song: it is played when the server says that it dances to it. */
  keepOwn(buffer, title) {
    this.#own = { buffer, title };
  }

  /** The server says what is playing, and from when. */
  async setTransport(transport, trackAddress) {
    this.#transport = transport;
    if (trackAddress !== null && trackAddress !== this.#track) {
      this.#track = trackAddress;
      this.#buffer = null;
      this.#stop();
      try {
        const answer = await fetch(trackAddress);
        if (!answer.ok) throw new Error(strings.trackMissing(answer.status));
        const buffer = await this.decode(await answer.arrayBuffer());
        if (this.#track === trackAddress) this.#buffer = buffer;
      } catch (error) {
        if (this.#track !== trackAddress) return; // another track is wanted since
        this.#track = null;
        this.dispatchEvent(new CustomEvent("trouble", { detail: error.message }));
      }
      this.#follow();
    } else this.#follow(true);
  }

  #wanted() {
    if (!this.#transport) return null;
    if (this.#transport.local) return this.#isOwn() ? this.#own.buffer : null;
    return this.#transport.track ? this.#buffer : null;
  }

  /** The server dances to our song, not to one that somebody else has sent since. */
  #isOwn() {
    if (this.#own?.title !== this.#transport.title) return false;
    return Math.abs(this.#own.buffer.duration - this.#transport.duration_s) < SAME_SONG_S;
  }

  /** The context's time that is heard at this moment, loudspeaker's delay included. */
  #heardNow() {
    const stamp = this.#context.getOutputTimestamp?.();
    if (stamp?.performanceTime > 0 && stamp.contextTime > 0) {
      const heard = stamp.contextTime + (localS() - stamp.performanceTime / 1000);
      if (Math.abs(heard - this.#context.currentTime) < 1) return heard;
    }
    return this.#context.currentTime - (this.#context.outputLatency || this.#context.baseLatency || 0);
  }

  #serverNow() {
    return this.clock.at(localS());
  }

  /** Sound as the transport says; `anew`: what sounds now follows another transport, or has drifted. */
  #follow(anew = false) {
    const buffer = this.#wanted();
    const nowS = this.#serverNow();
    const ready = buffer && this.#transport.playing && this.#context.state === "running" && nowS !== null;
    if (!ready) this.#stop();
    else if (anew || this.#source === null) this.#start(buffer, nowS);
    this.dispatchEvent(new CustomEvent("change"));
  }

  #start(buffer, nowS) {
    const startAt = this.#context.currentTime + this.#context.baseLatency + LEAD_S;
    const heardAtS = nowS + (startAt - this.#heardNow());
    const offsetS = this.#transport.position_s + (heardAtS - this.#transport.at_s);
    const late = Math.max(0, -offsetS); // a song that begins in a moment
    this.#stop(offsetS < buffer.duration && late < LONGEST_RING_OUT_S ? startAt + late : this.#context.currentTime);
    if (offsetS >= buffer.duration) return;
    const node = new AudioBufferSourceNode(this.#context, { buffer });
    const gain = new GainNode(this.#context, { gain: 0 });
    node.connect(gain).connect(this.#out);
    node.start(startAt + late, Math.max(0, offsetS));
    gain.gain.setValueAtTime(0, startAt + late);
    gain.gain.linearRampToValueAtTime(1, startAt + late + FADE_S);
    this.#source = { node, gain, startAt, offsetS };
    this.#drifts = [];
  }

  #stop(at = this.#context.currentTime) {
    if (this.#source === null) return;
    const { node, gain } = this.#source;
    gain.gain.cancelScheduledValues(at);
    gain.gain.setTargetAtTime(0, at, FADE_S / 3);
    node.stop(at + 3 * FADE_S);
    this.#source = null;
    this.driftMs = null;
  }

  #check() {
    if (this.#source === null) {
      this.#follow();
      return;
    }
    const nowS = this.#serverNow();
    const heardAt = this.#heardNow();
    if (nowS === null || heardAt < this.#source.startAt) return;
    const wantedS = this.#transport.position_s + (nowS - this.#transport.at_s);
    this.#drifts.push(this.#source.offsetS + (heardAt - this.#source.startAt) - wantedS);
    if (this.#drifts.length > 2 * CHECKS_BEFORE_TRUST) this.#drifts.shift();
    const driftS = median(this.#drifts);
    this.driftMs = driftS * 1000;
    if (this.#drifts.length >= CHECKS_BEFORE_TRUST && Math.abs(driftS) > LARGEST_DRIFT_S) {
      this.restarts += 1;
      this.#follow(true);
    }
  }
}

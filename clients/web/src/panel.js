/** The words and knobs around the stage. */

import { strings } from "./strings.js";

const NOTICE_S = 6;
const HEARD = ["microphone", "tab"];
const METER_DB = 60; // the bar's length
const HOT_DB = -6; // of RMS: its peaks clip

const clockText = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

export class Panel {
  #at = (id) => document.getElementById(id);
  #written = new Map();
  #noticeTimer = null;

  constructor() {
    this.#at("song-label").textContent = strings.pickSong;
    this.#at("avatar-label").textContent = strings.pickAvatar;
    this.#at("pick-song").title = strings.pickSongHint;
    this.#at("pick-avatar").title = strings.pickAvatarHint;
    this.#at("obs-label").textContent = strings.obsPage;
    this.#at("obs-page").title = strings.obsPageHint;
    this.#at("obs-page").href = `obs${tokenQuery()}`;
    this.#at("desk-label").textContent = strings.deskPage;
    this.#at("desk-page").title = strings.deskPageHint;
    this.#at("desk-page").href = `desk${tokenQuery()}`;
    this.#at("hear-microphone").title = strings.microphoneHint;
    this.#at("hear-tab").title = strings.tabSoundHint;
    this.showInput({ wanted: false, kind: null, label: "", yours: false }, null);
    this.#at("sound-gate").textContent = strings.clickForSound;
    this.#at("drop-hint").textContent = strings.dropHere;
    this.status(strings.connecting, "waiting");
  }

  /** Wire the knobs: `actions` has play(), seek(share), song(file), avatar(files), hear(kind), unblock(). */
  listen(actions) {
    this.#at("play").addEventListener("click", () => actions.play());
    this.#at("sound-gate").addEventListener("click", () => actions.unblock());
    this.#at("progress").addEventListener("click", (event) => {
      const box = event.currentTarget.getBoundingClientRect();
      actions.seek((event.clientX - box.left) / box.width);
    });
    for (const kind of HEARD) this.#at(`hear-${kind}`).addEventListener("click", () => actions.hear(kind));
    for (const kind of ["song", "avatar"]) {
      const input = this.#at(`${kind}-file`);
      this.#at(`pick-${kind}`).addEventListener("click", () => input.click());
      input.addEventListener("change", () => {
        if (input.files.length > 0) actions[kind](kind === "song" ? input.files[0] : [...input.files]);
        input.value = "";
      });
    }
    for (const button of document.querySelectorAll("button")) {
      // After a click the space bar belongs to the music again; who came by keyboard keeps the focus.
      button.addEventListener("click", (event) => event.detail > 0 && button.blur());
    }
    this.#listenForDrops(actions);
  }

  #listenForDrops(actions) {
    let depth = 0;
    const hint = (step) => {
      depth = Math.max(depth + step, 0);
      document.body.classList.toggle("dropping", depth > 0);
    };
    window.addEventListener("dragenter", () => hint(1));
    window.addEventListener("dragleave", () => hint(-1));
    window.addEventListener("dragover", (event) => event.preventDefault());
    window.addEventListener("drop", (event) => {
      event.preventDefault();
      hint(-depth);
      const [file] = event.dataTransfer.files;
      if (!file) return;
      const avatars = [...event.dataTransfer.files].filter(({ name }) => /\.(vrm|glb)$/i.test(name));
      if (avatars.length > 0) actions.avatar(avatars);
      else if (file.type.startsWith("audio/") || file.type.startsWith("video/") || isSoundName(file.name)) actions.song(file);
      else this.notice(strings.unknownFile(file.name));
    });
  }

  /** How the line to the server is, in plain words; `mood` is "live", "waiting" or "lost". */
  status(text, mood) {
    this.#write("status", text);
    document.body.dataset.mood = mood;
  }

  /** Say something for a while; `stay` keeps it until the next. */
  notice(text, stay = false) {
    this.#write("notice", text);
    this.#at("notice").hidden = text === "";
    clearTimeout(this.#noticeTimer);
    if (!stay && text) this.#noticeTimer = setTimeout(() => this.notice(""), NOTICE_S * 1000);
  }

  showTransport(title, playing, live) {
    this.#write("title", title);
    const play = this.#at("play");
    play.dataset.playing = String(playing);
    play.title = playing ? strings.pause : strings.play;
    play.setAttribute("aria-label", play.title);
    document.body.classList.toggle("live-input", live);
  }

  /** Who sends live sound; `own` is what this page sends or is about to send. */
  showInput(input, own) {
    const taken = input.kind !== null && !input.yours;
    for (const kind of HEARD) {
      const button = this.#at(`hear-${kind}`);
      button.hidden = !input.wanted;
      button.disabled = taken;
      button.setAttribute("aria-pressed", String(own === kind));
      if (taken) button.title = strings.inputTaken(input.label || input.kind);
      else button.title = kind === "tab" ? strings.tabSoundHint : strings.microphoneHint;
      this.#write(`${kind}-label`, own === kind ? strings.stopSending : kind === "tab" ? strings.tabSound : strings.microphone);
    }
  }

  /** How loud the live input is, dB of full scale; null: there is none. */
  showLevel(db) {
    const bar = this.#at("level");
    bar.hidden = db === null;
    if (db === null) return;
    bar.title = strings.inputLevel(db);
    bar.style.setProperty("--share", Math.min(Math.max(1 + db / METER_DB, 0), 1).toFixed(2));
    bar.classList.toggle("hot", db > HOT_DB);
  }

  showPosition(positionS, durationS) {
    this.#write("position", durationS > 0 ? `${clockText(positionS)} / ${clockText(durationS)}` : clockText(positionS));
    this.#at("progress-bar").style.transform = `scaleX(${durationS > 0 ? positionS / durationS : 0})`;
  }

  showNumbers(texts) {
    for (const [id, text] of Object.entries(texts)) this.#write(id, text);
  }

  showSoundGate(wanted) {
    this.#at("sound-gate").hidden = !wanted;
  }

  /** The beat light: `pulse` 1 on the beat, fading; `count` which beat of the bar, or null while none is known. */
  showBeat(pulse, count) {
    const light = this.#at("beat");
    light.style.setProperty("--pulse", pulse.toFixed(3));
    const name = count === null ? "none" : String(count);
    if (light.dataset.count !== name) light.dataset.count = name;
  }

  #write(id, text) {
    if (this.#written.get(id) === text) return;
    this.#written.set(id, text);
    this.#at(id).textContent = text;
  }
}

/** The token, which the other pages need as much as this one. */
function tokenQuery() {
  const token = new URLSearchParams(window.location.search).get("token");
  return token ? `?token=${encodeURIComponent(token)}` : "";
}

function isSoundName(name) {
  return /\.(mp3|wav|flac|ogg|oga|opus|m4a|aac|mp4|webm|aif|aiff)$/i.test(name);
}

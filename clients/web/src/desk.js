/** The performer's desk: everything that can be turned, on one page, beside the dancers that it moves. */

import { localS } from "../client/local_clock.js";
import { watch } from "../client/show.js";
import { Capture } from "./capture.js";
import { BeatWheel, beatOf } from "./desk/beat_wheel.js";
import { Board } from "./desk/board.js";
import { mount as mountCalibration } from "./desk/calibrate.js";
import { Cues } from "./desk/cues.js";
import { make, mark, write } from "./desk/element.js";
import { Emergency, HURRY } from "./desk/emergency.js";
import { listenForKeys } from "./desk/keys.js";
import { knobOf } from "./desk/knob.js";
import { Learn } from "./desk/learn.js";
import { Lock } from "./desk/lock.js";
import { Log } from "./desk/log.js";
import { Outputs } from "./desk/outputs.js";
import { Panels } from "./desk/panels.js";
import { helpRows, phoneRows, Sheet } from "./desk/sheets.js";
import { SoundPanel } from "./desk/sound_panel.js";
import { HearingStrip, PlanStrip } from "./desk/strips.js";
import { labelOf } from "./desk/words.js";
import { Figures } from "./figures.js";
import { Stage, ON_STAGE } from "./scene.js";
import { positionAt, Sound } from "./sound.js";
import { deskStrings } from "./strings.js";

const TOAST_MS = 6000;
const SILENT_AFTER_S = 2.5; // a server tells how it is four times a second
const WORDS_EVERY_S = 0.1;
const LONGEST_LOOK_S = 0.3;
const BEAT_FADE = 3.2;
const ABOVE_THE_STRIPS = { heightM: 2.85, widthM: 2.1, middleM: 0.727 }; // with arms up and out; below the feet is what they cover
const IN_CUE_BAR = ["quantise", "fade_s"];
const NO_PLACE = ["cue", "cue_next", "cue_previous", "position_s"]; // the pads, and the sound panel

const at = (id) => document.getElementById(id);
const outside = { localS, after: (act, afterS) => setTimeout(act, afterS * 1000) };
const show = watch(window.location, { wish: { blocks: ["beat"] } });
const { clock, connection } = show;
const counters = { posesShown: 0, picturesDrawn: 0, said: 0 };
let lastPose = null;
let lastPicture = null;
let quietS = 0; // how long the server has said nothing while this page was awake
let lookedS = localS();
let lostReason = "";
let retryAtS = 0;
let addresses = [];
let toastTimer = 0;
let heardHere = false;
let stage = null;
let figures = null;

/** Say something to the server; a person is told when it could not be. */
function say(message) {
  counters.said += 1;
  return connection.say(message);
}

const board = new Board(say, outside);
const panels = new Panels(board, at("tabs"), at("sections"), new Set([...HURRY, ...IN_CUE_BAR, ...NO_PLACE]));
const log = new Log(panels.place("log"), () => new Date());
const outputs = new Outputs(panels.place("outputs"));
const emergency = new Emergency(board, tap, at("hurry"));
const cues = new Cues((message) => say(message) || (notTurned(deskStrings.cues), false), at("cue-buttons"), at("pads"));
const wheel = new BeatWheel(at("wheel"), { tempo: at("tempo"), bar: at("bar"), about: at("beat-about") });
const hearing = new HearingStrip(at("hearing"));
const plan = new PlanStrip(at("plan"));
const lock = new Lock(document);
const help = new Sheet("help", deskStrings.helpTitle, "?");
const phone = new Sheet("phone", deskStrings.phoneTitle, deskStrings.phone);
const hints = make("button", { type: "button", class: "tool", "aria-pressed": false, onclick: () => explain() }, deskStrings.hints);
let sound = null; // only who wants to hear the music here loads it
const soundPanel = new SoundPanel(panels.place("sound"), new Capture(connection, clock), hearHere, seek, (text) => log.say(text));

const learn = new Learn(board, (message) => say(message) || (notTurned(deskStrings.learn), false), panels.place("show"));

const offsets = () => board.controls.filter(({ name }) => name.endsWith("offset_ms")).map((control) => ({ name: control.name, label: labelOf(control) }));
mountCalibration(panels.place("timing"), { say, on: (type, hear) => show.on(type, hear), clock, localS, targets: offsets }, deskStrings.calibrate);

function explain() {
  mark(hints, "aria-pressed", document.body.classList.toggle("explaining"));
}

function notTurned(label) {
  log.say(deskStrings.notTurned(label));
}

/** Somebody tapped a beat, at that time of this page's clock. */
function tap(atS) {
  const onServerS = clock.at(atS);
  if (!say({ type: "tap", ...(onServerS === null ? {} : { at_s: onServerS }) })) notTurned(deskStrings.controls.tap);
  emergency.tapped();
}

function toast(text) {
  write(at("toast"), text);
  at("toast").hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (at("toast").hidden = true), TOAST_MS);
}

// -- what the server says --------------------------------------------------------------------------------------------

for (const type of ["state", "hello", "pong", "pose"]) show.on(type, () => (quietS = 0));
show.on("open", () => {
  say({ type: "desk" });
  if (lostReason !== "" || retryAtS > 0) log.say(deskStrings.backAgain);
  [lostReason, retryAtS] = ["", 0];
  quietS = 0;
});
show.on("status", ({ state, retryS, reason }) => {
  if (state !== "lost") return;
  lostReason = reason || lostReason;
  retryAtS = localS() + (retryS ?? 0);
  board.disconnect();
  if (show.transport?.playing) sound?.setTransport({ ...show.transport, playing: false }, null);
});
show.on("hello", (hello) => {
  addresses = Array.isArray(hello.addresses) ? hello.addresses.map(String) : [];
  phone.fill(...phoneRows(new URL(window.location.href), addresses));
});
show.on("skeleton", () => figures?.useSkeleton(show.skeleton));
show.on("controls", ({ controls }) => board.list(controls));
show.on("control", (change) => board.hear(change));
show.on("cues", (list) => cues.show(list));
show.on("outputs", ({ outputs: told }) => panels.badge("outputs", outputs.show(told)));
show.on("hearing", (told) => hearing.hear(told));
show.on("plan", (told) => plan.hear(told));
show.on("crew", ({ dancers }) => figures?.crew(dancers));
show.on("peers", (peers) => {
  soundPanel.peers(peers);
  learn.peers(peers);
});
show.on("notice", ({ text }) => log.say(String(text)));
show.on("input", (input) => soundPanel.input(input));
show.on("transport", (transport) => {
  write(at("song-title"), transport.title ?? "");
  if (heardHere) sound.setTransport(transport, transport.track ? trackAddress(transport.track) : null);
});

function seek(positionS) {
  if (!say({ type: "set", name: "position_s", value: positionS })) notTurned(deskStrings.controls.position_s);
}

function hearHere(wanted) {
  if (sound === null) {
    sound = new Sound(clock);
    sound.addEventListener("trouble", ({ detail }) => log.say(detail));
  }
  sound.unblock();
  const { transport } = show;
  if (transport === null) return;
  const track = wanted && transport.track ? trackAddress(transport.track) : null;
  sound.setTransport({ ...transport, playing: wanted && transport.playing }, track);
  heardHere = wanted;
}

function trackAddress(track) {
  const address = new URL(track, window.location.href);
  const token = new URLSearchParams(window.location.search).get("token");
  if (token) address.searchParams.set("token", token);
  return address.href;
}

// -- what the person does ---------------------------------------------------------------------------------------------

board.addEventListener("lost", ({ detail: name }) => {
  const control = board.control(name);
  notTurned(control ? labelOf(control) : name);
});
log.addEventListener("said", ({ detail }) => {
  toast(detail);
  panels.badge("log", log.unread);
});
log.addEventListener("cleared", () => panels.badge("log", 0));
at("tab-log").addEventListener("click", () => {
  log.read();
  panels.badge("log", 0);
});
lock.addEventListener("refused", () => toast(deskStrings.locked));
lock.addEventListener("change", () => toast(lock.locked ? deskStrings.locked : deskStrings.unlocked));
emergency.addEventListener("change", showVeil);
board.addEventListener("value", ({ detail }) => {
  if (detail === "blackout" || detail === "freeze") showVeil();
});

/** What the audience sees instead of a dance is said across the picture. */
function showVeil() {
  const words = [
    board.value("blackout") === true ? deskStrings.hidden : "",
    ["", deskStrings.standing, deskStrings.tPosing][emergency.level],
    board.value("freeze") === true ? deskStrings.frozen : "",
  ];
  write(at("veil"), words.filter(Boolean)[0] ?? "");
  at("veil").hidden = at("veil").textContent === "";
}

listenForKeys(window, {
  tap,
  escape: () => {
    const open = [help, phone].find((sheet) => sheet.open);
    if (open) open.show(false);
    else emergency.panic();
  },
  resume: () => emergency.resume(),
  press: (name) => board.press(name),
  toggle: (name) => emergency.toggle(name),
  cue: (number) => cues.recallNumber(number),
  step: (by) => cues.step(by),
  lock: () => lock.set(!lock.locked),
  help: () => help.show(!help.open),
});

// after a touch the keys mean the show again; who came by keyboard keeps the focus
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button, summary");
  if (event.detail > 0 && button) button.blur();
});

// -- the page itself --------------------------------------------------------------------------------------------------

function writeHead() {
  const token = new URLSearchParams(window.location.search).get("token");
  panels.place("timing").prepend(make("p", { class: "none" }, deskStrings.timingHint));
  at("bpm").textContent = deskStrings.bpm;
  at("cues-title").textContent = deskStrings.cues;
  at("stage").setAttribute("aria-label", deskStrings.figure);
  at("hearing").setAttribute("aria-label", deskStrings.hearing);
  at("plan").setAttribute("aria-label", deskStrings.planAhead);
  help.fill(...helpRows(token ? `./?token=${encodeURIComponent(token)}` : "./"));
  phone.fill(...phoneRows(new URL(window.location.href), addresses));
  at("tools").append(hints, phone.button, help.button, lock.button);
  document.body.append(help.element, phone.element);
}

/** The two controls that every cue asks about stand above the pads. */
board.addEventListener("controls", () => {
  const knobs = IN_CUE_BAR.map((name) => board.control(name)).filter(Boolean).map((control) => [control.name, knobOf(control, board)]);
  at("cue-when").replaceChildren(...knobs.map(([, knob]) => knob.element));
  cueKnobs = new Map(knobs);
});
let cueKnobs = new Map();
board.addEventListener("value", ({ detail: name }) => cueKnobs.get(name)?.show(board.value(name)));

/** How the line is, in a colour, a word and, when it is bad, a sentence across the desk. */
function showLine(nowS) {
  quietS += Math.min(nowS - lookedS, LONGEST_LOOK_S); // a page that was held up itself has not listened
  lookedS = nowS;
  const asleep = connection.open && quietS > SILENT_AFTER_S;
  const state = !connection.open ? (counters.posesShown > 0 || retryAtS > 0 ? "lost" : "waiting") : asleep ? "asleep" : "live";
  const words = { lost: deskStrings.lost, waiting: deskStrings.connecting, asleep: deskStrings.asleep, live: deskStrings.connected };
  mark(document.body, "data-line", state);
  write(at("line-word"), words[state]);
  const long = { lost: deskStrings.lostLong(Math.max(Math.ceil(retryAtS - nowS), 0), lostReason), asleep: deskStrings.asleepLong }[state] ?? "";
  write(at("alarm"), long);
  at("alarm").hidden = long === "";
}

function writeWords(nowS) {
  showLine(nowS);
  const { state, transport } = show;
  const scene = state?.section?.scene;
  write(at("scene"), state?.silent ? deskStrings.scenes.silence : (deskStrings.scenes[scene] ?? ""));
  soundPanel.show(hearing.levelDb ?? state?.input_db ?? null, transport, transport ? positionAt(transport, show.nowS(nowS)) : 0);
}

let wordsAtS = -Infinity;

function draw(atMs) {
  requestAnimationFrame(draw);
  const atS = atMs / 1000;
  const elapsedS = lastPicture === null ? 0 : Math.min(Math.max(atS - lastPicture, 0), 0.1);
  lastPicture = atS;
  const pose = show.skeleton ? show.pose(atS) : null;
  if (pose && pose.frame !== lastPose?.frame) counters.posesShown += 1;
  lastPose = pose;
  const beat = connection.open ? beatOf(pose, show.state?.beats_per_bar ?? 4) : null;
  const pulse = beat === null ? 0 : Math.exp(-BEAT_FADE * beat.phase) * (beat.barPosition === 0 ? 1 : 0.55);
  figures?.draw(show, pose, atS, pulse, elapsedS);
  wheel.draw(beat, connection.open ? (pose?.tempoBpm ?? 0) : 0, show.state);
  hearing.draw(elapsedS);
  plan.draw(show.nowS(atS), pose?.bar ?? null);
  cues.count(show.nowS(atS), pose?.bar?.periodS ?? null);
  counters.picturesDrawn += 1;
  if (atS - wordsAtS > WORDS_EVERY_S) {
    wordsAtS = atS;
    writeWords(localS());
  }
}

/** The screen of a tablet stays on for the whole set, where the browser allows that. */
async function stayAwake() {
  if (document.visibilityState !== "visible") return;
  try {
    await navigator.wakeLock?.request("screen");
  } catch {
    // the battery is low, or the person's settings say no: the set goes on
  }
}
document.addEventListener("visibilitychange", stayAwake);
stayAwake();

// For tests, and for the curious.
window.groovecast = {
  counters,
  get figures() {
    return { seen: figures?.seen ?? 0, members: figures ? [...figures.avatars.keys()] : [] };
  },
  get fps() {
    return stage?.fps ?? 0;
  },
  get panicLevel() {
    return emergency.level;
  },
  get connected() {
    return connection.open;
  },
  value: (name) => board.value(name),
  controls: () => board.controls.map(({ name }) => name),
  /** Where a bone of the first dancer is in the world, metres. */
  place: (bone) => figures?.place(bone) ?? null,
  /** How tall a dancer is in the picture's world, metres. */
  sizeOf: (dancer) => figures?.avatars.get(dancer)?.scene.scale.x ?? null,
};

/** A phone in a pocket, or a machine that has enough to do: the desk without its picture. */
const withFigure = new URLSearchParams(window.location.search).get("figure") !== "off";

writeHead();
showLine(localS());
document.body.classList.toggle("no-figure", !withFigure);
try {
  if (withFigure) openStage();
} catch {
  toast(deskStrings.nothing3d);
}

function openStage() {
  stage = new Stage(at("stage"), { ...ON_STAGE, controls: !window.matchMedia("(pointer: coarse) and (max-width: 760px)").matches });
  figures = new Figures(stage, ABOVE_THE_STRIPS);
  fetch("mannequin.vrm")
    .then((answer) => answer.arrayBuffer())
    .then((bytes) => figures.dress(bytes));
  at("stage").addEventListener("dblclick", () => stage.lookFromTheFront());
  new ResizeObserver(() => stage.resize()).observe(at("stage-box"));
}
requestAnimationFrame(draw);

/** The page: poses come in, the figures dance to the music that plays. */

import { localS } from "../client/local_clock.js";
import { watch } from "../client/show.js";
import { Capture } from "./capture.js";
import { Figures } from "./figures.js";
import { Panel } from "./panel.js";
import { ON_STAGE, Stage } from "./scene.js";
import { LONGEST_SONG_S, mixToMono, sendSong, titleOf } from "./song.js";
import { positionAt, Sound } from "./sound.js";
import { strings } from "./strings.js";

const BEAT_FADE = 3.2; // how quickly the light goes out within a beat
const DOWNBEAT = 1;
const OTHER_BEAT = 0.55;
const OFFSET_STEP_MS = 5;
const WORDS_EVERY_S = 0.2;

const counters = {
  posesShown: 0,
  beatsSeen: 0,
  downbeatsSeen: 0,
  firstPoseMs: null, // since the page was asked for
  firstFrameMs: null,
};
let offsetMs = 0; // the person's own: positive shows the dancer later; the sound stays in step with the server
let stage = null;
let figures = null;
let lastPose = null;
let lastBeat = null; // of the picture before: {phase, count}
let wordsAtS = 0;
let input = { wanted: false, kind: null, label: "", yours: false };
let songsChosen = 0; // the newest one goes to the dancer, whichever is decoded first

const panel = new Panel();
// First of all the line: poses are on their way while the figure is still being read.
const show = watch(window.location, { wish: { blocks: ["beat"] } });
const { clock, connection, player } = show;
const mannequin = fetch("mannequin.vrm").then((answer) => answer.arrayBuffer());
const sound = new Sound(clock);
const capture = new Capture(connection, clock);

show.on("status", (detail) => {
  if (detail.state === "lost") {
    panel.status(detail.reason ? strings.refused(detail.reason) : strings.lost(Math.ceil(detail.retryS)), "lost");
    if (show.transport?.playing) sound.setTransport({ ...show.transport, playing: false }, null);
  } else if (detail.state === "connecting") panel.status(strings.connecting, "waiting");
});
show.on("open", () => panel.status(strings.waitingForPose, "waiting"));
show.on("skeleton", () => figures?.useSkeleton(show.skeleton));
show.on("crew", ({ dancers }) => figures?.crew(dancers));
show.on("pose", () => {
  counters.firstFrameMs ??= performance.now();
});
show.on("transport", (transport) => {
  panel.notice("");
  const live = !transport.track && !transport.local;
  panel.showTransport(transport.title || (live ? strings.liveInput : strings.untitled), transport.playing, live);
  sound.setTransport(transport, transport.track ? trackAddress(transport.track) : null);
});
show.on("input", (told) => {
  if (told.yours && !input.yours) panel.notice(strings.listeningTo(told.label || told.kind));
  input = told;
  panel.showInput(input, capture.kind);
});
show.on("notice", ({ text }) => panel.notice(String(text)));
capture.addEventListener("change", () => panel.showInput(input, capture.kind));
sound.addEventListener("trouble", ({ detail }) => panel.notice(detail));
sound.addEventListener("change", () => panel.showSoundGate(sound.blocked));

function trackAddress(track) {
  const address = new URL(track, window.location.href);
  const token = new URLSearchParams(window.location.search).get("token");
  if (token) address.searchParams.set("token", token);
  return address.href;
}

function setPlaying(playing) {
  sound.unblock();
  show.set("playing", playing);
}

async function danceTo(file) {
  songsChosen += 1;
  const chosen = songsChosen;
  const wanted = () => chosen === songsChosen;
  sound.unblock();
  panel.notice(strings.decoding(file.name), true);
  let buffer;
  try {
    buffer = await sound.decode(await file.arrayBuffer());
  } catch {
    if (wanted()) panel.notice(strings.unreadableSong(file.name));
    return;
  }
  if (!wanted()) return;
  if (buffer.duration > LONGEST_SONG_S) {
    panel.notice(strings.songTooLong(Math.ceil(buffer.duration / 60)));
    return;
  }
  if (buffer.length === 0) {
    panel.notice(strings.songTooShort(file.name));
    return;
  }
  const samples = await mixToMono(buffer);
  const title = titleOf(file.name);
  const tell = (share) => panel.notice(strings.sending(title, Math.floor(100 * share)), true);
  const sent = await sendSong(connection, { title, samples }, tell, wanted);
  if (!wanted()) return;
  if (sent) sound.keepOwn(buffer, title);
  panel.notice(sent ? strings.thinking : strings.notConnected);
}

async function dress(files) {
  const names = files.map((file) => file.name).join(", ");
  panel.notice(strings.loadingAvatar(names), true);
  try {
    await figures.dress(...(await Promise.all(files.map((file) => file.arrayBuffer()))));
    const { meta } = figures.first.vrm;
    panel.notice(files.length > 1 ? strings.avatarsReady(files.length) : strings.avatarReady(meta.name || meta.title || names));
  } catch (error) {
    panel.notice(strings.unreadableAvatar(names, error.message));
  }
}

async function hear(kind) {
  if (capture.kind === kind) {
    capture.stop();
    return;
  }
  try {
    await capture.start(kind);
  } catch (error) {
    panel.notice(error.message);
  }
}

/** Somebody tapped a beat at that time on this page's clock: when the key went down, not when it was dealt with. */
function tap(atS) {
  const onServerS = clock.at(atS);
  connection.say({ type: "tap", ...(onServerS === null ? {} : { at_s: onServerS }) });
}

function countBeats(factor) {
  show.set("beat_octave", factor);
  panel.notice(factor > 1 ? strings.twiceAsFast : strings.halfAsFast);
}

function nudge(stepMs) {
  offsetMs += stepMs;
  player.delayS = offsetMs / 1000;
  panel.notice(strings.offset(offsetMs));
}

panel.listen({
  play: () => setPlaying(!show.transport?.playing),
  seek: (share) => {
    if (show.transport?.duration_s > 0) show.set("position_s", share * show.transport.duration_s);
  },
  song: danceTo,
  avatar: dress,
  hear,
  unblock: () => sound.unblock(),
});

window.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("button")) return; // a button in focus means itself
  if (event.code === "Space") {
    event.preventDefault();
    if (!event.repeat) setPlaying(!show.transport?.playing);
  } else if (event.key === "t" || event.key === "T") {
    if (!event.repeat) tap(event.timeStamp / 1000);
  } else if (event.key === "[") countBeats(0.5);
  else if (event.key === "]") countBeats(2);
  else if (event.key === ",") nudge(-OFFSET_STEP_MS);
  else if (event.key === ".") nudge(OFFSET_STEP_MS);
});
// Any click frees the sound, wherever it lands.
window.addEventListener("pointerdown", () => sound.unblock());

/** Where in the beat a pose is, and which beat of the bar that is; null while none is known. */
function beatOf({ bar, beat }) {
  if (bar !== null) return { phase: bar.phase, count: bar.barPosition };
  if (beat === null) return null; // a server of before beat blocks tells the count only
  const whole = Math.floor(beat);
  const beatsPerBar = show.state?.beats_per_bar ?? 4;
  return { phase: beat - whole, count: ((whole % beatsPerBar) + beatsPerBar) % beatsPerBar };
}

/** Show the beat; how strong it is now. */
function beatPulse(pose) {
  const now = pose && show.transport?.playing !== false ? beatOf(pose) : null;
  if (now === null) {
    panel.showBeat(0, null);
    return 0;
  }
  if (lastBeat !== null && (now.count !== lastBeat.count || now.phase < lastBeat.phase - 0.5)) {
    counters.beatsSeen += 1;
    if (now.count === 0) counters.downbeatsSeen += 1;
  }
  lastBeat = now;
  const pulse = Math.exp(-BEAT_FADE * now.phase) * (now.count === 0 ? DOWNBEAT : OTHER_BEAT);
  panel.showBeat(pulse, now.count);
  return pulse;
}

function writeWords(pose, nowS) {
  const { state, transport } = show;
  if (transport) panel.showPosition(positionAt(transport, nowS), transport.duration_s);
  panel.showSoundGate(sound.blocked);
  panel.showLevel(state?.input_db ?? null);
  if (pose && connection.open) panel.status(state?.silent ? strings.silent : strings.live, "live");
  const tempo = pose?.tempoBpm ?? 0; // 0: unknown
  const latency = state?.latency_ms?.p50;
  panel.showNumbers({
    tempo: tempo > 0 ? strings.tempo(tempo) : strings.noTempo,
    confidence: state ? strings.confidence(state.confidence, state.beat_source) : "",
    latency: Number.isFinite(latency) ? strings.latency(latency) : "",
    drops: strings.drops((state?.dropped_here ?? 0) + player.counters.late),
    fps: stage.fps > 0 ? strings.fps(stage.fps) : "",
  });
}

let drawnAtS = localS();

function draw(atMs) {
  requestAnimationFrame(draw);
  const atS = atMs / 1000; // when this picture's turn came: steadier than when it is drawn
  const elapsedS = Math.min(Math.max(atS - drawnAtS, 0), 0.1);
  drawnAtS = atS;
  const pose = show.skeleton ? show.pose(atS) : null;
  const dressed = figures.first !== null;
  if (pose && dressed) {
    if (pose.frame !== lastPose?.frame) counters.posesShown += 1;
    lastPose = pose;
  }
  figures.draw(show, pose, atS, beatPulse(pose), elapsedS);
  if (pose && dressed) counters.firstPoseMs ??= performance.now();
  if (atS - wordsAtS > WORDS_EVERY_S) {
    wordsAtS = atS;
    writeWords(pose, show.nowS(atS));
  }
}

// For tests, and for the curious.
window.groovecast = {
  get counters() {
    const { received, late, starved } = player.counters;
    return { ...counters, framesReceived: received, late, starved, ...connection.counters };
  },
  get clock() {
    return { offsetS: clock.offsetS, synced: clock.synced, roundTripMs: (clock.roundTripS ?? NaN) * 1000 };
  },
  get sound() {
    return { driftMs: sound.driftMs, restarts: sound.restarts, blocked: sound.blocked };
  },
  get fps() {
    return stage?.fps ?? 0;
  },
  get avatar() {
    const meta = figures?.first?.vrm.meta;
    return meta ? { metaVersion: meta.metaVersion, name: meta.name ?? meta.title } : null;
  },
  get transport() {
    return show.transport;
  },
  get state() {
    return show.state;
  },
  /** What this page gets of the server. */
  get gets() {
    return show.gets;
  },
  /** Where in the bar the figure is. */
  get bar() {
    return lastPose?.bar ?? null;
  },
  get input() {
    return { ...input, own: capture.kind, ...capture.counters };
  },
  /** Send what a stream of the page's own carries, as a tab's sound would be sent. */
  hearStream: (stream, label) => capture.listenTo("tab", label, stream, 0),
  /** How many dancers are to be seen. */
  get figures() {
    return figures?.seen ?? 0;
  },
  /** Where a bone of a dancer is in the world, metres. */
  place: (bone, dancer) => figures.place(bone, dancer),
  view: (...angles) => stage.view(...angles),
  keepSharp: () => stage.keepSharp(),
};

try {
  stage = new Stage(document.getElementById("stage"));
} catch {
  panel.notice(strings.noWebgl, true);
}
if (stage) {
  figures = new Figures(stage, ON_STAGE.framing);
  requestAnimationFrame(draw);
  mannequin
    .then((bytes) => (figures.first === null ? figures.dress(bytes) : null))
    .catch((error) => panel.notice(strings.unreadableAvatar("mannequin.vrm", error.message), true));
}

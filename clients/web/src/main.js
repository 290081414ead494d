/** The page: poses come in, the figure dances to the music that plays. */

import { Vector3 } from "three";
import { readAvatar } from "./avatar.js";
import { Capture } from "./capture.js";
import { ServerClock } from "./clock.js";
import { Connection, streamAddress } from "./connection.js";
import { Panel } from "./panel.js";
import { Player } from "./player.js";
import { Stage } from "./scene.js";
import { LONGEST_SONG_S, mixToMono, sendSong, titleOf } from "./song.js";
import { positionAt, Sound } from "./sound.js";
import { strings } from "./strings.js";

const BEAT_FADE = 3.2; // how quickly the light goes out within a beat
const DOWNBEAT = 1;
const OTHER_BEAT = 0.55;
const OFFSET_STEP_MS = 5;
const WORDS_EVERY_S = 0.2;

const localS = () => performance.now() / 1000;

const counters = {
  posesShown: 0,
  beatsSeen: 0,
  downbeatsSeen: 0,
  firstPoseMs: null, // since the page was asked for
  firstFrameMs: null,
};
let offsetMs = 0; // the person's own: positive shows the dancer later; the sound stays in step with the server
let skeleton = null;
let transport = null;
let state = null;
let avatar = null;
let stage = null;
let lastFrame = null;
let lastBeat = null;
let wordsAtS = 0;
let input = { wanted: false, kind: null, label: "", yours: false };
let songsChosen = 0; // the newest one goes to the dancer, whichever is decoded first

const clock = new ServerClock();
const player = new Player();
const panel = new Panel();
const connection = new Connection(streamAddress(window.location), clock);
// First of all the line: poses are on their way while the figure is still being read.
connection.connect();
const mannequin = fetch("mannequin.vrm").then((answer) => answer.arrayBuffer());
const sound = new Sound(clock);
const capture = new Capture(connection, clock);

const serverNow = () => clock.at(localS());

connection.addEventListener("status", ({ detail }) => {
  if (detail.state === "lost") {
    panel.status(detail.reason ? strings.refused(detail.reason) : strings.lost(Math.ceil(detail.retryS)), "lost");
    if (transport?.playing) sound.setTransport({ ...transport, playing: false }, null);
  } else if (detail.state === "connecting") panel.status(strings.connecting, "waiting");
});
connection.addEventListener("open", () => {
  player.reset();
  panel.status(strings.waitingForPose, "waiting");
});
connection.addEventListener("skeleton", ({ detail }) => {
  skeleton = detail;
  avatar?.useSkeleton(skeleton);
});
connection.addEventListener("pose", ({ detail: frame }) => {
  if (frame.dancer !== 0) return;
  counters.firstFrameMs ??= performance.now();
  player.push(frame);
});
connection.addEventListener("state", ({ detail }) => {
  state = detail;
});
connection.addEventListener("transport", ({ detail }) => {
  transport = detail;
  panel.notice("");
  const live = !transport.track && !transport.local;
  panel.showTransport(transport.title || (live ? strings.liveInput : strings.untitled), transport.playing, live);
  sound.setTransport(transport, transport.track ? trackAddress(transport.track) : null);
});
connection.addEventListener("input", ({ detail }) => {
  if (detail.yours && !input.yours) panel.notice(strings.listeningTo(detail.label || detail.kind));
  input = detail;
  panel.showInput(input, capture.kind);
});
capture.addEventListener("change", () => panel.showInput(input, capture.kind));
connection.addEventListener("notice", ({ detail }) => panel.notice(String(detail.text)));
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
  connection.say({ type: "set", name: "playing", value: playing });
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

async function dress(file) {
  panel.notice(strings.loadingAvatar(file.name), true);
  try {
    await wear(await file.arrayBuffer());
    panel.notice(strings.avatarReady(avatar.vrm.meta.name || avatar.vrm.meta.title || file.name));
  } catch (error) {
    panel.notice(strings.unreadableAvatar(file.name, error.message));
  }
}

async function wear(bytes) {
  const next = await readAvatar(bytes);
  avatar?.dispose();
  avatar = next;
  if (skeleton) avatar.useSkeleton(skeleton);
  stage.add(avatar);
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
  connection.say({ type: "set", name: "beat_octave", value: factor });
  panel.notice(factor > 1 ? strings.twiceAsFast : strings.halfAsFast);
}

function nudge(stepMs) {
  offsetMs += stepMs;
  panel.notice(strings.offset(offsetMs));
}

panel.listen({
  play: () => setPlaying(!transport?.playing),
  seek: (share) => {
    if (transport?.duration_s > 0) {
      connection.say({ type: "set", name: "position_s", value: share * transport.duration_s });
    }
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
    if (!event.repeat) setPlaying(!transport?.playing);
  } else if (event.key === "t" || event.key === "T") {
    if (!event.repeat) tap(event.timeStamp / 1000);
  } else if (event.key === "[") countBeats(0.5);
  else if (event.key === "]") countBeats(2);
  else if (event.key === ",") nudge(-OFFSET_STEP_MS);
  else if (event.key === ".") nudge(OFFSET_STEP_MS);
});
// Any click frees the sound, wherever it lands.
window.addEventListener("pointerdown", () => sound.unblock());

function beatPulse(beat, playing) {
  if (beat === null || !playing) {
    panel.showBeat(0, null);
    return 0;
  }
  const whole = Math.floor(beat);
  const bar = state?.beats_per_bar ?? 4;
  const count = ((whole % bar) + bar) % bar;
  if (lastBeat !== null && whole > lastBeat) {
    counters.beatsSeen += 1;
    if (count === 0) counters.downbeatsSeen += 1;
  }
  lastBeat = whole;
  const pulse = Math.exp(-BEAT_FADE * (beat - whole)) * (count === 0 ? DOWNBEAT : OTHER_BEAT);
  panel.showBeat(pulse, count);
  return pulse;
}

function writeWords(pose, nowS) {
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

const hips = new Vector3(0, 1, 0);
let drawnAtS = localS();

function draw() {
  requestAnimationFrame(draw);
  const atS = localS();
  const elapsedS = Math.min(atS - drawnAtS, 0.1);
  drawnAtS = atS;
  const nowS = serverNow();
  const pose = skeleton ? player.pose(nowS === null ? null : nowS - offsetMs / 1000) : null;
  if (pose && avatar) {
    avatar.take(pose);
    avatar.update(elapsedS);
    avatar.hipsPlace(hips);
    if (pose.frame !== lastFrame) counters.posesShown += 1;
    lastFrame = pose.frame;
  }
  const pulse = beatPulse(pose?.beat ?? null, transport?.playing !== false);
  avatar?.glow(pulse);
  stage.draw(hips, pulse, elapsedS);
  if (pose && avatar) counters.firstPoseMs ??= performance.now();
  if (atS - wordsAtS > WORDS_EVERY_S) {
    wordsAtS = atS;
    writeWords(pose, nowS);
  }
}

// For tests, and for the curious.
window.groovecast = {
  get counters() {
    const { received, late, starved, stale } = player.counters;
    return { ...counters, framesReceived: received, late, starved, stale, ...connection.counters };
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
    return avatar && { metaVersion: avatar.vrm.meta.metaVersion, name: avatar.vrm.meta.name ?? avatar.vrm.meta.title };
  },
  get transport() {
    return transport;
  },
  get state() {
    return state;
  },
  get input() {
    return { ...input, own: capture.kind, ...capture.counters };
  },
  /** Send what a stream of the page's own carries, as a tab's sound would be sent. */
  hearStream: (stream, label) => capture.listenTo("tab", label, stream, 0),
  /** Where a bone is in the world, metres. */
  place: (bone) => avatar.vrm.humanoid.getRawBoneNode(bone).getWorldPosition(new Vector3()).toArray(),
  view: (...angles) => stage.view(...angles),
  keepSharp: () => stage.keepSharp(),
};

try {
  stage = new Stage(document.getElementById("stage"));
} catch {
  panel.notice(strings.noWebgl, true);
}
if (stage) {
  requestAnimationFrame(draw);
  mannequin
    .then((bytes) => (avatar === null ? wear(bytes) : null))
    .catch((error) => panel.notice(strings.unreadableAvatar("mannequin.vrm", error.message), true));
}

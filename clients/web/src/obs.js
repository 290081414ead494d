/** The page for OBS: nothing but the figures, on a transparent background, for as long as the program runs. */

import { watch } from "../client/show.js";
import { Figures } from "./figures.js";
import { obsOptions } from "./obs_options.js";
import { Stage } from "./scene.js";

const GONE_AFTER_S = 3; // so long without a pose, and the figures leave
const EARLY_MS = 2; // a picture whose turn comes so little too early is drawn

const canvas = document.getElementById("stage");
const options = obsOptions(new URLSearchParams(window.location.search), (word) => CSS.supports("color", word));
document.documentElement.style.background = options.background;
if (options.mirror) canvas.style.transform = "scaleX(-1)";

const show = watch(window.location, { wish: { blocks: ["beat"], ...(options.fps ? { fps: options.fps } : {}) } });
const stage = new Stage(canvas, { ...options, sky: false, controls: false });
stage.keepSharp();
const figures = new Figures(stage, options.framing, options.dancer);
fetch(options.avatar)
  .then((answer) => answer.arrayBuffer())
  .then((bytes) => figures.dress(bytes))
  .catch((error) => console.error(`${options.avatar} cannot be shown: ${error.message}`));
show.on("skeleton", () => figures.useSkeleton(show.skeleton));
show.on("crew", ({ dancers }) => figures.crew(dancers));

let drawnAtMs = 0;
let livelyAtS = -Infinity; // when a pose was last to be had
let picturesDrawn = 0;
let lastPose = null;

/** The light of the figure's lines: strong on the beat, stronger on the first of a bar. */
const pulseOf = ({ bar }) => (bar === null ? 0 : Math.exp(-3.2 * bar.phase) * (bar.barPosition === 0 ? 1 : 0.55));

function draw(atMs) {
  requestAnimationFrame(draw);
  if (options.fps !== null && atMs - drawnAtMs < 1000 / options.fps - EARLY_MS) return;
  const elapsedS = (atMs - drawnAtMs) / 1000;
  drawnAtMs = atMs;
  const atS = atMs / 1000;
  const pose = show.skeleton ? show.pose(atS, options.dancer ?? 0) : null;
  if (pose !== null && !pose.held) livelyAtS = atS;
  const seen = pose !== null && figures.first !== null && atS - livelyAtS < GONE_AFTER_S;
  canvas.dataset.seen = String(seen);
  if (figures.first === null || pose === null) return;
  lastPose = pose;
  figures.draw(show, pose, atS, pulseOf(pose), elapsedS);
  picturesDrawn += 1;
}
requestAnimationFrame(draw);

// For tests, and for the curious.
window.groovecast = {
  options,
  get counters() {
    return { picturesDrawn, ...show.player.counters, ...show.connection.counters };
  },
  get seen() {
    return canvas.dataset.seen === "true";
  },
  get gets() {
    return show.gets;
  },
  /** The time of the pose that is shown, when its picture's turn came, and where in the bar it is. */
  get shown() {
    return lastPose && { atS: lastPose.atS, drawnAtS: drawnAtMs / 1000, held: lastPose.held, bar: lastPose.bar };
  },
  /** How many dancers are to be seen. */
  get figures() {
    return figures.seen;
  },
  /** Where a bone of a dancer is in the world, metres. */
  place: (bone, dancer) => figures.place(bone, dancer),
};

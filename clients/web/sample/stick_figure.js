/** Draws a show as a stick figure, a bone a line, brighter on the beat: `sample/?server=ws://127.0.0.1:8765/ws&token=...`. */

import { watch } from "../client/index.js";

const said = new URLSearchParams(window.location.search);
const show = watch(said.get("server") ?? "ws://127.0.0.1:8765/ws", {
  token: said.get("token") ?? undefined,
  wish: { blocks: ["beat", "contacts"] },
});
const words = /** @type {HTMLElement} */ (document.querySelector("p"));
const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector("canvas"));
const brush = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
Object.assign(window, { show }); // for tests, and for the curious
show.on("status", ({ state, retryS }) => (words.textContent = retryS ? `${state}, again in ${retryS} s` : state));

/** @param {number} atMs */
function draw(atMs) {
  requestAnimationFrame(draw);
  canvas.width = canvas.clientWidth;
  canvas.height = canvas.clientHeight;
  const pose = show.skeleton && show.pose(atMs / 1000);
  if (!pose || !show.skeleton) return;
  const places = show.skeleton.placesM(pose);
  const scale = canvas.height / 2.4; // pixels a metre; the figure's left, +X, is at our right
  /** @param {number} joint @returns {[number, number]} */
  const onCanvas = (joint) => [canvas.width / 2 + scale * places[3 * joint], canvas.height - scale * (places[3 * joint + 1] + 0.15)];
  const beat = pose.bar ? Math.exp(-3 * pose.bar.phase) : 0;
  brush.lineCap = "round";
  show.skeleton.parents.forEach((parent, joint) => {
    if (parent < 0 || 3 * joint >= places.length) return;
    brush.lineWidth = scale * (joint < (show.skeleton?.bodyJoints ?? 0) ? 0.035 : 0.012);
    brush.strokeStyle = `hsl(192 ${40 + 60 * beat}% ${60 + 25 * beat}%)`;
    brush.beginPath();
    brush.moveTo(...onCanvas(parent));
    brush.lineTo(...onCanvas(joint));
    brush.stroke();
  });
  const [headX, headY] = onCanvas(show.skeleton.names.indexOf("head"));
  brush.beginPath();
  brush.arc(headX, headY - 0.09 * scale, 0.1 * scale, 0, 2 * Math.PI);
  brush.stroke();
  const bar = pose.bar ? `beat ${pose.bar.barPosition + 1} of ${pose.bar.beatsPerBar}, the next in ${pose.bar.nextS.toFixed(2)} s` : "no beat";
  const { late, starved } = show.player.counters;
  words.textContent = `${pose.tempoBpm.toFixed(0)} BPM, ${bar}; ${late} late, stood ${starved} times, ${show.state?.dropped_here ?? 0} dropped`;
}
requestAnimationFrame(draw);

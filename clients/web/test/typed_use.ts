/** What a program in TypeScript may write, and what its compiler must refuse: checked by tsc, never run. */

import type { VRM } from "@pixiv/three-vrm";
import { beatBlock, decodeFrame, encodeFrame, watch } from "../client/index.js";
import { VrmFigure } from "../client/three_vrm.js";

export function use(vrm: VRM, message: ArrayBuffer): ArrayBuffer {
  const show = watch("ws://127.0.0.1:8765/ws", { token: "word", wish: { fps: 60, look_ahead_s: 0.25, blocks: ["beat", "contacts"] } });
  const figure = new VrmFigure(vrm, show.skeleton);
  show.on("skeleton", () => figure.useSkeleton(show.skeleton));
  show.on("state", (state) => state.tempo_bpm.toFixed(1));
  // @ts-expect-error there is no such message
  show.on("stat", () => {});
  // @ts-expect-error 61 is no rate of the protocol
  watch("ws://127.0.0.1:8765/ws", { wish: { fps: 61 } });
  const pose = show.pose(1, 0);
  // @ts-expect-error before the first frame there is no pose
  figure.take(pose);
  if (pose !== null) figure.take(pose);
  const beat: number | null | undefined = pose?.beat;
  const frame = decodeFrame(message);
  const blocks = [beatBlock({ nextBeatS: beat ?? 0, periodS: 0.5, beatsPerBar: 4, confidence: 1, barPosition: 0 })];
  // @ts-expect-error a frame to send has a time
  encodeFrame({ seq: 1, rootM: [0, 1, 0], quatWxyz: [] });
  return encodeFrame({ ...frame, blocks });
}

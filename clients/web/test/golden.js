/** The golden vectors of protocol/, as every codec reads them. */

import { readdirSync, readFileSync } from "node:fs";

const PROTOCOL = new URL("../../../protocol/", import.meta.url);
const GOLDEN = new URL("golden/", PROTOCOL);

const read = (name) => JSON.parse(readFileSync(new URL(name, GOLDEN), "utf8"));

/** The server's skeleton message. */
export const skeleton = () => ({ ...JSON.parse(readFileSync(new URL("skeleton.json", PROTOCOL), "utf8")), hash: "" });

/** Vectors of pose frames: what a server reads begins with sound_, what engines see ends with their name. */
export const vectors = readdirSync(GOLDEN)
  .filter((name) => /^(?!sound_)[^.]+\.json$/.test(name))
  .map((file) => {
    const name = file.replace(/\.json$/, "");
    return { name, bytes: new Uint8Array(readFileSync(new URL(`${name}.bin`, GOLDEN))), ...read(file) };
  });

/** Where joints are in another engine's space, for a vector that has it. */
export function seenBy(engine, name) {
  try {
    return read(`${name}.${engine}.json`);
  } catch {
    return null;
  }
}

/** Proves that dist/ is what this source and the lock file build: exit status 1 and the names of the files that differ. */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildPage } from "./build.mjs";

const NAMES = [
  "app.js", "desk.js", "obs.js", "shared.js", "shared2.js", "capture_worklet.js",
  "index.html", "desk.html", "obs.html", "style.css", "desk.css", "LICENSES.txt",
];
const dist = join(dirname(fileURLToPath(import.meta.url)), "dist");
const fresh = await mkdtemp(join(tmpdir(), "groovecast-page-"));
try {
  await buildPage(fresh);
  const differ = [];
  for (const name of NAMES) {
    const [here, there] = await Promise.all([readFile(join(fresh, name)), readFile(join(dist, name)).catch(() => null)]);
    if (there === null || !here.equals(there)) differ.push(name);
  }
  if (differ.length > 0) {
    console.error(`clients/web/dist is not what its source builds (${differ.join(", ")}): run npm ci && npm run build, and commit dist`);
    process.exitCode = 1;
  } else console.log(`clients/web/dist is what its source builds (${NAMES.length} files)`);
} finally {
  await rm(fresh, { recursive: true });
}

/** Bundles the page into a folder: `node build.mjs dist`. The same lock file gives the same bytes. */

import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const APART = { tsconfigRaw: "{}" }; // what checks the types says nothing about what is built

const here = dirname(fileURLToPath(import.meta.url));

/** The licence of each npm package that went into the bundle. */
async function licences(inputs) {
  const packages = new Set();
  for (const input of Object.keys(inputs)) {
    const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found) packages.add(found[1]);
  }
  const parts = [];
  // three-vrm is published as one file with its own parts inside: name those too.
  const all = await readdir(join(here, "node_modules", "@pixiv"));
  if (packages.has("@pixiv/three-vrm")) all.filter((n) => n.startsWith("three-vrm")).forEach((n) => packages.add(`@pixiv/${n}`));
  for (const name of [...packages].sort()) {
    const folder = join(here, "node_modules", name);
    const about = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const text = (await readFile(join(folder, "LICENSE"), "utf8")).replace(/\r\n/g, "\n").trim();
    parts.push(`${name} ${about.version} (${about.license})\n\n${text}\n`);
  }
  const rule = `\n${"-".repeat(78)}\n\n`;
  return (
    "app.js, obs.js and shared.js hold Groovecast's pages (Apache-2.0) and these packages.\n" +
    "mannequin.vrm is Groovecast's own and free of any right (CC0 1.0).\n" +
    rule + parts.join(rule)
  );
}

/** Write the page into `out`; mannequin.vrm is made by make_mannequin.py and stays as it is. */
export async function buildPage(out) {
  await mkdir(out, { recursive: true });
  const result = await build({
    ...APART,
    absWorkingDir: here,
    entryPoints: { app: "src/main.js", obs: "src/obs.js" },
    outdir: out,
    chunkNames: "shared", // what both pages need, three.js above all: one file, for there are two pages
    splitting: true,
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022", "safari16"],
    charset: "utf8",
    legalComments: "none", // LICENSES.txt has them
    metafile: true,
    logLevel: "warning",
  });
  // the sound thread's part is a file of its own: the browser loads it there
  await build({
    ...APART,
    absWorkingDir: here,
    entryPoints: ["src/capture_worklet.js"],
    outfile: join(out, "capture_worklet.js"),
    minify: true,
    target: ["es2022", "safari16"],
    charset: "utf8",
    logLevel: "warning",
  });
  await writeFile(join(out, "LICENSES.txt"), await licences(result.metafile.inputs));
  for (const name of ["index.html", "obs.html", "style.css"]) await copyFile(join(here, "src", name), join(out, name));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPage(resolve(process.argv[2] ?? join(here, "dist")));

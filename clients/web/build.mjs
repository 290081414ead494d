/** Bundles the page into a folder: `node build.mjs dist`. The same lock file gives the same bytes. */

import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const APART = { tsconfigRaw: "{}" }; // what checks the types says nothing about what is built

// MIT, as its package.json says, with the copyright that its source names; the package holds no file of it
const LICENCES_WITHOUT_FILE = {
  "qrcode-generator": `Copyright (c) 2009 Kazuhiko Arase

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR
ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH
THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`,
};

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
    const file = await readFile(join(folder, "LICENSE"), "utf8").catch(() => LICENCES_WITHOUT_FILE[name]);
    if (!file) throw new Error(`asked for the licence of ${name}, its package holds none: add it to LICENCES_WITHOUT_FILE`);
    const text = file.replace(/\r\n/g, "\n").trim();
    parts.push(`${name} ${about.version} (${about.license})\n\n${text}\n`);
  }
  const rule = `\n${"-".repeat(78)}\n\n`;
  return (
    "app.js, desk.js, obs.js, shared.js and shared2.js hold Groovecast's pages (Apache-2.0) and these packages.\n" +
    "mannequin.vrm is Groovecast's own and free of any right (CC0 1.0).\n" +
    rule + parts.join(rule)
  );
}

/** Write what was built; what several pages share is `shared.js`, the largest, `shared2.js` and so on. */
async function writePages(files) {
  const chunks = files.filter(({ path }) => basename(path).startsWith("chunk-")).sort((a, b) => b.contents.length - a.contents.length);
  const names = new Map(chunks.map(({ path }, k) => [basename(path), `shared${k === 0 ? "" : k + 1}.js`]));
  for (const { path, text } of files) {
    let named = text;
    for (const [hashed, name] of names) named = named.replaceAll(`./${hashed}`, `./${name}`);
    await writeFile(join(dirname(path), names.get(basename(path)) ?? basename(path)), named);
  }
}

/** Write the page into `out`; mannequin.vrm is made by make_mannequin.py and stays as it is. */
export async function buildPage(out) {
  await mkdir(out, { recursive: true });
  const result = await build({
    ...APART,
    absWorkingDir: here,
    entryPoints: { app: "src/main.js", desk: "src/desk.js", obs: "src/obs.js" },
    outdir: out,
    chunkNames: "chunk-[hash]", // what several pages need, three.js above all; named below
    splitting: true,
    write: false,
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022", "safari16"],
    charset: "utf8",
    legalComments: "none", // LICENSES.txt has them
    metafile: true,
    logLevel: "warning",
  });
  await writePages(result.outputFiles);
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
  for (const name of ["index.html", "desk.html", "obs.html", "style.css", "desk.css"]) await copyFile(join(here, "src", name), join(out, name));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPage(resolve(process.argv[2] ?? join(here, "dist")));

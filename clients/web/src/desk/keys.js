/** The keyboard: one key for what is needed in a hurry, none of them while somebody types. */

/**
 * @typedef {object} Acts
 * @property {(atS: number) => void} tap at that time of the local clock
 * @property {() => void} escape
 * @property {() => void} resume
 * @property {(name: string) => void} press
 * @property {(name: string) => void} toggle
 * @property {(number: number) => void} cue
 * @property {(by: number) => void} step through the cues
 * @property {() => void} lock
 * @property {() => void} help
 */

/** @param {EventTarget | null} target */
const isField = (target) => target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;

/** @param {EventTarget | null} target */
const isButton = (target) => target instanceof Element && target.closest("button, a, summary") !== null;

/**
 * @param {Window} page
 * @param {Acts} acts
 */
export function listenForKeys(page, acts) {
  /** @type {Record<string, () => void>} */
  const keys = {
    escape: acts.escape,
    r: acts.resume,
    b: () => acts.toggle("blackout"),
    f: () => acts.toggle("freeze"),
    m: () => acts.toggle("mirror"),
    arrowleft: () => acts.step(-1),
    arrowright: () => acts.step(1),
    "[": () => acts.press("nudge_earlier"),
    "]": () => acts.press("nudge_later"),
    ",": () => acts.press("half"),
    ".": () => acts.press("double"),
    d: () => acts.press("resync"),
    k: () => acts.press("keyframe"),
    l: acts.lock,
    "?": acts.help,
  };
  page.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isField(event.target)) return;
    const key = event.key.toLowerCase();
    if (key === " " || key === "enter") {
      if (isButton(event.target)) return; // what is in focus means itself
      event.preventDefault();
      if (event.repeat) return;
      if (key === "enter") acts.resume();
      else acts.tap(event.timeStamp / 1000);
      return;
    }
    const act = /^[1-9]$/.test(key) ? () => acts.cue(Number(key)) : Object.hasOwn(keys, key) ? keys[key] : null;
    if (act === null) return;
    event.preventDefault();
    if (!event.repeat) act();
  });
}

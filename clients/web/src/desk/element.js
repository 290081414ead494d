/** Makes elements of the page: what anybody said is set as text, never read as markup. */

/** @typedef {string | number | boolean | null | undefined | ((event: any) => void)} Property */

/**
 * An element: `class`, `onclick` and the like, and attributes; what is false, null or undefined is left away.
 * @param {string} tag
 * @param {{[name: string]: Property}} [properties]
 * @param {...(Node | string | null)} children strings become text
 * @returns {HTMLElement}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

/**
 * Write a text, if it is another than before: a picture that does not change costs nothing.
 * @param {Element} element
 * @param {string} text
 */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Set an attribute, if it is another than before.
 * @param {Element} element
 * @param {string} name
 * @param {string | number | boolean} value
 */
export function mark(element, name, value) {
  const text = String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/**
 * A line drawing, 24 units wide and high.
 * @param {string} path
 */
export function icon(path) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** What is looked up now and then: the list of keys, and the code that brings the desk onto a phone. */

import qrcode from "qrcode-generator";
import { deskStrings } from "../strings.js";
import { make, mark } from "./element.js";

const QUIET_MODULES = 4; // of white around the code: cameras need it

/** A sheet over the desk; panic stays in sight. */
export class Sheet {
  /** @type {HTMLElement} */
  element;
  /** @type {HTMLElement} */
  button;
  #body;
  #close;

  /**
   * @param {string} name
   * @param {string} title
   * @param {Node | string} face of the button that opens it
   */
  constructor(name, title, face) {
    this.#body = make("div", { class: "sheet-body" });
    this.#close = make("button", { type: "button", class: "small", onclick: () => this.show(false) }, deskStrings.close);
    this.element = make("aside", { class: "sheet", id: `sheet-${name}`, role: "dialog", "aria-label": title, hidden: true }, make("div", { class: "head" }, make("h2", {}, title), this.#close), this.#body);
    this.button = make("button", { type: "button", class: "tool", "aria-label": title, "aria-expanded": false, "aria-controls": this.element.id, onclick: () => this.show(!this.open) }, face);
  }

  get open() {
    return !this.element.hidden;
  }

  /** @param {boolean} open */
  show(open) {
    this.element.hidden = !open;
    mark(this.button, "aria-expanded", open);
    if (open) this.#close.focus();
    else if (this.element.contains(document.activeElement)) this.button.focus();
  }

  /** @param {...(Node | string)} children */
  fill(...children) {
    this.#body.replaceChildren(...children);
  }
}

/** The list of keys, and the way to the first page. @param {string} firstPage */
export function helpRows(firstPage) {
  const rows = deskStrings.helpKeys.map(([key, what]) => make("tr", {}, make("th", { scope: "row" }, key), make("td", {}, what)));
  const link = make("a", { href: firstPage, class: "small", id: "first-page" }, deskStrings.mainPage);
  return [make("p", {}, deskStrings.helpTouch), make("table", {}, ...rows), link];
}

/**
 * The address of the desk as a phone must open it: the machine's own in the network, with the token.
 * @param {URL} here this page's address
 * @param {string[]} addresses where the server says that it is reached
 * @returns {string[]} none: only this machine can reach it
 */
export function phoneAddresses(here, addresses) {
  const token = here.searchParams.get("token");
  if (!token) return [];
  const found = addresses.length > 0 ? addresses : isLoopback(here.hostname) ? [] : [here.origin];
  return found.flatMap((address) => {
    try {
      const url = new URL("/desk", address);
      url.search = `?token=${encodeURIComponent(token)}`;
      return url.protocol === "http:" || url.protocol === "https:" ? [url.href] : [];
    } catch {
      return []; // a name that is no address
    }
  });
}

/** @param {string} host */
const isLoopback = (host) => host === "localhost" || host === "[::1]" || /^127\./.test(host);

/**
 * What brings the desk onto a phone, or why nothing does.
 * @param {URL} here
 * @param {string[]} addresses
 */
export function phoneRows(here, addresses) {
  const found = phoneAddresses(here, addresses);
  if (found.length === 0) return [make("p", {}, deskStrings.phoneNoToken)];
  return [
    make("p", {}, deskStrings.phoneText),
    codeOf(found[0]),
    ...found.map((address) => make("p", { class: "address" }, address)),
    make("p", { class: "secret" }, deskStrings.phoneSecret),
  ];
}

/** @param {string} text */
function codeOf(text) {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  const size = count + 2 * QUIET_MODULES;
  let path = "";
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      if (code.isDark(row, column)) path += `M${column + QUIET_MODULES} ${row + QUIET_MODULES}h1v1h-1z`;
    }
  }
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("class", "qr");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", text);
  svg.setAttribute("shape-rendering", "crispEdges");
  const dark = document.createElementNS(space, "path");
  dark.setAttribute("d", path);
  svg.append(dark);
  return svg;
}

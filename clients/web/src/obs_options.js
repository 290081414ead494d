/** What the address of the OBS page asks for: `/obs?camera=half&shadow=1`. What is not understood is as if not said. */

const AS_IT_STANDS = { leftRad: 0, aboveRad: 0.03, bone: "hips", upAndDown: false, followS: 0.35 };

/** What the picture shows, in metres of a figure of the usual height. Arms go up, and to the sides. */
export const FRAMINGS = {
  full: { ...AS_IT_STANDS, heightM: 2.35, widthM: 2.1, middleM: 1.02 },
  half: { ...AS_IT_STANDS, heightM: 1.35, widthM: 1.5, middleM: 1.3, bone: "upperChest", upAndDown: true },
  feet: { ...AS_IT_STANDS, aboveRad: 0.22, heightM: 0.9, widthM: 1.3, middleM: 0.32 },
  face: { ...AS_IT_STANDS, aboveRad: 0, heightM: 0.62, widthM: 0.62, middleM: 1.6, bone: "head", upAndDown: true, followS: 0.15 },
};

const RATES = [30, 60, 90, 120];
const NAME = /^[\w-]{1,64}$/; // no dot and no slash: nothing but a file beside the page
const NUMBER = /^\d{1,3}$/;
const MOST_DANCERS = 255;

/**
 * @param {URLSearchParams} said
 * @param {(colour: string) => boolean} isColour
 */
export function obsOptions(said, isColour) {
  const on = (name) => ["1", "true", "on", "yes", ""].includes(said.get(name) ?? "0");
  const camera = said.get("camera");
  const dancer = said.get("dancer") ?? "";
  const fps = Number(said.get("fps"));
  const avatar = said.get("avatar") ?? "";
  return {
    framing: FRAMINGS[Object.hasOwn(FRAMINGS, camera) ? camera : "full"],
    floor: on("floor"),
    shadow: on("shadow"),
    mirror: on("mirror"),
    dancer: NUMBER.test(dancer) && Number(dancer) <= MOST_DANCERS ? Number(dancer) : null, // null: all of them
    fps: RATES.includes(fps) ? fps : null,
    avatar: NAME.test(avatar) ? `${avatar}.vrm` : "mannequin.vrm",
    background: colourOf(said.get("bg") ?? "", isColour),
  };
}

/** `00ff00` is meant as `#00ff00`: in an address, what follows a # never reaches the page's query. */
function colourOf(word, isColour) {
  const hex = /^([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i.test(word) ? `#${word}` : word;
  return hex !== "" && isColour(hex) ? hex : "transparent";
}

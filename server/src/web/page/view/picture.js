// A person's picture: the first letter of the name, on a colour that is always the same for it. Rooms have a sign.

import { el } from "../dom.js";
import { initial, shade } from "../text.js";

/** How many colours there are in `log.css`. */
const SHADES = 8;

/** The picture of `name`, or of a room. Who cannot see it misses nothing: the name stands beside it. */
export function createPicture(name) {
  const shape = name === null ? "room" : `shade-${shade(name, SHADES)}`;
  return el("span", { class: `picture ${shape}`, "aria-hidden": "true" }, name === null ? "#" : initial(name));
}

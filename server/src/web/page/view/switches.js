// The two switches that every page has: the language, and light or dark.

import { el, text } from "../dom.js";
import { TAGS, say } from "../words.js";

const ICONS = { auto: "◐", light: "☀", dark: "☾" };

/** The switches, and the function that shows their state. */
export function createSwitches(actions) {
  const language = el("button", { type: "button", class: "quiet", onclick: actions.language });
  const icon = el("span", { "aria-hidden": "true", class: "glyph" });
  const name = el("span");
  const theme = el("button", { type: "button", class: "quiet", onclick: actions.theme }, icon, name);
  return {
    element: el("div", { class: "switches" }, language, theme),
    show(state) {
      text(language, say(state.language, "language_switch"));
      // The button names the other language in that language.
      language.lang = TAGS[state.language === "zh" ? "en" : "zh"];
      text(icon, ICONS[state.theme] ?? ICONS.auto);
      text(name, say(state.language, `theme_${state.theme in ICONS ? state.theme : "auto"}`));
    },
  };
}

// The conversation that is open: who it is with, how the connection stands, its messages, the message box.

import { attribute, el, text } from "../dom.js";
import { place } from "../places.js";
import { shown } from "../text.js";
import { say } from "../words.js";
import { createCompose } from "./compose.js";
import { createLog } from "./log.js";

/** The main part of the page. */
export function createTalk(actions) {
  const toggle = el("button", { type: "button", class: "quiet toggle", "aria-controls": "side", onclick: draw }, "☰");
  const title = el("h1", { class: "place-title" });
  const note = el("p", { class: "faint small note" });
  const remove = el("button", { type: "button", class: "quiet danger" });
  const stateText = el("span", { role: "status", class: "state-text" });
  const again = el("button", { type: "button", class: "quiet", onclick: actions.retry });
  const lamp = el("span", { class: "lamp", "aria-hidden": "true" });
  const line = el("div", { class: "state" }, lamp, stateText, again);
  const notice = el("p", { class: "notice", role: "status" });
  const log = createLog(actions);
  const compose = createCompose(actions);
  const names = el("div", { class: "titles" }, title, note);
  const head = el("header", { class: "talk-head" }, toggle, names, line, remove);
  let isDrawn = false;

  function draw() {
    actions.drawer(!isDrawn);
  }

  remove.addEventListener("click", () => actions.dialogs.remove(remove.dataset.name));

  return {
    element: el("main", { class: "talk" }, head, notice, log.element, compose.element),
    focus: () => compose.focus(),
    focusToggle: () => toggle.focus(),
    show(state) {
      const { language, current, link } = state;
      isDrawn = state.drawer;
      attribute(toggle, "aria-label", say(language, isDrawn ? "hide_conversations" : "show_conversations"));
      attribute(toggle, "aria-expanded", String(isDrawn));
      if (title.dataset.place !== current) {
        title.dataset.place = current;
        title.replaceChildren(el("bdi", {}, shown(current)));
      }
      const person = current.startsWith("@") ? current.slice(1) : null;
      const member = state.members.find(({ name }) => name === person);
      text(note, noteOn(state, person, member));
      text(remove, say(language, "remove"));
      remove.dataset.name = person ?? "";
      attribute(remove, "hidden", !(state.me.admin && member !== undefined && person !== state.me.name));
      const standing = link === "waiting" && !state.online ? "offline" : link;
      line.dataset.link = standing;
      text(stateText, say(language, `link_${standing}`));
      text(again, say(language, "try_now"));
      attribute(again, "hidden", link !== "waiting");
      text(notice, state.notice === null ? "" : say(language, state.notice));
      log.show(state, place(state, current));
      compose.show(state);
    },
  };
}

function noteOn({ language, me, members }, person, member) {
  if (person === null) {
    return say(language, "everyone");
  }
  if (person === me.name) {
    return say(language, "notes");
  }
  if (member === undefined) {
    return members.length === 0 ? "" : say(language, "gone");
  }
  return say(language, member.online ? "online" : "away");
}

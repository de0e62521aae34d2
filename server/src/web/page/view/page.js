// The whole page: outside the door, or inside with its list, its conversation and its dialogs.

import { arrange, el, text } from "../dom.js";
import { unread } from "../places.js";
import { shown } from "../text.js";
import { say } from "../words.js";
import { createDialogs } from "./dialogs.js";
import { createDoor } from "./door.js";
import { createSide } from "./side.js";
import { createTalk } from "./talk.js";

/** Gives the function that shows a state inside `root`. */
export function createView(root, actions) {
  const door = createDoor(actions);
  const side = createSide(actions);
  const talk = createTalk(actions);
  const dialogs = createDialogs(actions);
  const skip = el("a", { class: "skip", href: "#message", onclick: (event) => focusMessage(event) });
  const veil = el("div", { class: "veil", onclick: () => actions.drawer(false) });
  const frame = el("div", { class: "frame" }, side.element, veil, talk.element);
  let phase = null;

  function focusMessage(event) {
    event.preventDefault();
    talk.focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && frame.classList.contains("drawn")) {
      actions.drawer(false);
      talk.focusToggle();
    }
  });

  return function show(state) {
    const isInside = state.phase === "chat";
    text(skip, say(state.language, "skip"));
    frame.classList.toggle("drawn", state.drawer);
    arrange(root, isInside ? [skip, frame, dialogs.element] : [door.element]);
    if (isInside) {
      side.show(state);
      talk.show(state);
      dialogs.show(state);
    } else {
      door.show(state);
    }
    if (phase !== state.phase) {
      phase = state.phase;
      (isInside ? talk : door).focus();
    }
    document.title = title(state);
  };
}

function title(state) {
  const count = state.phase === "chat" ? unread(state) : 0;
  const place = state.phase === "chat" ? `${shown(state.current)} · ` : "";
  return `${count > 0 ? `(${count}) ` : ""}${place}您好 nihao`;
}

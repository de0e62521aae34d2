// One message, and the line between two days.

import { arrange, attribute, el, text } from "../dom.js";
import { parts, shown } from "../text.js";
import { TAGS, say, why } from "../words.js";
import { createPicture } from "./picture.js";

/** Messages of one person so near one another, in ms, stand together. */
const TOGETHER = 5 * 60_000;
const DAY = 86_400_000;

/** A message's element. */
export function createMessage(entry, actions) {
  const who = el("bdi", { class: "who" }, shown(entry.from));
  const time = el("time");
  // What stands for a character is no part of the sentence, whichever way that runs.
  const pieces = parts(entry.text).map(([piece, steers]) => (steers ? el("bdi", { class: "sign", dir: "ltr" }, piece) : piece));
  const words = el("p", { class: "words", dir: "auto", lang: "" }, ...pieces);
  const status = el("span", { class: "status" });
  const edit = el("button", { type: "button", class: "quiet small", onclick: () => settle(actions.edit) });
  const discard = el("button", { type: "button", class: "quiet small", onclick: () => settle(actions.discard) });
  const foot = el("div", { class: "foot-line" }, status, edit, discard);
  const body = el("div", { class: "body" });
  const meta = el("p", { class: "meta" }, who, " ", time);
  const element = el("li", { class: "message" }, createPicture(entry.from), body);

  let shownAs = null;

  /** The button goes with its message; the focus does not. */
  function settle(act) {
    act(entry.id);
    document.getElementById("message").focus();
  }

  function show({ seq, at, from, reason, detail, isUnsent = false }, previous, { language, me }) {
    const isNext = previous !== null && previous.from === from && Math.abs(at - previous.at) < TOGETHER;
    // Most messages are as they were; formatting dates is what takes long.
    const as = [seq, at, isNext, isUnsent, reason, language].join();
    if (as === shownAs) {
      return;
    }
    shownAs = as;
    element.classList.toggle("own", from === me.name);
    element.classList.toggle("next", isNext);
    element.classList.toggle("unsent", isUnsent);
    element.classList.toggle("refused", isUnsent && reason !== null);
    attribute(element, "data-seq", seq);
    // The time tells its language's form, and to the second where one points at it.
    const date = new Date(at);
    text(time, date.toLocaleTimeString(TAGS[language], { hour: "numeric", minute: "2-digit" }));
    attribute(time, "datetime", date.toISOString());
    attribute(time, "title", date.toLocaleString(TAGS[language]));
    if (isUnsent) {
      const isRefused = reason !== null;
      const wrong = () => say(language, "refused", { why: why(language, { error: reason, detail }) });
      text(status, isRefused ? wrong() : say(language, "pending"));
      text(edit, say(language, "edit"));
      text(discard, say(language, "discard"));
      attribute(edit, "hidden", !isRefused);
      attribute(discard, "hidden", !isRefused);
    }
    arrange(body, isUnsent ? [meta, words, foot] : [meta, words]);
  }

  return { element, show };
}

/** The line that a new day begins with. */
export function createDay() {
  const label = el("span");
  const element = el("li", { class: "day" }, label);
  let shownAs = null;
  return {
    element,
    show(at, language) {
      const today = new Date();
      const as = [today.toDateString(), language].join();
      if (as === shownAs) {
        return;
      }
      shownAs = as;
      const yesterday = new Date(today.getTime() - DAY);
      const day = new Date(at).toDateString();
      if (day === today.toDateString()) {
        text(label, say(language, "today"));
      } else if (day === yesterday.toDateString()) {
        text(label, say(language, "yesterday"));
      } else {
        text(label, new Date(at).toLocaleDateString(TAGS[language], { dateStyle: "full" }));
      }
    },
  };
}

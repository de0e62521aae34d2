// The message box.

import { attribute, el, text } from "../dom.js";
import { shown } from "../text.js";
import { say, why } from "../words.js";

/** The form that messages are written in. */
export function createCompose(actions) {
  const label = el("label", { for: "message", class: "heard" });
  const box = el("textarea", {
    id: "message",
    rows: 1,
    dir: "auto",
    enterkeyhint: "send",
    "aria-describedby": "message-keys message-problem",
    onkeydown: press,
    oninput: () => actions.draft(box.value),
  });
  const button = el("button", { type: "submit", class: "main" });
  const keys = el("p", { class: "hint", id: "message-keys" });
  const problem = el("p", { class: "problem", role: "alert", id: "message-problem" });
  const form = el("form", { class: "compose", onsubmit: submit }, label, box, button, problem, keys);
  let shownPlace = null;

  function submit(event) {
    event.preventDefault();
    if (actions.say(box.value)) {
      box.value = "";
    }
    box.focus();
  }

  function press(event) {
    // While characters are being composed, Enter chooses among them. 229: Safari tells so after the composition's end.
    const isComposing = event.isComposing || event.keyCode === 229;
    if (event.key === "Enter" && !event.shiftKey && !isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  }

  return {
    element: form,
    focus: () => box.focus(),
    show({ language, current, drafts, problem: wrong }) {
      const place = shown(current);
      text(label, say(language, "message_to", { place }));
      attribute(box, "placeholder", say(language, "message_to", { place }));
      text(button, say(language, "send"));
      text(keys, say(language, "keys"));
      text(problem, wrong === null ? "" : why(language, wrong));
      attribute(box, "aria-invalid", wrong !== null && "true");
      const draft = drafts.get(current) ?? "";
      if (current !== shownPlace || (draft !== "" && draft !== box.value)) {
        const isOther = shownPlace !== null;
        shownPlace = current;
        box.value = draft;
        if (isOther) {
          box.focus();
        }
      }
    },
  };
}

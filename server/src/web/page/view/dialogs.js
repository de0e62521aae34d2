// Questions in between: inviting, removing, leaving. The browser keeps the focus inside them, and Escape closes them.

import { attribute, el, text } from "../dom.js";
import { shown } from "../text.js";
import { TAGS, say, why } from "../words.js";

/** The one dialog that is open, if one is. */
export function createDialogs(actions) {
  const title = el("h2", { id: "dialog-title" });
  const intro = el("p", { id: "dialog-intro" });
  const body = el("div", { class: "dialog-body" });
  const problem = el("p", { class: "problem", role: "alert" });
  const act = el("button", { type: "button", class: "main danger", onclick: actions.confirm });
  const close = el("button", { type: "button", class: "quiet", onclick: actions.dialogs.close });
  const buttons = el("div", { class: "row end" }, close, act);
  const dialog = el(
    "dialog",
    { "aria-labelledby": "dialog-title", "aria-describedby": "dialog-intro", onclose: actions.dialogs.close },
    title,
    intro,
    body,
    problem,
    buttons,
  );
  const link = createCopy("invite-link");
  const line = createCopy("invite-line");
  let returnTo = null;

  return {
    element: dialog,
    show({ language, dialog: asked }) {
      if (asked === null) {
        if (dialog.open) {
          dialog.close();
          returnTo?.focus();
        }
        return;
      }
      const isInvite = asked.kind === "invite";
      const values = { name: shown(asked.name ?? ""), until: until(language, asked.expires) };
      text(title, say(language, `${asked.kind}_title`, values));
      text(intro, asked.expires === undefined && isInvite ? "" : say(language, `${asked.kind}_intro`, values));
      body.replaceChildren(...inside(asked, language));
      text(problem, asked.problem ? why(language, asked.problem) : "");
      attribute(act, "hidden", isInvite);
      attribute(act, "disabled", asked.busy === true);
      text(act, isInvite ? "" : say(language, asked.kind));
      text(close, say(language, isInvite ? "close" : "cancel"));
      if (!dialog.open) {
        returnTo = document.activeElement;
        dialog.showModal();
        close.focus();
      }
    },
  };

  function inside(asked, language) {
    if (asked.kind === "invite" && asked.line !== undefined) {
      link.show(say(language, "invite_link"), asked.link, language);
      line.show(say(language, "invite_line"), asked.line, language);
      return [link.element, line.element];
    }
    if (asked.kind === "invite" && asked.busy) {
      return [el("p", { role: "status" }, say(language, "loading"))];
    }
    if (asked.kind === "sign_out" && asked.count > 0) {
      return [el("p", { class: "problem" }, say(language, "sign_out_unsent", { count: asked.count }))];
    }
    return [];
  }
}

function until(language, at) {
  return at === undefined ? "" : new Date(at).toLocaleString(TAGS[language], { dateStyle: "medium", timeStyle: "short" });
}

/** Something to copy: in a field of its own, so that it can also be selected by hand. */
function createCopy(id) {
  const label = el("label", { for: id });
  const value = el("input", { id, type: "text", readonly: true, dir: "ltr", onfocus: () => value.select() });
  const button = el("button", { type: "button", class: "quiet", onclick: copy });
  const done = el("span", { class: "heard", role: "status" });
  let words = null;

  async function copy() {
    await navigator.clipboard.writeText(value.value);
    text(button, words.copied);
    text(done, words.copied);
  }

  return {
    element: el("div", { class: "field" }, label, el("div", { class: "row" }, value, button), done),
    show(name, content, language) {
      words = { copied: say(language, "copied") };
      text(label, name);
      if (value.value !== content) {
        value.value = content;
        text(done, "");
      }
      if (done.textContent === "") {
        text(button, say(language, "copy"));
      }
      attribute(button, "aria-label", `${say(language, "copy")}: ${name}`);
    },
  };
}

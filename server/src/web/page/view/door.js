// Outside: an invite and a name let one in.

import { attribute, el, text } from "../dom.js";
import { say, why } from "../words.js";
import { createSwitches } from "./switches.js";

/** Whether it is the name that is wrong, and not the invite. Of a name that cannot be one the server says which. */
function isAboutName({ error, detail }) {
  return error === "needs_name" || error === "name_taken" || (error === "malformed" && /^"/.test(detail ?? ""));
}

/** The form to join with. */
export function createDoor(actions) {
  const title = el("p", { class: "door-title" });
  const intro = el("p", { class: "faint" });
  const notice = el("p", { class: "notice", role: "status" });
  const code = field("code", { autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
  const name = field("name", { autocomplete: "username", autocapitalize: "off", spellcheck: "false", maxlength: 64 });
  const button = el("button", { type: "submit", class: "main" });
  const problem = el("p", { class: "problem", role: "alert", id: "join-problem" });
  const form = el("form", { novalidate: true, onsubmit: submit }, code.element, name.element, problem, button);
  const brand = el("h1", { class: "brand big" }, el("span", { lang: "zh-Hans" }, "您好"), " nihao");
  const switches = createSwitches(actions);
  const card = el("div", { class: "card" }, brand, title, intro, notice, form);
  let shownProblem = null;
  let shownCode = null;

  function submit(event) {
    event.preventDefault();
    actions.join(code.input.value.trim(), name.input.value.trim());
  }

  return {
    element: el("main", { class: "door" }, card, switches.element),
    focus: () => (code.input.value === "" ? code : name).input.focus(),
    show({ language, notice: word, join }) {
      switches.show(arguments[0]);
      text(title, say(language, "door_title"));
      text(intro, say(language, "door_intro"));
      text(notice, word === null ? "" : say(language, word));
      code.show(say(language, "invite_code"), say(language, "invite_hint"));
      name.show(say(language, "your_name"), say(language, "name_hint"));
      text(button, say(language, join.busy ? "joining" : "join"));
      attribute(button, "aria-disabled", join.busy && "true");
      if (join.code !== shownCode) {
        // What came by a link; what is typed stays in its field.
        shownCode = join.code;
        code.input.value = join.code;
      }
      text(problem, join.problem === null ? "" : told(language, join.problem));
      const wrong = join.problem === null ? null : isAboutName(join.problem) ? name : code;
      for (const one of [code, name]) {
        attribute(one.input, "aria-invalid", one === wrong && "true");
      }
      if (join.problem !== shownProblem) {
        shownProblem = join.problem;
        wrong?.input.focus();
      }
    },
  };
}

function told(language, problem) {
  if (problem.error.startsWith("needs_")) {
    return say(language, problem.error);
  }
  // What is wrong with a name, the server says best.
  const reason = why(language, problem);
  return problem.error === "malformed" && problem.detail ? `${reason} (${problem.detail})` : reason;
}

function field(id, attributes) {
  const label = el("label", { for: id });
  const hint = el("p", { class: "hint", id: `${id}-hint` });
  const describedby = `${id}-hint join-problem`;
  const input = el("input", { id, name: id, type: "text", "aria-describedby": describedby, ...attributes });
  return {
    input,
    element: el("div", { class: "field" }, label, input, hint),
    show(name, help) {
      text(label, name);
      text(hint, help);
    },
  };
}

// The page: the views' switch above, the ladder beside the bytes, and all that is told besides below.

import { el } from "./dom.js";
import { topOf, views } from "./data.js";
import { choose, follow, look, settle, state, view, watch } from "./state.js";
import { player } from "./player.js";
import { ladder } from "./ladder.js";
import { hexView } from "./hex.js";
import { fieldView } from "./fields.js";
import { reason, spaces } from "./reason.js";
import { sections } from "./tables.js";
import { given, milliseconds, say } from "./words.js";

const NAMES = { A: "view_a", Router: "view_router", B: "view_b", Eavesdropper: "view_eavesdropper" };

/** Whose eyes one sees with. */
function viewSwitch() {
  const buttons = views.map(({ name, story }, place) => {
    const key = story.source === "live" ? "view_client" : NAMES[name];
    const radio = el("input", { type: "radio", name: "view", id: `view-${name}`, checked: place === state.view, onchange: () => look(place) });
    return { radio, label: el("label", { for: `view-${name}` }, given.labels[key] ?? name) };
  });
  watch(() => buttons.forEach(({ radio }, place) => (radio.checked = place === state.view)));
  return el("fieldset", { class: "views" }, el("legend", {}, say("views")), ...buttons.flatMap(({ radio, label }) => [radio, label]));
}

/** What passed here, and whether it went well. */
function summary() {
  const line = el("p", { class: "summary" });
  function draw() {
    const { frames, outcome, ledger } = view();
    const bytes = frames.reduce((all, frame) => all + frame.bytes.length / 2, 0);
    const time = milliseconds(frames.at(-1)?.at ?? 0);
    const text = ledger?.text_bytes ? say("summary_text", { bytes: ledger.text_bytes }) : "";
    const error = view().name === "Eavesdropper" ? null : (outcome?.error ?? null);
    line.replaceChildren(
      `${view().story.path.join(" – ")}${say("COLON")}${text}${say("summary", { frames: frames.length, bytes, time })}`,
      error === null ? "" : el("strong", { class: "invalid note" }, ` ✗ ${error}`),
    );
  }
  watch((changed) => changed.has("view") && draw());
  draw();
  return line;
}

/** The captures, made into files when they are asked for. */
function downloads() {
  const buttons = given.captures.map(({ name, bytes }) => el("button", { type: "button", onclick: () => save(name, bytes) }, say("save", { name })));
  return buttons.length === 0 ? "" : el("div", { class: "downloads", role: "group", "aria-label": say("captures") }, ...buttons);
}

function save(name, base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type: "application/x-pcapng" }));
  el("a", { href: url, download: name }).click();
  // The browser has read it long before.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function page() {
  const { box, contents } = sections();
  return [
    el("a", { class: "skip", href: "#ladder", onclick: skip }, say("skip")),
    el("header", {}, el("h1", {}, "nihao explain"), viewSwitch(), downloads(), summary()),
    el(
      "main",
      {},
      el("section", { class: "time", "aria-labelledby": "ladder-title" }, el("h2", { id: "ladder-title" }, say("ladder")), player(), ladder()),
      el(
        "section",
        { class: "bytes", "aria-labelledby": "bytes-title" },
        el("h2", { id: "bytes-title" }, say("bytes")),
        spaces(),
        hexView(),
        reason(),
        fieldView(),
      ),
      contents,
      box,
    ),
    el("footer", {}, el("p", {}, say("help"))),
  ];
}

/** The address is the chosen place's: skipping must not change it. */
function skip(event) {
  event.preventDefault();
  document.getElementById("ladder").focus();
}

/** Where one begins who was given no place: where it broke, else at the frame that carries the text. */
function begin() {
  const { checks, frames, ledger, rungs } = view();
  const broke = rungs.findIndex(({ broken }) => broken);
  const before = rungs.findLast((rung, place) => place < broke && rung.frames.length > 0);
  const asked = frames.findLast((frame) => frame.way === "out" && ["HTTP", "JSON", "nihao"].includes(topOf(view(), frame)));
  const frame = checks.find(({ ok }) => ok === false)?.frame ?? before?.frames[0] ?? ledger?.text_frame ?? asked?.number ?? 1;
  choose({ space: { frame }, until: view().frames.length });
}

addEventListener("hashchange", follow);
if (location.hash === "") {
  begin();
} else {
  follow();
}
document.getElementById("page").replaceChildren(...page());
settle();

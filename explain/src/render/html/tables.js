// What is told beside the bytes: how it ended, checks, names, routes.

import { el } from "./dom.js";
import { frames, pairs, seenIn, spans, table, why } from "./cells.js";
import { ledger, screens } from "./costs.js";
import { schedules } from "./schedule.js";
import { view, watch } from "./state.js";
import { milliseconds, say, word } from "./words.js";

/** Every section that this view has something for. */
export function sections() {
  const box = el("div", { class: "sections" });
  const contents = el("nav", { class: "contents", "aria-label": say("contents") });
  function draw() {
    const all = [
      ["outcome", say("outcome"), outcome()],
      ["ledger", say("ledger"), ledger()],
      ["checks", say("checks"), checks()],
      ["schedules", say("schedules"), schedules()],
      ["lookups", say("lookups"), lookups()],
      ["decisions", say("decisions"), decisions()],
      ["screen", say("screen"), screens()],
    ].filter(([, , parts]) => parts.length > 0);
    box.replaceChildren(
      ...all.map(([name, title, parts]) =>
        el("section", { id: name, class: name, "aria-labelledby": `${name}-title` }, el("h2", { id: `${name}-title`, tabindex: -1 }, title), ...parts),
      ),
    );
    // The address keeps the chosen place, so that these are buttons and no links.
    const go = (name) => () => {
      const heading = document.getElementById(`${name}-title`);
      heading.scrollIntoView();
      heading.focus({ preventScroll: true });
    };
    contents.replaceChildren(...all.map(([name, title]) => el("button", { type: "button", onclick: go(name) }, title)));
  }
  watch((changed) => changed.has("view") && draw());
  draw();
  return { box, contents };
}

function outcome() {
  const line = view().outcome ?? {};
  // What the ends were told is nothing that can be read from the wire without keys.
  if (view().name === "Eavesdropper") {
    return [el("p", {}, say("outcome_hidden"))];
  }
  const rows = [
    [say("answer"), line.answer],
    [say("error"), line.error],
    ...(line.heard ?? []).map((text) => [say("heard"), text]),
    ...(line.never_happened ?? []).map((fault) => [say("never_happened"), fault]),
  ];
  const waits = view().waits.map((one) => {
    const span = { node: one.node, from: milliseconds(one.at), until: milliseconds(one.until) };
    return el("p", {}, `${say("time_wait", span)} `, why(one.why));
  });
  const said = rows.filter(([, text]) => text !== undefined && text !== null);
  return [...(said.length > 0 ? [pairs(said, "whole")] : []), ...broken(), ...waits, ...unseen(line)];
}

/** The step at which a real connection broke: what should have been, what was, and what to do. */
function broken() {
  return view()
    .rungs.filter((rung) => rung.broken)
    .flatMap(({ what, broken: { expected, seen, whose, fix, evidence } }) => {
      const rows = [
        [say("expected"), expected],
        [say("seen"), seen],
        [say("whose"), whose],
        [say("fix"), fix],
      ];
      return [el("h3", { class: "invalid note" }, `✗ ${what}`), pairs(rows), el("ul", {}, ...evidence.map((text) => el("li", {}, text)))];
    });
}

function unseen({ unseen: all = [] }) {
  return all.length === 0 ? [] : [el("h3", {}, say("unseen")), el("ul", {}, ...all.map((text) => el("li", {}, text)))];
}

function checks() {
  const verdict = { true: `✓ ${say("right")}`, false: `✗ ${say("wrong")}`, null: `? ${say("unknown_here")}` };
  const rows = view().checks.map((check) => [
    check.ok === false ? el("strong", { class: "invalid note" }, verdict.false) : verdict[check.ok],
    why(check.what),
    check.expected,
    check.seen,
    why(check.why),
    spans(check.of),
  ]);
  const headings = [say("verdict"), say("check"), say("expected"), say("seen"), say("why"), say("bytes")];
  return rows.length === 0 ? [] : [table(headings, rows)];
}

function lookups() {
  const rows = view().lookups.map((one) => [
    String(one.number),
    milliseconds(one.at),
    one.node,
    word("place", one.where),
    one.asked,
    word("result", one.result),
    one.what,
    one.ttl === null ? "" : String(one.ttl),
    why(one.why),
    seenIn(one),
  ]);
  const headings = ["#", "ms", say("node"), say("place"), say("asked"), say("result"), say("answer"), "TTL", say("why"), say("frames")];
  return rows.length === 0 ? [] : [table(headings, rows)];
}

/** What each router decided of each destination: packets of one way come to the same end. */
function decisions() {
  const groups = new Map();
  for (const one of view().decisions) {
    const key = JSON.stringify([one.node, one.destination, one.prefix, one.next_hop, one.interface, one.ttl]);
    groups.set(key, groups.get(key) ?? []);
    groups.get(key).push(one);
  }
  const rows = [...groups.values()].map((group) => {
    const [one] = group;
    return [
      one.node,
      one.destination,
      candidates(one),
      one.prefix === null ? say("no_route") : (one.next_hop ?? say("directly")),
      one.interface,
      String(one.ttl),
      why(one.why),
      String(group.length),
      frames(group.map(({ frame }) => frame).filter((frame) => frame !== null)),
    ];
  });
  const headings = [say("node"), say("destination"), say("prefixes"), say("next_hop"), say("interface"), "TTL", say("why"), say("times"), say("frames")];
  return rows.length === 0 ? [] : [table(headings, rows)];
}

/** The prefixes that a router compared; the one it took stands out. */
function candidates(decision) {
  const items = decision.candidates.map(({ prefix, matches }) => {
    const isTaken = prefix === decision.prefix;
    const mark = isTaken ? "✓" : matches ? "·" : "✗";
    return el("li", {}, isTaken ? el("strong", {}, `${mark} ${prefix}`) : `${mark} ${prefix}`);
  });
  return el("ul", { class: "plain" }, ...items);
}

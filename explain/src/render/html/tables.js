// What is told beside the bytes: checks, names, routes, what each layer costs, the screen, and how it ended.

import { el } from "./dom.js";
import { lineOf, nameOf, partAt, tint } from "./data.js";
import { schedules } from "./schedule.js";
import { address, view, watch } from "./state.js";
import { milliseconds, say, told } from "./words.js";

/** Every section that this view has something for. */
export function sections() {
  const box = el("div", { class: "sections" });
  const contents = el("nav", { class: "contents", "aria-label": say("contents") });
  function draw() {
    const all = [
      ["outcome", outcome()],
      ["ledger", ledger()],
      ["checks", checks()],
      ["schedules", schedules()],
      ["lookups", lookups()],
      ["decisions", decisions()],
      ["screen", screen()],
    ].filter(([, parts]) => parts.length > 0);
    box.replaceChildren(
      ...all.map(([name, parts]) =>
        el("section", { id: name, class: name, "aria-labelledby": `${name}-title` }, el("h2", { id: `${name}-title`, tabindex: -1 }, titles()[name]), ...parts),
      ),
    );
    // The address keeps the chosen place, so that these are buttons and no links.
    const go = (name) => () => {
      const heading = document.getElementById(`${name}-title`);
      heading.scrollIntoView();
      heading.focus({ preventScroll: true });
    };
    contents.replaceChildren(...all.map(([name]) => el("button", { type: "button", onclick: go(name) }, titles()[name])));
  }
  watch((changed) => changed.has("view") && draw());
  draw();
  return { box, contents };
}

const titles = () => ({
  outcome: say("outcome"),
  ledger: say("ledger"),
  checks: say("checks"),
  schedules: say("schedules"),
  lookups: say("lookups"),
  decisions: say("decisions"),
  screen: say("screen"),
});

/** A table with a heading for each column; cells are nodes or text. */
function table(headings, rows) {
  const head = el("tr", {}, ...headings.map((name) => el("th", { scope: "col" }, name)));
  const body = rows.map((cells) => el("tr", {}, ...cells.map((cell) => el("td", {}, cell ?? ""))));
  // A wide table scrolls by itself, and by keyboard, too.
  return el("div", { class: "wide", tabindex: 0, role: "region", "aria-label": headings.join(", ") }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...body)));
}

function frames(numbers) {
  const links = numbers.map((frame) => el("a", { href: address({ frame }) }, String(frame)));
  return el("span", {}, ...links.flatMap((one, index) => (index === 0 ? [one] : [", ", one])));
}

/** The frames of a look-up, or what was seen of it elsewhere. */
function seenIn(lookup) {
  if (lookup.frames?.length) {
    return frames(lookup.frames);
  }
  const places = (lookup.messages ?? []).map((message) => view().elsewhere.indexOf(message) + 1);
  const links = places.map((place) => el("a", { href: address({ elsewhere: place }) }, `${lookup.node} ${place}`));
  return el("span", {}, ...links.flatMap((one, index) => (index === 0 ? [one] : [", ", one])));
}

/** Links to the bytes that something is about. */
function spans(all) {
  const links = all.map(({ space, range }) => {
    const line = lineOf(view(), space);
    return el("a", { href: address(space, line === undefined ? "" : partAt(line, range)) }, `${nameOf(space)} ${range[0]}–${range[1] - 1}`);
  });
  return el("span", {}, ...links.flatMap((one, index) => (index === 0 ? [one] : [", ", one])));
}

/** A text with the section to read on. */
function why(note) {
  if (note === null || note === undefined) {
    return "";
  }
  if (typeof note === "string") {
    return note;
  }
  const { text, section, detail } = told(note);
  return el("span", {}, `${text}${detail === undefined ? "" : ` (${detail})`} `, el("span", { class: "section" }, section));
}

function outcome() {
  const line = view().outcome ?? {};
  // What the ends were told is nothing that can be read from the wire without keys.
  if (view().name === "Eavesdropper") {
    return [el("p", {}, say("outcome_hidden"))];
  }
  const rows = [
    line.answer === undefined ? null : [say("answer"), line.answer],
    line.error === undefined ? null : [say("error"), line.error],
    ...(line.heard ?? []).map((text) => [say("heard"), text]),
  ].filter((row) => row !== null);
  const waits = view().waits.map((one) => {
    const span = { node: one.node, from: milliseconds(one.at), until: milliseconds(one.until) };
    return el("p", {}, `${say("time_wait", span)} `, why(one.why));
  });
  return [el("dl", {}, ...rows.flatMap(([name, text]) => [el("dt", {}, name), el("dd", { class: "whole" }, text)])), ...broken(), ...waits, ...unseen(line)];
}

/** The step at which a real connection broke: what should have been, what was, and what to do. */
function broken() {
  return view()
    .rungs.filter((rung) => rung.broken)
    .flatMap(({ what, broken: told }) => {
      const rows = ["expected", "seen", "whose", "fix"].map((name) => [labels()[name], told[name]]);
      const said = rows.flatMap(([name, text]) => [el("dt", {}, name), el("dd", {}, text)]);
      const evidence = (told.evidence ?? []).map((text) => el("li", {}, text));
      return [el("h3", { class: "invalid note" }, `✗ ${what}`), el("dl", {}, ...said), el("ul", {}, ...evidence)];
    });
}

const labels = () => ({ expected: say("expected"), seen: say("seen"), whose: say("whose"), fix: say("fix") });

function unseen({ unseen: all = [] }) {
  return all.length === 0 ? [] : [el("h3", {}, say("unseen")), el("ul", {}, ...all.map((text) => el("li", {}, text)))];
}

function checks() {
  const rows = view().checks.map((check) => [
    check.ok === true ? `✓ ${say("right")}` : check.ok === false ? `✗ ${say("wrong")}` : `? ${say("unknown_here")}`,
    why(check.what),
    check.expected,
    check.seen,
    why(check.why),
    spans(check.of ?? []),
  ]);
  const headings = [say("verdict"), say("check"), say("expected"), say("seen"), say("why"), say("bytes")];
  return rows.length === 0 ? [] : [table(headings, rows)];
}

function lookups() {
  const rows = view().lookups.map((one) => [
    String(one.number),
    one.at === null ? "" : milliseconds(one.at),
    one.node,
    one.where,
    one.asked,
    one.result,
    one.what,
    one.ttl === null ? "" : String(one.ttl),
    why(one.why),
    seenIn(one),
  ]);
  const headings = ["#", "ms", say("node"), say("place"), say("asked"), say("result"), say("answer"), "TTL", say("why"), say("frames")];
  return rows.length === 0 ? [] : [table(headings, rows)];
}

function decisions() {
  const rows = view().decisions.map((one) => [
    one.at === null ? "" : milliseconds(one.at),
    one.node,
    one.destination,
    candidates(one),
    one.next_hop ?? say("directly"),
    one.interface,
    one.ttl === null || one.ttl === undefined ? "" : String(one.ttl),
    why(one.why),
    one.frame === null || one.frame === undefined ? "" : frames([one.frame]),
  ]);
  const headings = ["ms", say("node"), say("destination"), say("prefixes"), say("next_hop"), say("interface"), "TTL", say("why"), say("frames")];
  return rows.length === 0 ? [] : [table(headings, rows)];
}

/** The prefixes that a router compared; the one it took stands out. */
function candidates(decision) {
  const all = decision.candidates ?? [{ prefix: decision.prefix, matches: true }];
  const items = all.map(({ prefix, matches }) => {
    const isTaken = prefix === decision.prefix;
    const mark = isTaken ? "✓ " : matches ? "· " : "✗ ";
    return el("li", {}, isTaken ? el("strong", {}, `${mark}${prefix}`) : `${mark}${prefix}`);
  });
  return el("ul", { class: "plain" }, ...items);
}

function ledger() {
  const line = view().ledger;
  if (line === null) {
    return [];
  }
  const parts = [el("p", {}, say("ledger_text", { bytes: line.text_bytes }))];
  if (line.layers?.length) {
    parts.push(el("h3", {}, say("ledger_frame")), line.text_frame ? el("p", {}, say("frame", { frame: line.text_frame })) : "", bars(line.layers));
  }
  if (line.all?.length) {
    parts.push(el("h3", {}, say("ledger_all")), bars(line.all));
  }
  if (line.wires?.length) {
    const rows = line.wires.map((wire) => [wire.wire, String(wire.frames), String(wire.bytes)]);
    parts.push(el("h3", {}, say("ledger_wires")), table([say("wire"), say("frames"), say("bytes")], rows));
  }
  return parts;
}

/** Layers as bars, the longest as wide as there is room. */
function bars(layers) {
  const most = Math.max(1, ...layers.map(({ bytes }) => bytes));
  const rows = layers.map((one) => {
    const bar = el("span", { class: `bar ${tint(one.layer)}`, "aria-hidden": "true" });
    bar.style.setProperty("--part", one.bytes / most);
    return el(
      "tr",
      {},
      el("th", { scope: "row" }, one.layer),
      el("td", { class: "amount" }, `${one.bytes} B`),
      el("td", { class: "room" }, bar),
      el("td", {}, why(one.why)),
    );
  });
  return el("table", { class: "bars" }, ...rows);
}

function screen() {
  const line = view().screen;
  if (line === null || view().name === "Eavesdropper") {
    return [];
  }
  const steps = (line.steps ?? []).map((step) =>
    el("li", {}, el("span", { class: `name ${tint(step.layer)}` }, step.layer), ` ${step.what} `, step.bytes ? el("span", { class: "amount" }, `${step.bytes} B`) : ""),
  );
  const size = say("screen_size", { bytes: line.bytes, characters: line.characters, columns: line.columns });
  return [el("ol", {}, ...steps), el("p", { class: "shows", lang: "zh-Hans" }, line.text), el("p", {}, size)];
}

// What is chosen: where it stands, what it says, why it is there, what it became.

import { el } from "./dom.js";
import { bytesOf, called, failedIn, frameOf, lineOf, made, nameOf, stepOf, tint, valueOf } from "./data.js";
import { becomes } from "./fields.js";
import { address, state, view, watch } from "./state.js";
import { milliseconds, say, told, word } from "./words.js";

/** The most bytes that are told as a value; all of them stand above. */
const LONG = 512;

/** The spaces of bytes that the chosen frame gave, each a link. */
export function spaces() {
  const list = el("nav", { class: "spaces", "aria-label": say("spaces") });
  function draw() {
    const frame = frameOf(view(), state.space);
    const line = lineOf(view(), { frame });
    const all = [{ frame }, ...line.completes.map((derived) => ({ derived }))];
    // What became complete with another frame may be chosen, too: the address said so.
    const isThere = all.some((space) => nameOf(space) === nameOf(state.space));
    list.replaceChildren(...(isThere ? all : [...all, state.space]).map(link));
  }
  watch((changed) => changed.has("space") && draw());
  draw();
  return list;
}

function link(space) {
  const isChosen = nameOf(space) === nameOf(state.space);
  const size = lineOf(view(), space).bytes.length / 2;
  return el("a", { href: address(space), "aria-current": isChosen ? "true" : null }, `${called(view(), space)}, ${size} B`);
}

/** The card that says it. */
export function reason() {
  const card = el("section", { class: "reason", id: "reason", tabindex: 0, "aria-label": say("reason"), "aria-live": "polite" });
  function draw() {
    const line = lineOf(view(), state.space);
    const path = state.peek ?? state.part;
    const item = bytesOf(line).items.find((one) => one.path === path) ?? bytesOf(line).items[0];
    const parts = [trail(item), title(item), facts(line, item), ...notes(item.node)];
    if (item.parent === null) {
      parts.splice(2, 0, stepCard(), origin(line));
    }
    const { parent } = item;
    const isAlone = !item.isLayer && parent !== null && (parent.node.notes ?? []).length > 0;
    if (isAlone) {
      parts.push(el("h4", {}, say("part_of", { layer: `${parent.node.layer} ${parent.node.name}` })), ...notes(parent.node));
    }
    card.replaceChildren(...parts.filter((part) => part !== null));
  }
  watch((changed) => ["space", "part", "peek"].some((name) => changed.has(name)) && draw());
  draw();
  return card;
}

/** The layers that a part stands in. */
function trail(item) {
  const above = [];
  for (let one = item.parent; one !== null; one = one.parent) {
    above.unshift(one);
  }
  if (above.length === 0) {
    return null;
  }
  const links = above.map((one) => el("a", { href: address(state.space, one.path) }, `${one.node.layer} ${one.node.name}`));
  return el("p", { class: "trail" }, ...links.flatMap((one, index) => (index === 0 ? [one] : [" › ", one])));
}

function title({ node, isLayer, layer }) {
  const name = isLayer ? `${node.layer} ${node.name}` : node.field;
  return el("h3", {}, el("span", { class: `name ${tint(layer)}` }, name));
}

function facts(line, { node, isLayer }) {
  const [start, end] = node.range;
  const place = say("range", { start, last: Math.max(start, end - 1), length: end - start });
  const value = isLayer ? node.what : valueOf(line, node, LONG);
  const link = becomes(node);
  const rows = [
    value === "" ? null : [say("value"), el("span", { class: "whole" }, value)],
    node.number === undefined ? null : [say("number"), `${node.number} = 0x${node.number.toString(16)}`],
    [say("where"), place],
    link === null ? null : [say("becomes"), el("a", { href: address(link) }, `→ ${called(view(), link)}`)],
  ];
  return el("dl", {}, ...rows.filter((row) => row !== null).flatMap(([name, said]) => [el("dt", {}, name), el("dd", {}, said)]));
}

/** The step that the chosen frame is a part of, and why it is taken. */
function stepCard() {
  const rung = stepOf(view(), frameOf(view(), state.space));
  if (rung === undefined || state.space.elsewhere !== undefined) {
    return null;
  }
  const failed = failedIn(view(), rung);
  return el(
    "div",
    {},
    el("p", {}, `${say("step")}${say("COLON")}`, el("span", { class: `name ${tint(rung.layer)}` }, rung.layer), ` ${rung.what}`),
    rung.why ? noteOf(rung.why) : "",
    failed === undefined ? "" : el("p", { class: "note invalid" }, `✗ ${told(failed.what).text} ${say("expected")}${say("COLON")}${failed.expected} ${say("seen")}${say("COLON")}${failed.seen}`),
  );
}

/** Where a space of bytes came from: a wire, or other bytes. */
function origin(line) {
  if (line.node !== undefined) {
    return el("p", {}, say("elsewhere_at", { node: line.node, time: milliseconds(line.at) }));
  }
  if (line.how === undefined) {
    return el("p", {}, say(line.way === "out" ? "sent_at" : "received_at", { time: milliseconds(line.at) }), hops(line));
  }
  const from = line.from.map(({ space, range }) =>
    el("li", {}, el("a", { href: address(space) }, called(view(), space)), ` ${say("range", { start: range[0], last: range[1] - 1, length: range[1] - range[0] })}`),
  );
  const parts = [el("p", {}, made(line)), el("ul", {}, ...from)];
  const { decrypted } = line.how;
  if (decrypted !== undefined) {
    const rows = [
      [say("secret"), decrypted.secret],
      [say("generation"), decrypted.generation],
      [say("record_number"), decrypted.record],
      ["IV", decrypted.iv],
      ["nonce = IV XOR " + say("record_number"), decrypted.nonce],
    ];
    parts.push(el("dl", {}, ...rows.filter(([, value]) => value !== null).flatMap(([name, value]) => [el("dt", {}, name), el("dd", { class: "whole" }, String(value))])));
  }
  return el("div", {}, ...parts);
}

/** The same frame at every node that saw it. */
function hops(line) {
  if (!line.hops?.length) {
    return null;
  }
  // What leaves a switch is told with what it did.
  const shown = line.hops.filter((hop, place) => hop.switched || hop.lost || hop.way === "in" || !line.hops[place - 1]?.switched);
  const rows = shown.map(({ node, way, at, source_mac, destination_mac, ttl, lost, switched }) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, switched ? `${say("WORD_SWITCH")} ${node}` : `${node} ${say(way === "out" ? "WORD_SENDS" : "WORD_RECEIVES")}`),
      el("td", { class: "amount" }, milliseconds(at)),
      el("td", {}, `${source_mac} → ${destination_mac}`, switched ? el("div", {}, ports(switched)) : ""),
      el("td", { class: lost ? "invalid note" : "" }, lost ? `✗ ${say("WORD_LOST")}` : ttl === null ? "" : String(ttl)),
    ),
  );
  const names = [say("node"), "ms", "MAC", "TTL"].map((name) => el("th", { scope: "col" }, name));
  return el("table", { class: "hops" }, el("caption", {}, say("hops")), el("tr", {}, ...names), ...rows);
}

const ports = ({ from, to, because }) => `${from} → ${to.join(say("COMMA"))} (${word("because", because)})`;

const notes = (node) => (node.notes ?? []).map(noteOf);

function noteOf(note) {
  const { text, section, detail, invalid } = told(note);
  return el(
    "p",
    { class: invalid ? "note invalid" : "note" },
    `${invalid ? "⚠ " : ""}${text}${detail === undefined ? "" : ` (${detail})`} `,
    el("span", { class: "section" }, section),
  );
}

// The key schedule as a graph: what is made of what, with the values that are known.

import { attribute, el, reveal, shape } from "./dom.js";
import { pairs, why } from "./cells.js";
import { view } from "./state.js";
import { say } from "./words.js";

const [BOX, HIGH, GAP_X, GAP_Y] = [214, 44, 22, 30];

/** One graph for each connection that has a schedule, with what its two ends agreed on. */
export function schedules() {
  return view().schedules.map((schedule) => {
    const parts = [el("h3", {}, say("connection", { flow: schedule.flow })), agreement(schedule.agreement), graph(schedule)];
    return el("div", { class: "schedule" }, ...parts.filter((part) => part !== null));
  });
}

function agreement(agreed) {
  if (agreed === null || agreed === undefined) {
    return null;
  }
  // A hybrid has a half of its own for each of its groups.
  const halves = agreed.halves.length > 0 ? agreed.halves : [agreed];
  const parts = halves.flatMap((half) => {
    const rows = [
      [say("client_share"), half.client_share],
      [say("server_share"), half.server_share],
      [say("shared_secret"), half.shared_secret ?? say("unknown_here")],
    ];
    return [el("h4", {}, `${say("group")} ${half.name ?? half.group}`), pairs(rows, "whole")];
  });
  return el("details", {}, el("summary", {}, say("agreement")), ...parts);
}

const MAKINGS = { extract: "HKDF-Extract", expand: "HKDF-Expand-Label" };

function graph({ nodes, flow }) {
  const places = layout(nodes);
  const width = Math.max(...places.map(({ x }) => x)) + BOX + 24;
  const height = Math.max(...places.map(({ y }) => y)) + HIGH + 12;
  const isFar = (from, index) => places[index].y - places[from].y > 2 * (HIGH + GAP_Y) && nodes[index].of[0] !== from;
  const line = (from, index) => (isFar(from, index) ? input(nodes[from].name, places[index], from, index) : edge(places[from], places[index], from, index));
  const edges = nodes.flatMap((node, index) => node.of.map((from) => line(from, index)));
  const boxes = nodes.map((node, index) => boxOf(node, places[index], `key${flow}-${index}`));
  const card = el("div", { class: "key-card", "aria-live": "polite" });
  let chosen = Math.max(0, nodes.findIndex((node) => node.of.length > 0));
  const drawing = shape(
    "svg",
    { role: "listbox", tabindex: 0, width, height, "aria-label": say("schedule_graph"), onkeydown: keys, onclick: press },
    ...edges,
    ...boxes.flatMap((one, index) => [one, wordsOf(nodes[index], places[index])]),
  );
  const box = el("div", { class: "graph" }, drawing);

  function pick(index) {
    chosen = index;
    for (const [place, one] of boxes.entries()) {
      attribute(one, "aria-selected", String(place === chosen));
    }
    const above = ancestors(nodes, chosen);
    for (const one of edges) {
      attribute(one, "class", above.has(Number(one.dataset.to)) ? "edge lit" : "edge");
    }
    attribute(drawing, "aria-activedescendant", boxes[chosen].id);
    card.replaceChildren(...cardOf(nodes, nodes[chosen]));
  }

  function press(event) {
    const index = boxes.indexOf(event.target.closest("[role=option]"));
    if (index >= 0) {
      pick(index);
    }
  }

  function keys(event) {
    const ends = { ArrowDown: chosen + 1, ArrowRight: chosen + 1, ArrowUp: chosen - 1, ArrowLeft: chosen - 1, Home: 0, End: nodes.length - 1 };
    const to = ends[event.key];
    if (to !== undefined) {
      event.preventDefault();
      pick(Math.min(Math.max(to, 0), nodes.length - 1));
      reveal(box, boxes[chosen]);
    }
  }

  pick(chosen);
  return el("div", { class: "graph-and-card" }, box, card);
}

/** The place of each node: a tree of what is made of what first; keys and other ends stand one below the other under theirs. */
function layout(nodes) {
  const children = nodes.map((_, index) => nodes.flatMap((node, child) => (node.of[0] === index ? [child] : [])));
  const places = nodes.map(() => null);
  const put = (index, column, y) => {
    places[index] = { x: 6 + column * (BOX + GAP_X), y };
    const ends = children[index].filter((child) => children[child].length === 0);
    const others = children[index].filter((child) => children[child].length > 0);
    ends.forEach((child, place) => {
      places[child] = { x: 22 + column * (BOX + GAP_X), y: y + HIGH + 14 + place * (HIGH + 8), isEnd: true };
    });
    let width = ends.length > 0 ? 1 : 0;
    for (const child of others) {
      width += put(child, column + width, y + HIGH + GAP_Y);
    }
    return Math.max(1, width);
  };
  const roots = nodes.flatMap((node, index) => (node.of.length === 0 && children[index].length > 0 ? [index] : []));
  roots.reduce((column, index) => column + put(index, column, 6), 0);
  // What only goes in beside something else stands above that, to the right.
  for (const [index, place] of places.entries()) {
    if (place === null) {
      const user = places[nodes.findIndex((node) => node.of.includes(index))] ?? { x: 6, y: 6 + HIGH + GAP_Y };
      places[index] = { x: user.x + BOX + GAP_X, y: user.y - HIGH - GAP_Y };
    }
  }
  return places;
}

function ancestors(nodes, index) {
  const found = new Set([index]);
  const open = [index];
  while (open.length > 0) {
    for (const from of nodes[open.pop()].of) {
      if (!found.has(from)) {
        found.add(from);
        open.push(from);
      }
    }
  }
  return found;
}

function edge(from, to, fromIndex, toIndex) {
  const bend = GAP_Y * 0.8;
  const [x1, y1, x2] = [from.x + BOX / 2, from.y + HIGH, to.x + BOX / 2];
  const middle = to.y + HIGH / 2;
  const d =
    to.isEnd && to.x - from.x < BOX / 2
      ? `M${from.x + 6},${y1}V${middle}H${to.x}`
      : `M${x1},${y1}C${x1},${y1 + bend} ${x2},${to.y - bend} ${x2},${to.y}`;
  return shape("path", { d, class: "edge", "data-from": fromIndex, "data-to": toIndex });
}

/** What goes in from far away comes from its name: a line to it would run behind everything between. */
function input(name, to, fromIndex, toIndex) {
  const [x, y] = [to.x + BOX - 40, to.y - GAP_Y / 2];
  return shape(
    "g",
    { class: "edge", "data-from": fromIndex, "data-to": toIndex, "aria-hidden": "true" },
    shape("text", { x: x + 4, y: y + 5, class: "key-name" }, name),
    shape("path", { d: `M${x},${y}H${to.x + BOX / 2 + 30}V${to.y}` }),
  );
}

function boxOf(node, { x, y }, id) {
  const value = node.value ?? say("unknown_here");
  return shape(
    "g",
    { role: "option", id, "aria-label": `${node.name}: ${value}`, class: node.value === null ? "made unknown" : "made" },
    shape("rect", { x, y, width: BOX, height: HIGH, rx: 8 }),
  );
}

/** What stands in a box is cut to its width; the label says it whole. */
function wordsOf(node, { x, y }) {
  const name = node.name.length > 36 ? `${node.name.slice(0, 35)}…` : node.name;
  const value = node.value === null ? say("unknown_here") : `${node.value.slice(0, 20)}…`;
  return shape(
    "g",
    { "aria-hidden": "true", "pointer-events": "none" },
    shape("text", { x: x + 10, y: y + 18, class: "key-name" }, name),
    shape("text", { x: x + 10, y: y + 35, class: "key-value" }, value),
  );
}

function cardOf(nodes, node) {
  const rows = [
    [say("value"), node.value ?? say("unknown_here")],
    [say("how"), MAKINGS[node.how]],
    [say("made_of"), node.of.map((from) => nodes[from].name).join(", ")],
    [say("label"), node.label],
    [say("over"), node.over],
    [say("hash"), node.hash],
    [say("length"), node.length],
    [say("logged_as"), node.logged_as],
  ];
  const said = rows.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([name, value]) => [name, String(value)]);
  return [
    el("h4", {}, node.name),
    pairs(said, "whole"),
    el("p", { class: "note" }, why(node.why)),
  ];
}

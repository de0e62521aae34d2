// The ladder: a lane for each node of the path, an arrow for each frame, steps as headings between them.

import { attribute, el, reveal, shape } from "./dom.js";
import { frameOf, tint, topOf } from "./data.js";
import { choose, state, view, watch } from "./state.js";
import { milliseconds, say, told } from "./words.js";

const LEFT = 132;
const GAP = 104;
const STEP = 26;
const ROW = 22;
const WIDTH = 640;

const laneAt = (path, node) => LEFT + path.indexOf(node) * GAP;

/** The ladder, in a box that scrolls. */
export function ladder() {
  const box = el("div", { class: "ladder" });
  let rows = [];
  let list = null;

  function draw() {
    const { story, rungs, frames } = view();
    rows = [];
    const parts = [];
    let y = 8;
    for (const [index, rung] of rungs.entries()) {
      const heading = step(rung, y, index);
      y += STEP;
      const group = shape("g", { role: "group", "aria-labelledby": `step${index}` }, heading);
      for (const number of rung.frames) {
        const { row, words } = frameRow(story.path, frames[number - 1], y);
        rows.push({ row, words, number });
        group.append(row, words);
        y += ROW;
      }
      parts.push(group);
    }
    const lanes = story.path.map((node) => {
      const x = laneAt(story.path, node);
      return shape("line", { x1: x, x2: x, y1: 0, y2: y + 8, class: "lane" });
    });
    list = shape(
      "svg",
      {
        role: rows.length > 0 ? "listbox" : "img",
        tabindex: 0,
        id: "ladder",
        "aria-label": say("ladder"),
        width: WIDTH,
        height: y + 8,
        onkeydown: keys,
        onclick: press,
      },
      shape("g", { "aria-hidden": "true" }, ...lanes),
      ...parts,
    );
    box.replaceChildren(head(story.path), rows.length > 0 ? "" : el("p", {}, say("no_frames")), list);
    update();
  }

  function update() {
    const chosen = frameOf(view(), state.space);
    for (const { row, words, number } of rows) {
      attribute(row, "aria-selected", String(number === chosen));
      for (const part of [row, words]) {
        attribute(part, "class", `${row.dataset.layer}${number > state.until ? " later" : ""}`);
      }
      if (number === chosen) {
        attribute(list, "aria-activedescendant", row.id);
        reveal(box, row);
      }
    }
    for (const group of list.querySelectorAll("g[role=group]")) {
      const isLater = group.querySelector("[role=option]") !== null && group.querySelector("[role=option]:not(.later)") === null;
      attribute(group.firstChild, "class", isLater ? "step later" : "step");
    }
  }

  function keys(event) {
    const now = rows.findIndex(({ number }) => number === frameOf(view(), state.space));
    const to = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      const { number } = rows[Math.min(Math.max(to, 0), rows.length - 1)] ?? { number: 1 };
      choose({ space: { frame: number } });
    }
  }

  function press(event) {
    const row = event.target.closest("[role=option]");
    if (row !== null) {
      choose({ space: { frame: Number(row.dataset.frame) } });
    }
  }

  watch((changed) => (changed.has("view") ? draw() : update()));
  draw();
  return box;
}

/** The nodes' names, which stay when the lanes scroll. */
function head(path) {
  const names = path.map((node) => shape("text", { x: laneAt(path, node), y: 18, class: "node" }, node));
  return shape("svg", { width: WIDTH, height: 26, class: "head", "aria-hidden": "true" }, ...names);
}

function step(rung, y, index) {
  const text = shape(
    "text",
    { x: 8, y: y + 16, id: `step${index}` },
    shape("tspan", { class: `name ${tint(rung.layer)}` }, rung.layer),
    shape("tspan", { dx: 8 }, `${rung.broken ? "✗ " : ""}${rung.what}`),
  );
  const why = rung.why === null || rung.why === undefined ? "" : `\n${told(rung.why).text}`;
  return shape("g", { class: "step", "data-broken": Boolean(rung.broken) }, shape("title", {}, `${rung.what}${why}`), text);
}

function frameRow(path, frame, y) {
  const layer = topOf(view(), frame);
  const way = wayOf(path, frame);
  const middle = y + ROW / 2;
  const text = (x, words, name) => shape("text", { x, y: middle + 4, class: name }, words);
  const isLost = frame.lost || (frame.hops ?? []).some((hop) => hop.lost);
  const size = frame.bytes.length / 2;
  const label = say(isLost ? "frame_lost" : "frame_label", {
    frame: frame.number,
    time: milliseconds(frame.at),
    from: way.nodes[0],
    to: way.nodes.at(-1),
    layer,
    size,
  });
  const row = shape(
    "g",
    { role: "option", id: `row${frame.number}`, "aria-label": label, "data-frame": frame.number, "data-layer": tint(layer) },
    shape("rect", { x: 2, y: y + 1, width: WIDTH - 4, height: ROW - 2, rx: 5, class: "choice" }),
    ...arrow(path, way, middle, isLost),
  );
  // The words say less than the label, which is for those who hear it.
  const words = shape(
    "g",
    { "aria-hidden": "true", "pointer-events": "none" },
    text(34, String(frame.number), "number"),
    text(104, milliseconds(frame.at), "number"),
    text(LEFT + (path.length - 1) * GAP + 20, `${layer}, ${size} B`, "size"),
  );
  return { row, words };
}

/** The nodes that a frame was seen at, in order. What was not seen elsewhere is drawn to the next node and no further. */
function wayOf(path, frame) {
  const seen = (frame.hops ?? []).map((hop) => hop.node).filter((node) => path.includes(node));
  const nodes = seen.filter((node, index) => node !== seen[index - 1]);
  if (nodes.length > 0) {
    const forward = nodes.length > 1 ? path.indexOf(nodes[1]) > path.indexOf(nodes[0]) : frame.way === "out";
    return { nodes, forward };
  }
  const own = { Router: 1, Eavesdropper: 1, B: path.length - 1 }[view().name] ?? 0;
  const next = own === 0 ? 1 : own - 1;
  const ends = frame.way === "out" ? [own, next] : [next, own];
  return { nodes: ends.map((place) => path[place]), forward: ends[0] < ends[1] };
}

function arrow(path, { nodes, forward }, y, isLost) {
  const sign = forward ? 1 : -1;
  const [from, last] = [laneAt(path, nodes[0]), laneAt(path, nodes.at(-1))];
  const to = isLost ? last + (sign * GAP) / 2 : last;
  const tip = isLost
    ? shape("path", { d: `M${to - 5},${y - 5}l10,10m0,-10l-10,10`, class: "cross" })
    : shape("path", { d: `M${to},${y}l${-9 * sign},-5v10z`, class: "tip" });
  const stops = nodes.slice(1, -1).map((node) => shape("circle", { cx: laneAt(path, node), cy: y, r: 2.5, class: "stop" }));
  return [
    shape("line", { x1: from, x2: isLost ? to : to - 8 * sign, y1: y, y2: y, class: "arrow" }),
    shape("circle", { cx: from, cy: y, r: 3.5, class: "stop" }),
    ...stops,
    tip,
  ];
}

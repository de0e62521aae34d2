// The ladder: a lane for each node of the path, an arrow for each frame, steps as headings between them.

import { attribute, el, reveal, shape } from "./dom.js";
import { failedIn, frameOf, tint, topOf } from "./data.js";
import { choose, state, view, watch } from "./state.js";
import { milliseconds, say, told } from "./words.js";

const STEP = 26;
const ROW = 22;
const LINE = 17;
/** A letter is so wide at the most, on the average. */
const LETTER = 6.6;
/** Lanes this far apart at the most. */
const GAP = 104;
/** The narrowest ladder, and the narrowest one that has room for words behind the lanes. */
const LEAST = 320;
const ROOMY = 520;

/** Where things stand in a ladder so wide with so many lanes. */
function measure(width, nodes) {
  const wide = width >= ROOMY;
  const [left, right] = wide ? [134, 112] : [96, 14];
  const gap = Math.min(GAP, (width - left - right) / Math.max(1, nodes - 1));
  return { wide, width, left, gap, number: wide ? 34 : 22, time: left - (wide ? 24 : 14), size: left + (nodes - 1) * gap + 16 };
}

/** The ladder, in a box that scrolls. */
export function ladder() {
  const box = el("div", { class: "ladder" });
  let rows = [];
  let list = null;
  let width = 564;

  function draw() {
    const { story, frames } = view();
    const place = { path: story.path, ...measure(width, story.path.length) };
    rows = [];
    const parts = [];
    let y = 8;
    for (const [index, rung] of inOrder(view()).entries()) {
      const { heading, high } = step(rung, y, `step${index}`, width);
      y += high;
      const group = shape("g", { role: "group", "aria-labelledby": `step${index}` }, heading);
      for (const number of rung.frames ?? []) {
        const { row, words } = frameRow(place, frames[number - 1], y);
        rows.push({ row, words, number });
        group.append(row, words);
        y += ROW;
      }
      if (rung.type === "missed") {
        group.append(missedRow(place, rung, y));
        y += ROW;
      }
      parts.push(group);
    }
    const lanes = story.path.map((node) => {
      const x = laneAt(place, node);
      return shape("line", { x1: x, x2: x, y1: 0, y2: y + 8, class: "lane" });
    });
    list = shape(
      "svg",
      {
        role: rows.length > 0 ? "listbox" : "img",
        tabindex: 0,
        id: "ladder",
        "aria-label": say("ladder"),
        width,
        height: y + 8,
        onkeydown: keys,
        onclick: press,
      },
      shape("g", { "aria-hidden": "true" }, ...lanes),
      ...parts,
    );
    box.replaceChildren(head(place), rows.length > 0 ? "" : el("p", {}, say("no_frames")), list);
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

  watch((changed) => {
    if (changed.has("view")) {
      draw();
    } else if (!changed.has("peek") || changed.size > 1) {
      update();
    }
  });
  new ResizeObserver(() => {
    const now = Math.max(LEAST, box.clientWidth);
    if (now !== width) {
      width = now;
      draw();
    }
  }).observe(box);
  draw();
  return box;
}

/** The steps, and among them what was lost before it came here. */
function inOrder({ rungs, missed }) {
  const all = [...rungs];
  for (const one of missed) {
    const after = all.findIndex(({ at }) => at > one.at);
    all.splice(after < 0 ? all.length : after, 0, one);
  }
  return all;
}

const laneAt = ({ path, left, gap }, node) => left + path.indexOf(node) * gap;

/** The nodes' names, which stay when the lanes scroll. */
function head(place) {
  const names = place.path.map((node) => shape("text", { x: laneAt(place, node), y: 18, class: "node" }, node));
  return shape("svg", { width: place.width, height: 26, class: "head", "aria-hidden": "true" }, ...names);
}

function step(rung, y, id, width) {
  const isWrong = Boolean(rung.broken) || (rung.type === "rung" && failedIn(view(), rung) !== undefined);
  const what = `${isWrong ? "✗ " : ""}${rung.what}${rung.type === "missed" ? `${say("COMMA")}${say("WORD_LOST")}` : ""}`;
  const [first, ...rest] = wrap(what, (width - 16) / LETTER - rung.layer.length - 2);
  const text = shape(
    "text",
    { x: 8, y: y + 16, id },
    shape("tspan", { class: `name ${tint(rung.layer)}` }, rung.layer),
    shape("tspan", { dx: 8 }, first),
    ...rest.map((line) => shape("tspan", { x: 16, dy: LINE }, ` ${line}`)),
  );
  const why = rung.why === null || rung.why === undefined ? "" : `\n${told(rung.why).text}`;
  const heading = shape("g", { class: "step", "data-wrong": isWrong, "data-broken": Boolean(rung.broken) }, shape("title", {}, `${rung.what}${why}`), text);
  return { heading, high: STEP + rest.length * LINE };
}

/** A text in lines of so many columns: a drawing does not break lines by itself. */
function wrap(text, columns) {
  const lines = [""];
  let used = 0;
  for (const piece of text.match(/[\u2e80-\uffef]|\S{1,24}|\s+/gu) ?? []) {
    const wide = piece >= "\u2e80" ? 2 : piece.length;
    if (used > 0 && used + wide > columns) {
      lines.push("");
      used = 0;
    }
    lines[lines.length - 1] += piece;
    used += wide;
  }
  return lines;
}

function frameRow(place, frame, y) {
  const layer = topOf(view(), frame);
  const way = wayOf(place.path, frame);
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
    shape("rect", { x: 2, y: y + 1, width: place.width - 4, height: ROW - 2, rx: 5, class: "choice" }),
    ...arrow(place, way, y + ROW / 2, isLost),
  );
  // The words say less than the label, which is for those who hear it.
  const words = shape(
    "g",
    { "aria-hidden": "true", "pointer-events": "none" },
    ...besides(place, y, frame.number, frame.at),
    place.wide ? shape("text", { x: place.size, y: y + ROW / 2 + 4, class: "size" }, `${layer}, ${size} B`) : null,
  );
  return { row, words };
}

/** What was lost on its way here has no number and no bytes here. */
function missedRow(place, missed, y) {
  const nodes = missed.seen.map(({ node }) => node);
  const way = { nodes, forward: place.path.indexOf(nodes[0]) === 0 };
  return shape("g", { "aria-hidden": "true", class: tint(missed.layer) }, ...arrow(place, way, y + ROW / 2, true), ...besides(place, y, "", missed.at));
}

function besides(place, y, number, at) {
  const text = (x, words) => shape("text", { x, y: y + ROW / 2 + 4, class: "number" }, words);
  return [text(place.number, String(number)), text(place.time, milliseconds(at))];
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

function arrow(place, { nodes, forward }, y, isLost) {
  const sign = forward ? 1 : -1;
  const [from, last] = [laneAt(place, nodes[0]), laneAt(place, nodes.at(-1))];
  const to = isLost ? last + (sign * place.gap) / 2 : last;
  const tip = isLost
    ? shape("path", { d: `M${to - 5},${y - 5}l10,10m0,-10l-10,10`, class: "cross" })
    : shape("path", { d: `M${to},${y}l${-9 * sign},-5v10z`, class: "tip" });
  const stops = nodes.slice(1, -1).map((node) => shape("circle", { cx: laneAt(place, node), cy: y, r: 2.5, class: "stop" }));
  return [
    shape("line", { x1: from, x2: isLost ? to : to - 8 * sign, y1: y, y2: y, class: "arrow" }),
    shape("circle", { cx: from, cy: y, r: 3.5, class: "stop" }),
    ...stops,
    tip,
  ];
}

// Layers in layers, with their fields as leaves; each leads to its bytes.

import { attribute, el, reveal } from "./dom.js";
import { bytesOf, called, lineOf, tint, valueOf } from "./data.js";
import { address, choose, peek, state, view, watch } from "./state.js";
import { say, told } from "./words.js";

/** The longest value in a line, in characters; all of it stands in the reason. */
const SHORT = 72;

/** The space that a field's bytes are a part of, or their plaintext. */
export const becomes = (node) => node.becomes ?? null;

/** Whether a note says that something is wrong with these bytes. */
const isInvalid = (node) => (node.notes ?? []).some((note) => told(note).invalid);

/** The tree of the chosen space. */
export function fieldView() {
  const tree = el("div", {
    role: "tree",
    tabindex: 0,
    id: "fields",
    class: "fields",
    onkeydown: keys,
    onclick: (event) => at(event, (path) => choose({ part: path })),
    onmouseover: (event) => at(event, peek),
    onmouseleave: () => peek(null),
  });
  const closed = new Set();
  let rows = [];

  function draw() {
    const line = lineOf(view(), state.space);
    closed.clear();
    rows = bytesOf(line).items.map((item) => ({ item, row: partRow(line, item) }));
    attribute(tree, "aria-label", say("fields_of", { space: called(view(), state.space) }));
    tree.replaceChildren(...rows.map(({ row }) => row));
    tree.scrollTop = 0;
    mark(true);
  }

  function mark(moves) {
    for (const { item, row } of rows) {
      const isChosen = item.path === state.part;
      attribute(row, "aria-selected", String(isChosen));
      row.classList.toggle("pointed", item.path === state.peek && item.path !== "");
      if (isChosen) {
        attribute(tree, "aria-activedescendant", row.id);
        if (moves) {
          open(item);
          reveal(tree, row);
        }
      }
    }
  }

  /** Unfolds what a part stands in. */
  function open(item) {
    for (let above = item.parent; above !== null; above = above.parent) {
      closed.delete(above.path);
    }
    fold();
  }

  function fold() {
    for (const { item, row } of rows) {
      let isHidden = false;
      for (let above = item.parent; above !== null; above = above.parent) {
        isHidden ||= closed.has(above.path);
      }
      row.hidden = isHidden;
      if (item.isLayer) {
        attribute(row, "aria-expanded", String(!closed.has(item.path)));
      }
    }
  }

  function at(event, act) {
    const row = event.target.closest("[role=treeitem]");
    if (row !== null) {
      act(row.dataset.path);
    }
  }

  function keys(event) {
    const shown = rows.filter(({ row }) => !row.hidden);
    const now = Math.max(0, shown.findIndex(({ item }) => item.path === state.part));
    const { item } = shown[now];
    const steps = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: shown.length - 1 };
    if (steps[event.key] !== undefined) {
      choose({ part: shown[Math.min(Math.max(steps[event.key], 0), shown.length - 1)].item.path });
    } else if (event.key === "ArrowLeft" && item.isLayer && !closed.has(item.path)) {
      closed.add(item.path);
      fold();
    } else if (event.key === "ArrowLeft" && item.parent !== null) {
      choose({ part: item.parent.path });
    } else if (event.key === "ArrowRight" && item.isLayer) {
      closed.delete(item.path);
      fold();
    } else if (event.key === "Enter" && becomes(item.node) !== null) {
      choose({ space: becomes(item.node) });
    } else {
      return;
    }
    event.preventDefault();
  }

  watch((changed) => (changed.has("space") ? draw() : mark(changed.has("part"))));
  draw();
  return tree;
}

function partRow(line, item) {
  const { node, path, depth, isLayer } = item;
  const row = el(
    "div",
    {
      role: "treeitem",
      id: `part${path}`,
      "data-path": path,
      "aria-level": depth + 1,
      "aria-expanded": isLayer ? "true" : null,
      class: `${isLayer ? "layer" : "field"}${isInvalid(node) ? " invalid" : ""}`,
    },
    el("span", { class: `name ${tint(item.layer)}` }, isLayer ? `${node.layer} ${node.name}` : node.field),
    ...said(line, item),
  );
  row.style.setProperty("--depth", depth);
  return row;
}

function said(line, { node, isLayer }) {
  const words = isLayer ? node.what : valueOf(line, node, SHORT / 3);
  const letters = [...words.slice(0, 2 * SHORT)];
  const short = letters.length > SHORT ? `${letters.slice(0, SHORT).join("")} …` : words;
  const link = becomes(node);
  return [
    short === "" ? null : el("span", { class: "value" }, short),
    link === null ? null : el("a", { href: address(link), tabindex: -1, class: "becomes" }, `→ ${called(view(), link)}`),
  ];
}

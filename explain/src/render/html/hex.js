// The bytes, in hexadecimal and as ASCII; each leads to its field.

import { attribute, el, reveal } from "./dom.js";
import { bytesOf, hex, lineOf, nameOf, tint } from "./data.js";
import { choose, peek, state, view, watch } from "./state.js";
import { say } from "./words.js";

const ROW_BYTES = 16;

/** The bytes of the chosen space. */
export function hexView() {
  const grid = el("div", {
    role: "grid",
    tabindex: 0,
    id: "hex",
    class: "hex",
    onkeydown: keys,
    onclick: (event) => at(event, press),
    onmouseover: (event) => at(event, (index) => peek(pathAt(index))),
    onmouseleave: () => peek(null),
  });
  let cells = [];
  let letters = [];
  let cursor = 0;

  const current = () => bytesOf(lineOf(view(), state.space));
  const pathAt = (index) => current().items[current().owner[index]].path;

  function draw() {
    const { bytes, items, owner } = current();
    cells = [];
    letters = [];
    const rows = [];
    for (let from = 0; from < bytes.length; from += ROW_BYTES) {
      const row = Array.from(bytes.slice(from, from + ROW_BYTES));
      rows.push(rowOf(from, row, (index) => tint(items[owner[index]].layer)));
    }
    attribute(grid, "aria-label", say("bytes_of", { space: nameOf(state.space) }));
    attribute(grid, "aria-rowcount", rows.length);
    grid.replaceChildren(...rows);
    grid.scrollTop = 0;
    cursor = 0;
    mark(true);
  }

  function rowOf(from, row, layerAt) {
    const digits = row.map((byte, place) => {
      const name = `${layerAt(from + place)}${place === ROW_BYTES / 2 ? " half" : ""}`;
      const cell = el("span", { role: "gridcell", id: `byte${from + place}`, "data-at": from + place, class: name }, hex(byte));
      cells.push(cell);
      return cell;
    });
    const signs = row.map((byte, place) => {
      const letter = byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·";
      const sign = el("span", { "data-at": from + place, class: layerAt(from + place) }, letter);
      letters.push(sign);
      return sign;
    });
    return el(
      "div",
      { role: "row" },
      el("span", { role: "rowheader", class: "offset" }, from.toString(16).padStart(4, "0")),
      el("span", { role: "presentation", class: "digits" }, ...digits),
      el("span", { "aria-hidden": "true", class: "ascii" }, ...signs),
    );
  }

  /** Marks the bytes of what is chosen and of what is pointed at. */
  function mark(moves) {
    const { items } = current();
    const rangeOf = (path) => items.find((item) => item.path === path)?.node.range ?? [0, 0];
    const chosen = state.part === "" ? [0, 0] : rangeOf(state.part);
    const pointed = state.peek === null || state.peek === "" ? [0, 0] : rangeOf(state.peek);
    const within = ([start, end], index) => index >= start && index < end;
    for (const [index, cell] of cells.entries()) {
      attribute(cell, "aria-selected", String(within(chosen, index)));
      attribute(letters[index], "data-chosen", within(chosen, index));
      for (const part of [cell, letters[index]]) {
        part.classList.toggle("pointed", within(pointed, index));
      }
    }
    if (moves && chosen[1] > chosen[0]) {
      if (!within(chosen, cursor)) {
        cursor = chosen[0];
      }
      reveal(grid, cells[cursor]);
    }
    place();
  }

  function place() {
    grid.querySelector(".cursor")?.classList.remove("cursor");
    cells[cursor]?.classList.add("cursor");
    attribute(grid, "aria-activedescendant", cells[cursor]?.id);
  }

  function at(event, act) {
    const index = event.target.dataset?.at;
    if (index !== undefined) {
      act(Number(index));
    }
  }

  function press(index) {
    cursor = index;
    choose({ part: pathAt(index) });
    place();
  }

  function keys(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: ROW_BYTES, ArrowUp: -ROW_BYTES };
    const ends = { Home: 0, End: cells.length - 1 };
    const to = ends[event.key] ?? (steps[event.key] === undefined ? undefined : cursor + steps[event.key]);
    if (to !== undefined) {
      event.preventDefault();
      if (to >= 0 && to < cells.length) {
        press(to);
        reveal(grid, cells[to]);
      }
    }
  }

  watch((changed) => {
    if (changed.has("space")) {
      draw();
    } else {
      mark(changed.has("part"));
    }
  });
  draw();
  return grid;
}

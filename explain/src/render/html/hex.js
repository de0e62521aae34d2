// The bytes, in hexadecimal and as ASCII; each leads to its field.

import { attribute, el, reveal } from "./dom.js";
import { bytesOf, called, hex, lineOf, tint } from "./data.js";
import { choose, peek, state, view, watch } from "./state.js";
import { say } from "./words.js";

/** Bytes in a line where there is room for them, and where there is not. */
const WIDE = 16;
const NARROW = 8;
/** The narrowest box with room for wide lines, in pixels. */
const ROOM = 500;
/** Lines that are on the page at a time: one for each of a thousand lines would make it slow. */
const DRAWN = 96;

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
    onscroll: () => turn(Math.floor(grid.scrollTop / high)),
  });
  let cells = [];
  let letters = [];
  let cursor = 0;
  let inRow = WIDE;
  // The first line that is on the page, and how many pixels each has.
  let first = 0;
  let high = 18;

  const current = () => bytesOf(lineOf(view(), state.space));
  const pathAt = (index) => current().items[current().owner[index]].path;
  const cellOf = (index) => cells[index - first * inRow];

  function draw() {
    const { bytes } = current();
    grid.style.setProperty("--line-of-digits", `calc(${2 * inRow}ch + ${0.44 * inRow + (inRow === WIDE ? 0.6 : 0)}em)`);
    attribute(grid, "aria-label", say("bytes_of", { space: called(view(), state.space) }));
    attribute(grid, "aria-rowcount", Math.ceil(bytes.length / inRow));
    grid.scrollTop = 0;
    cursor = 0;
    page(0);
    mark(true);
  }

  /** Puts lines on the page, and as much room above and below as the others would take. */
  function page(from) {
    const { bytes, items, owner } = current();
    const count = Math.ceil(bytes.length / inRow);
    first = Math.min(Math.max(from, 0), Math.max(count - DRAWN, 0));
    const last = Math.min(first + DRAWN, count);
    cells = [];
    letters = [];
    const rows = [];
    for (let row = first; row < last; row += 1) {
      const start = row * inRow;
      rows.push(rowOf(row, Array.from(bytes.slice(start, start + inRow)), (index) => tint(items[owner[index]].layer)));
    }
    grid.replaceChildren(room(first), ...rows, room(count - last));
    high = rows[0]?.offsetHeight || high;
  }

  function room(rows) {
    const space = el("div", { role: "presentation" });
    space.style.height = `${rows * high}px`;
    return space;
  }

  /** Draws other lines, if some that are seen now are not there. */
  function turn(top) {
    const count = Math.ceil(current().bytes.length / inRow);
    const bottom = Math.min(top + Math.ceil(grid.clientHeight / high) + 1, count);
    if (top < first || bottom > first + DRAWN) {
      page(top - DRAWN / 3);
      mark(false);
    }
  }

  function rowOf(number, row, layerAt) {
    const from = number * inRow;
    const digits = row.map((byte, place) => {
      const name = `${layerAt(from + place)}${place === WIDE / 2 ? " half" : ""}`;
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
      { role: "row", "aria-rowindex": number + 1 },
      el("span", { role: "rowheader", class: "offset" }, from.toString(16).padStart(4, "0")),
      el("span", { role: "presentation", class: "digits" }, ...digits),
      el("span", { "aria-hidden": "true", class: "ascii" }, ...signs),
    );
  }

  /** Marks the bytes of what is chosen and of what is pointed at. */
  function mark(moves) {
    const { items } = current();
    const rangeOf = (path) => (path ? (items.find((item) => item.path === path)?.node.range ?? [0, 0]) : [0, 0]);
    const [chosen, pointed] = [rangeOf(state.part), rangeOf(state.peek)];
    const within = ([start, end], index) => index >= start && index < end;
    if (moves && chosen[1] > chosen[0]) {
      if (!within(chosen, cursor)) {
        cursor = chosen[0];
      }
      show(cursor);
    }
    for (const [place, cell] of cells.entries()) {
      const index = first * inRow + place;
      attribute(cell, "aria-selected", String(within(chosen, index)));
      attribute(letters[place], "data-chosen", within(chosen, index));
      for (const part of [cell, letters[place]]) {
        part.classList.toggle("pointed", within(pointed, index));
      }
    }
    place();
  }

  /** Scrolls to a byte, if it is out of sight. */
  function show(index) {
    if (cellOf(index) === undefined) {
      const row = Math.floor(index / inRow);
      page(row - DRAWN / 3);
      grid.scrollTop = (row - 2) * high;
    }
    reveal(grid, cellOf(index));
  }

  function place() {
    grid.querySelector(".cursor")?.classList.remove("cursor");
    cellOf(cursor)?.classList.add("cursor");
    attribute(grid, "aria-activedescendant", cellOf(cursor)?.id);
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
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: inRow, ArrowUp: -inRow };
    const last = current().bytes.length - 1;
    const ends = { Home: 0, End: last };
    const to = ends[event.key] ?? (steps[event.key] === undefined ? undefined : cursor + steps[event.key]);
    if (to !== undefined) {
      event.preventDefault();
      if (to >= 0 && to <= last) {
        press(to);
        show(to);
        mark(false);
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
  new ResizeObserver(() => {
    const fits = grid.clientWidth < ROOM ? NARROW : WIDE;
    if (fits !== inRow) {
      inRow = fits;
      draw();
    }
  }).observe(grid);
  draw();
  return grid;
}

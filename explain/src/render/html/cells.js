// What stands in tables and lists: links to frames and bytes, texts with the section to read on.

import { el } from "./dom.js";
import { called, lineOf, partAt } from "./data.js";
import { address, view } from "./state.js";
import { say, told } from "./words.js";

/** A table with a heading for each column; cells are nodes or text. */
export function table(headings, rows) {
  const head = el("tr", {}, ...headings.map((name) => el("th", { scope: "col" }, name)));
  // Where there is no room for columns, each cell says which one it is of.
  const body = rows.map((cells) => el("tr", {}, ...cells.map((cell, place) => el("td", { "data-name": headings[place] }, cell ?? ""))));
  // A wide table scrolls by itself, and by keyboard, too.
  return el("div", { class: "wide", tabindex: 0, role: "region", "aria-label": headings.join(say("COMMA")) }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...body)));
}

/** Names and what they are. */
export function pairs(rows, name = null) {
  const said = rows.flatMap(([term, text]) => [el("dt", {}, term), el("dd", { class: name }, text)]);
  return el("dl", {}, ...said);
}

/** One behind the other. */
function list(items) {
  return el("span", {}, ...items.flatMap((one, index) => (index === 0 ? [one] : [say("COMMA"), one])));
}

/** Links to frames. */
export const frames = (numbers) => list(numbers.map((frame) => el("a", { href: address({ frame }) }, String(frame))));

/** The frames of a look-up, or what was seen of it elsewhere. */
export function seenIn(lookup) {
  if (lookup.frames.length > 0) {
    return frames(lookup.frames);
  }
  const places = lookup.messages.map((message) => view().elsewhere.indexOf(message) + 1);
  return list(places.map((place) => el("a", { href: address({ elsewhere: place }) }, `${lookup.node} ${place}`)));
}

/** Links to the bytes that something is about. */
export function spans(all) {
  return list(
    all.map(({ space, range }) => {
      const line = lineOf(view(), space);
      const where = say("range", { start: range[0], last: range[1] - 1, length: range[1] - range[0] });
      return el("a", { href: address(space, line === undefined ? "" : partAt(line, range)), title: called(view(), space) }, where);
    }),
  );
}

/** A text with the section to read on. */
export function why(note) {
  if (note === null || note === undefined) {
    return "";
  }
  const { text, section } = told(note);
  return el("span", {}, `${text} `, el("span", { class: "section" }, section));
}

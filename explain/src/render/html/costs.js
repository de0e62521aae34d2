// What each byte was for, and what came up to a screen.

import { el } from "./dom.js";
import { tint } from "./data.js";
import { frames, table, why } from "./cells.js";
import { view } from "./state.js";
import { say, word } from "./words.js";

/** What the text costs: in the frames that carry it, in all frames, on each wire. */
export function ledger() {
  const line = view().ledger;
  if (line === null) {
    return [];
  }
  const parts = [];
  if (line.layers.length > 0) {
    const [bytes, all] = [line.text_bytes, sum(line.layers)];
    parts.push(el("p", {}, `${say("ledger_text", { bytes, all })} ${say("frames")}${say("COLON")}`, frames(line.text_frames)), bars(line.layers));
  }
  if (line.all.length > 0) {
    parts.push(el("h3", {}, say("ledger_all", { all: sum(line.all) })), bars(line.all));
  }
  if (line.wires.length > 0) {
    parts.push(el("h3", {}, say("ledger_wires")), wires(line.wires), el("p", { class: "note" }, why(line.around.why)));
  }
  return parts;
}

/** What passed each wire: a column for each. */
function wires(all) {
  const row = (name, pick) => [name, ...all.map((wire) => String(pick(wire) ?? ""))];
  const layers = [...new Set(all.flatMap((wire) => wire.layers.map(({ layer }) => layer)))];
  const rows = [
    row(say("frames"), (wire) => wire.frames),
    ...layers.map((layer) => row(word("share", layer), (wire) => wire.layers.find((one) => one.layer === layer)?.bytes)),
    row(say("bytes"), (wire) => wire.bytes),
    row(say("cable"), (wire) => `+ ${wire.around}`),
  ];
  return table([say("wire"), ...all.map(({ wire }) => wire)], rows);
}

const sum = (entries) => entries.reduce((all, { bytes }) => all + bytes, 0);

/** Layers as bars, the longest as wide as there is room. */
function bars(layers) {
  const most = Math.max(1, ...layers.map(({ bytes }) => bytes));
  const rows = layers.map((one) => {
    const bar = el("span", { class: `bar ${tint(one.layer)}`, "aria-hidden": "true" });
    bar.style.setProperty("--part", one.bytes / most);
    return el(
      "tr",
      {},
      el("th", { scope: "row" }, word("share", one.layer)),
      el("td", { class: "amount" }, `${one.bytes} B`),
      el("td", { class: "room" }, bar),
      el("td", {}, why(one.why)),
    );
  });
  return el("table", { class: "bars" }, ...rows);
}

/** Each text on its way up. Who has no keys does not know that one came. */
export function screens() {
  if (view().name === "Eavesdropper") {
    return [];
  }
  return view().screens.flatMap((one) => {
    const size = say("screen_size", { bytes: one.bytes, characters: one.characters, columns: one.columns });
    return [el("ol", {}, ...one.steps.map(unit)), el("p", { class: "shows", lang: "zh-Hans" }, one.text), el("p", {}, size)];
  });
}

function unit(step) {
  const name = ["JSON", "nihao"].includes(step.layer) ? "" : `${word("unit", step.what)} `;
  const count = step.count > 1 ? `${step.count} × ` : "";
  return el("li", {}, count, el("span", { class: `name ${tint(step.layer)}` }, step.layer), ` ${name}`, el("span", { class: "amount" }, `${step.bytes} B`));
}

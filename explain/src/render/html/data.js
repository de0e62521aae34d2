// The story from each point, and the bytes in it: which field each byte belongs to.

import { given, say } from "./words.js";

const ONE = { story: "story", ledger: "ledger", outcome: "outcome" };
const MANY = {
  rungs: "rung",
  frames: "frame",
  derived: "derived",
  lookups: "lookup",
  decisions: "decision",
  checks: "check",
  schedules: "schedule",
  waits: "wait",
  missed: "missed",
  screens: "screen",
};

function gather(lines) {
  const view = {};
  for (const [name, type] of Object.entries(ONE)) {
    view[name] = lines.find((line) => line.type === type) ?? null;
  }
  for (const [name, type] of Object.entries(MANY)) {
    view[name] = lines.filter((line) => line.type === type);
  }
  view.name = view.story.view;
  view.elsewhere = elsewhere(view);
  return view;
}

/** What the look-ups needed and this point did not see: the resolver's own questions and their answers. */
function elsewhere(view) {
  const unseen = view.lookups.filter((lookup) => !lookup.frames?.length);
  return unseen.flatMap((lookup) =>
    (lookup.messages ?? []).map((message) => {
      const frame = Math.max(1, view.frames.filter(({ at }) => at <= message.at).length);
      return Object.assign(message, { frame, node: lookup.node, completes: [] });
    }),
  );
}

/** One for each point that the story is told from. */
export const views = given.views.map(gather);

/** A space of bytes in an address: `frame12`, `derived3`, `elsewhere2`. */
export function nameOf(space) {
  const [[kind, number]] = Object.entries(space);
  return `${kind}${number}`;
}

/** What people call such a space. */
export function called(view, space) {
  if (space.frame !== undefined) {
    return say("frame", { frame: space.frame });
  }
  const line = lineOf(view, space);
  const layers = line.tree.parts.filter((part) => part.parts !== undefined).map((part) => part.name);
  return `${made(line)}${say("COLON")}${line.tree.layer} ${layers.length > 0 ? layers.join(" ") : line.tree.name}`;
}

/** How bytes came to be that are no frame's. */
export function made(line) {
  if (line.how === undefined) {
    return say("elsewhere", { node: line.node });
  }
  return line.how === "joined" ? say("joined") : say("decrypted");
}

/** The step that a frame is a part of. */
export const stepOf = (view, frame) => view.rungs.find((rung) => rung.frames.includes(frame));

/** The first check of those that a step made possible which did not hold. */
export const failedIn = (view, rung) => view.checks.find((check) => check.ok === false && rung.frames.includes(check.frame));

/** What stands in the place of a frame where none was seen. */
const NOTHING = {
  number: 0,
  at: 0,
  way: "in",
  bytes: "",
  completes: [],
  tree: { layer: "Ethernet", name: "frame", what: "", range: [0, 0], parts: [] },
};

/** The line that has these bytes, or none. */
export function lineOf(view, space) {
  if (view.frames.length === 0) {
    return NOTHING;
  }
  const { derived, elsewhere, frame } = space;
  return view.frames[frame - 1] ?? view.derived[derived - 1] ?? view.elsewhere[elsewhere - 1];
}

/** The number of the frame with which a space became complete. */
export const frameOf = (view, space) => space.frame ?? lineOf(view, space)?.frame ?? 1;

const indexed = new WeakMap();

/** The bytes of a line, its layers and fields in order, and for each byte the field that it belongs to. */
export function bytesOf(line) {
  let found = indexed.get(line);
  if (found === undefined) {
    found = index(line);
    indexed.set(line, found);
  }
  return found;
}

function index(line) {
  const bytes = Uint8Array.from(line.bytes.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const items = [];
  const owner = new Uint32Array(bytes.length);
  const walk = (node, path, parent, layer) => {
    const isLayer = node.parts !== undefined;
    const item = { node, path, parent, isLayer, layer: isLayer ? node.layer : layer, depth: path === "" ? 0 : path.split(".").length };
    items.push(item);
    if (isLayer) {
      node.parts.forEach((part, place) => walk(part, path === "" ? `${place}` : `${path}.${place}`, item, node.layer));
    } else {
      owner.fill(items.length - 1, node.range[0], node.range[1]);
    }
  };
  walk(line.tree, "", null, line.tree.layer);
  return { bytes, items, owner };
}

/** The path of the smallest part that holds these bytes. */
export function partAt(line, [start, end]) {
  const holds = ({ node }) => node.range[0] <= start && end <= node.range[1];
  return bytesOf(line).items.findLast(holds)?.path ?? "";
}

/** Two hexadecimal digits. */
export const hex = (byte) => byte.toString(16).padStart(2, "0");

/** What a field's bytes say; where that is no more than the bytes, the first of those. */
export function valueOf(line, field, most) {
  if (field.value !== undefined) {
    return field.value;
  }
  const [start, end] = field.range;
  const digits = Array.from(bytesOf(line).bytes.slice(start, Math.min(end, start + most)), hex).join(" ");
  return end - start > most ? `${digits} …` : digits;
}

/** The uppermost layer that a frame brings, counted with what became complete by it. */
export function topOf(view, frame) {
  let top = frame.tree.layer;
  // Every frame is looked at before any is shown: their bytes are read when they are chosen.
  const see = ({ layer, parts = [] }) => {
    if (rank(layer) >= rank(top)) {
      top = layer;
    }
    parts.filter((part) => part.parts !== undefined).forEach(see);
  };
  [frame, ...frame.completes.map((number) => view.derived[number - 1])].forEach(({ tree }) => see(tree));
  return top;
}

const LAYERS = ["Ethernet", "ARP", "IPv4", "IPv6", "ICMP", "UDP", "TCP", "DNS", "TLS", "X.509", "HTTP", "JSON", "nihao"];
const rank = (layer) => LAYERS.indexOf(layer);

const TINTS = {
  IP: "net",
  ICMP: "net",
  UDP: "transport",
  TCP: "transport",
  DNS: "dns",
  TLS: "tls",
  "X.509": "x509",
  certificates: "x509",
  HTTP: "app",
  JSON: "app",
  nihao: "app",
  text: "app",
};

/** The class that gives a layer its colour; a part of a layer, as `TLS record`, has that of the layer. */
export function tint(layer) {
  const name = Object.keys(TINTS).find((start) => layer.startsWith(start));
  return `layer-${TINTS[name] ?? "link"}`;
}

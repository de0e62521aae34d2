// What is chosen, and the address that says so: a place in the page can be linked.

import { bytesOf, frameOf, lineOf, nameOf, views } from "./data.js";

/** The view's place in the list, the space of bytes, the path of a part in it, what of it is pointed at, and how many frames are drawn. */
export const state = { view: 0, space: { frame: 1 }, part: "", peek: null, until: Infinity };

const watchers = [];

/** Calls `see` after each change, with the names of what changed. */
export function watch(see) {
  watchers.push(see);
}

/** The view that is shown. */
export const view = () => views[state.view];

/** Chooses; only what is there can be chosen. */
export function choose(wanted) {
  const before = { ...state };
  Object.assign(state, wanted);
  const { frames } = view();
  if (lineOf(view(), state.space) === undefined) {
    state.space = { frame: 1 };
  }
  const moved = nameOf(before.space) !== nameOf(state.space) || before.view !== state.view;
  if (moved && wanted.part === undefined) {
    state.part = "";
  }
  const line = lineOf(view(), state.space);
  if (line !== undefined && !bytesOf(line).items.some((item) => item.path === state.part)) {
    state.part = "";
  }
  state.until = Math.min(Math.max(state.until, 1), frames.length);
  if (moved && wanted.until === undefined) {
    state.until = Math.max(state.until, frameOf(view(), state.space));
  }
  state.peek = null;
  const changed = new Set(["view", "part", "peek", "until"].filter((name) => before[name] !== state[name]));
  if (moved) {
    changed.add("space");
  }
  if (changed.size > 0) {
    history.replaceState(null, "", address(state.space, state.part));
    watchers.forEach((see) => see(changed));
  }
}

/** Points at a part, or at none: it is shown as long as nothing else is pointed at or chosen. */
export function peek(path) {
  if (state.peek !== path) {
    state.peek = path;
    watchers.forEach((see) => see(new Set(["peek"])));
  }
}

/** Shows the chosen part where it is out of sight: what is not yet on the page cannot be scrolled to. */
export function settle() {
  watchers.forEach((see) => see(new Set(["part"])));
}

/** The address of a part of a space in this view. */
export function address(space, part = "") {
  const words = new URLSearchParams({ view: view().name, at: nameOf(space) });
  if (part !== "") {
    words.set("part", part);
  }
  return `#${words}`;
}

/** Chooses what the address says. */
export function follow() {
  const words = new URLSearchParams(location.hash.slice(1));
  const place = views.findIndex((one) => one.name === words.get("view"));
  const [, kind, number] = /^(frame|derived|elsewhere)(\d+)$/.exec(words.get("at") ?? "") ?? [];
  choose({
    ...(place >= 0 && { view: place }),
    ...(kind !== undefined && { space: { [kind]: Number(number) }, part: words.get("part") ?? "" }),
    until: Infinity,
  });
}

/** Goes to another view, to the frame that was seen there last at the time of the chosen one. */
export function look(place) {
  const at = view().frames[frameOf(view(), state.space) - 1]?.at ?? 0;
  const { frames } = views[place];
  const frame = Math.max(1, frames.filter((one) => one.at <= at).length);
  choose({ view: place, space: { frame }, part: "", until: frames.length });
}

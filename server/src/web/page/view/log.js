// The messages of a conversation: new ones at the end, older ones when one scrolls up, and the place one reads at stays.

import { arrange, attribute, el, text } from "../dom.js";
import { shown } from "../text.js";
import { say, why } from "../words.js";
import { createDay, createMessage } from "./message.js";

/** So near the end, in pixels, what comes is followed; so near the beginning, more is fetched. */
const AT_END = 60;
const NEAR_START = 400;

/** How long what is put in at once takes to be taken for the past by those who read it out. */
const SETTLED = 300;

/** The scrolling part of the page. */
export function createLog(actions) {
  const list = el("ol", { class: "messages" });
  const older = el("button", { type: "button", class: "quiet", onclick: () => actions.older() });
  const start = el("p", { class: "faint small start" });
  const top = el("div", { class: "top" }, older, start);
  const empty = el("p", { class: "faint empty" });
  const log = el("section", { class: "log", role: "log", tabindex: 0, onscroll: scrolled }, top, empty, list);
  const end = el("button", { type: "button", class: "to-end", onclick: toEnd });
  const items = new Map();
  let shownPlace = null;
  let target = null;
  let wasLoading = false;
  let settling = null;

  function isAtEnd() {
    return log.scrollHeight - log.clientHeight - log.scrollTop <= AT_END;
  }

  function toEnd() {
    actions.hold(false);
    log.scrollTop = log.scrollHeight;
    log.focus();
  }

  function scrolled() {
    actions.hold(!isAtEnd());
    if (log.scrollTop < NEAR_START && target?.isOpened && target.hasOlder && target.failed === null) {
      actions.older();
    }
  }

  // A window that changes its height, as for a keyboard on the screen, keeps the end in view.
  new ResizeObserver(() => {
    if (target !== null && !target.isHeld) {
      log.scrollTop = log.scrollHeight;
    }
  }).observe(log);

  function show(state, place) {
    const { language, current } = state;
    const isOther = shownPlace !== current;
    if (isOther) {
      shownPlace = current;
      items.clear();
    }
    target = place;
    // What one reads stays where it is, whatever is added above it.
    const fromEnd = log.scrollHeight - log.scrollTop;
    const firstBefore = list.querySelector("[data-seq]")?.dataset.seq;
    attribute(log, "aria-label", say(language, "log", { place: shown(current) }));
    const isLonger = firstBefore !== undefined && String(place.messages[0]?.seq) !== firstBefore;
    if (isOther || wasLoading || place.isLoading || isLonger) {
      // The past is not news, and is not read out.
      attribute(log, "aria-busy", "true");
      clearTimeout(settling);
      settling = setTimeout(() => attribute(log, "aria-busy", "false"), SETTLED);
    }
    wasLoading = place.isLoading;
    showTop(state, place);
    arrange(list, wanted(state, place));
    if (!place.isHeld || isOther) {
      log.scrollTop = log.scrollHeight;
    } else if (isLonger) {
      log.scrollTop = log.scrollHeight - fromEnd;
    }
    attribute(end, "hidden", !place.isHeld);
    const isNews = place.unread > 0;
    text(end, `${isNews ? say(language, "to_end_count", { count: place.unread }) : say(language, "to_end")} ↓`);
  }

  function showTop({ language, outbox, current }, place) {
    const { hasOlder, isLoading, failed, isOpened } = place;
    attribute(older, "hidden", !hasOlder || (!isOpened && failed === null));
    attribute(older, "aria-disabled", isLoading && "true");
    text(older, say(language, isLoading ? "loading" : failed === null ? "load_older" : "again"));
    const word = failed === null ? "" : say(language, "failed", { why: why(language, { error: failed }) });
    text(start, hasOlder ? word : say(language, "beginning"));
    const isEmpty = isOpened && place.messages.length === 0 && !outbox.some(({ to }) => to === current);
    text(empty, isEmpty ? say(language, "empty") : "");
  }

  /** The elements of a conversation in order, made or brought up to date. */
  function wanted(state, place) {
    const entries = [...place.messages];
    for (const entry of state.outbox.filter(({ to }) => to === state.current)) {
      entries.push({ ...entry, from: state.me.name, isUnsent: true });
    }
    const elements = [];
    const seen = new Set();
    let previous = null;
    for (const entry of entries) {
      const day = new Date(entry.at).toDateString();
      if (previous === null || day !== new Date(previous.at).toDateString()) {
        elements.push(item(`day ${day}`, seen, () => createDay(), (one) => one.show(entry.at, state.language)));
        previous = null;
      }
      const make = () => createMessage(entry, actions);
      elements.push(item(`${entry.from} ${entry.id}`, seen, make, (one) => one.show(entry, previous, state)));
      previous = entry;
    }
    for (const key of [...items.keys()].filter((key) => !seen.has(key))) {
      items.delete(key);
    }
    return elements;
  }

  function item(wish, seen, make, bring) {
    // A clock that is set back makes a day come twice.
    const key = seen.has(wish) ? `${wish} ${seen.size}` : wish;
    let found = items.get(key);
    if (found === undefined) {
      found = make();
      items.set(key, found);
    }
    bring(found);
    seen.add(key);
    return found.element;
  }

  return { element: el("div", { class: "log-frame" }, log, end), show };
}

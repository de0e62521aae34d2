// What was written here and is not on the server yet. It outlives the page, and goes out under the same id however often.

import { messageId } from "./ids.js";
import { drop, keep, kept, keysOf } from "./keep.js";

/** Names that mean: the same may well succeed a little later. */
const PASSING = new Set(["rate_limited", "busy", "unavailable", "unknown", "shutting_down"]);
const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 30_000;

const prefix = (name) => `nihao:out:${name}:`;

/** Everything that this browser has not got rid of, oldest first; ids sort by time. */
export function unsent(name) {
  const entries = keysOf(prefix(name)).map((key) => kept(key));
  return entries.filter((entry) => entry !== null).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Sends what waits, one after the other so that order stays, and tells the store how it went. */
export class Outbox {
  constructor(store, link) {
    Object.assign(this, { store, link });
    this.underway = null;
    this.timer = null;
    this.failures = 0;
  }

  /** Takes a text; from here on it is not lost. */
  add(to, text) {
    const { state } = this.store;
    const entry = { id: messageId(), to, text, at: Date.now(), reason: null };
    keep(prefix(state.me.name) + entry.id, entry);
    this.store.change(() => state.outbox.push(entry));
    this.flush();
  }

  /** Gives up an entry; gives its text. */
  discard(id) {
    const { state } = this.store;
    const entry = state.outbox.find((one) => one.id === id);
    drop(prefix(state.me.name) + id);
    this.store.change(() => {
      state.outbox = state.outbox.filter((one) => one.id !== id);
    });
    return entry;
  }

  /** Another tab wrote or sent something. */
  reload() {
    this.store.change((state) => {
      state.outbox = unsent(state.me.name);
    });
    this.flush();
  }

  /** A new connection: what the old one was asked may have got lost. */
  restart() {
    this.underway = null;
    this.failures = 0;
    this.flush();
  }

  /** Sends the first that waits, unless one is under way. */
  flush() {
    clearTimeout(this.timer);
    const { state } = this.store;
    const entry = state.outbox.find((one) => one.reason === null);
    if (this.underway !== null || entry === undefined || state.link !== "live") {
      return;
    }
    const request = this.link.request();
    const { to, text, id } = entry;
    if (this.link.say({ type: "send", request, to, text, id })) {
      this.underway = { request, id };
    }
  }

  /** The server has it. Gives the message as others see it, if it was ours. */
  sent({ request, seq, id, at }) {
    if (this.underway?.request !== request) {
      return null;
    }
    this.underway = null;
    this.failures = 0;
    const entry = this.discard(id);
    this.flush();
    return entry && { seq, id, from: this.store.state.me.name, to: entry.to, text: entry.text, at };
  }

  /** The server does not take it: now, or as it is. Whether it was one of these. */
  refused({ request, reason, detail }) {
    if (request === null || this.underway?.request !== request) {
      return false;
    }
    const { id } = this.underway;
    this.underway = null;
    if (PASSING.has(reason)) {
      this.failures += 1;
      const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (this.failures - 1));
      this.timer = setTimeout(() => this.flush(), longest * (0.5 + Math.random() / 2));
      return true;
    }
    const { state } = this.store;
    const entry = state.outbox.find((one) => one.id === id);
    if (entry !== undefined) {
      this.store.change(() => Object.assign(entry, { reason, detail }));
      keep(prefix(state.me.name) + id, entry);
    }
    this.flush();
    return true;
  }

  /** One of ours came back among everybody's messages. */
  heard(id) {
    if (this.store.state.outbox.some((one) => one.id === id)) {
      if (this.underway?.id === id) {
        this.underway = null;
      }
      this.discard(id);
      this.flush();
    }
  }

  /** Stops trying. */
  end() {
    clearTimeout(this.timer);
  }
}

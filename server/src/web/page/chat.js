// Being inside: what is heard, what is said, what is read of the past.

import * as api from "./api.js";
import { keep, kept } from "./keep.js";
import { Link } from "./link.js";
import { Outbox, unsent } from "./outbox.js";
import { hear, merge, place, readAll } from "./places.js";
import { TEXT_BYTES, bytes } from "./text.js";

const PAGE = 50;
const PEOPLE_EVERY = 30_000;
/** A session is renewed by being asked about; often enough is well within its life. */
const RENEW_EVERY = 3_600_000;
/** Reasons after which this session never comes back. */
const FINAL = new Set(["removed", "bad_access", "not_a_member"]);

/** One member's stay. `ended(reason)` is told when the server puts an end to it. */
export class Chat {
  constructor(store, ended) {
    Object.assign(this, { store, ended });
    this.link = new Link({
      address: () => this.address(),
      hear: (said) => this.hear(said),
      stand: (standing) => this.stand(standing),
      failed: () => this.isStillIn(),
    });
    this.outbox = new Outbox(store, this.link);
  }

  start() {
    const { state } = this.store;
    const { cursor = null, places = {} } = kept(this.key(), {});
    this.store.change(() => {
      state.cursor = cursor;
      state.outbox = unsent(state.me.name);
      for (const [name, { read, last, unread }] of Object.entries(places)) {
        Object.assign(place(state, name), { read, last, unread });
      }
    });
    addEventListener("storage", this.elsewhere);
    document.addEventListener("visibilitychange", this.look);
    this.people = setInterval(() => this.meet(), PEOPLE_EVERY);
    this.link.start();
  }

  end() {
    clearInterval(this.people);
    clearTimeout(this.saving);
    this.saving = undefined;
    removeEventListener("storage", this.elsewhere);
    document.removeEventListener("visibilitychange", this.look);
    this.outbox.end();
    this.link.end();
  }

  key() {
    return `nihao:read:${this.store.state.me.name}`;
  }

  address() {
    const { cursor } = this.store.state;
    const address = new URL("/v1/ws", location.href);
    address.protocol = "wss:";
    if (cursor !== null) {
      address.searchParams.set("after", cursor);
    }
    return address.href;
  }

  stand(standing) {
    this.store.change((state) => {
      state.link = standing === "open" ? "catching_up" : standing;
      state.online = navigator.onLine;
    });
  }

  hear(said) {
    const { state } = this.store;
    switch (said.type) {
      case "message":
        this.store.change(() => {
          hear(state, said.message, document.visibilityState === "visible");
          state.cursor = Math.max(state.cursor ?? 0, said.message.seq);
        });
        if (said.message.from === state.me.name) {
          this.outbox.heard(said.message.id);
        } else if (!state.members.some(({ name }) => name === said.message.from)) {
          this.meet();
        }
        this.save();
        break;
      case "caught_up":
        this.store.change(() => {
          state.cursor = Math.max(state.cursor ?? 0, said.cursor);
          state.link = "live";
        });
        this.save();
        this.outbox.restart();
        this.meet();
        if (!place(state, state.current).isOpened) {
          this.older(state.current);
        }
        break;
      case "sent": {
        const message = this.outbox.sent(said);
        if (message) {
          this.store.change(() => hear(state, message, true));
        }
        break;
      }
      case "refused":
        if (!this.outbox.refused(said)) {
          this.store.change(() => {
            state.problem = { error: said.reason, detail: said.detail };
          });
        }
        break;
      case "closing":
        if (FINAL.has(said.reason)) {
          this.ended(said.reason);
        }
        break;
      default: // An answer to a question whether it is there, or something newer than this page.
    }
  }

  /** The server's own word, after a WebSocket that did not open: browsers do not say why. */
  async isStillIn() {
    try {
      await api.me();
      return true;
    } catch ({ error }) {
      if (FINAL.has(error)) {
        this.ended(error);
      }
      return !FINAL.has(error);
    }
  }

  /** Opens a conversation; its past is read once there is a connection after which nothing is missed. */
  open(name) {
    const { state } = this.store;
    const target = place(state, name);
    this.store.change(() => {
      state.current = name;
      state.drawer = false;
      state.problem = null;
      target.isHeld = false;
      readAll(target);
    });
    if (state.link === "live" && !target.isOpened) {
      this.older(name);
    }
    this.save();
  }

  /** Reads a page of what was said before. */
  async older(name) {
    const { state } = this.store;
    const target = place(state, name);
    if (target.isLoading || !target.hasOlder) {
      return;
    }
    this.store.change(() => Object.assign(target, { isLoading: true, failed: null }));
    try {
      const before = target.isOpened ? target.messages[0]?.seq : undefined;
      const { messages, more } = await api.history(name, before, PAGE);
      this.store.change(() => {
        merge(target, messages);
        Object.assign(target, { isLoading: false, isOpened: true, hasOlder: more });
        if (name === state.current && !target.isHeld) {
          readAll(target);
        }
      });
      this.save();
    } catch (problem) {
      this.store.change(() => Object.assign(target, { isLoading: false, failed: problem.error ?? "unknown" }));
    }
  }

  /** Says something in the conversation that is open; whether it was taken. */
  say(text) {
    const { state } = this.store;
    if (text.trim() === "") {
      return false;
    }
    if (bytes(text) > TEXT_BYTES) {
      this.store.change(() => {
        state.problem = { error: "too_long", bytes: bytes(text) };
      });
      return false;
    }
    const target = place(state, state.current);
    this.store.change(() => {
      state.problem = null;
      target.isHeld = false;
      state.drafts.delete(state.current);
    });
    this.outbox.add(state.current, text);
    return true;
  }

  /** Takes a refused message back into the message box. */
  edit(id) {
    const entry = this.outbox.discard(id);
    if (entry !== undefined) {
      const { drafts } = this.store.state;
      const begun = drafts.get(entry.to) ?? "";
      this.store.change(() => drafts.set(entry.to, begun === "" ? entry.text : `${entry.text}\n${begun}`));
    }
  }

  /** Whether the reader looks at the past; at the end of it, what is new counts as read. */
  hold(isHeld) {
    const { state } = this.store;
    const target = place(state, state.current);
    if (target.isHeld !== isHeld) {
      this.store.change(() => {
        target.isHeld = isHeld;
      });
      this.look();
    }
  }

  look = () => {
    const { state } = this.store;
    const target = place(state, state.current);
    if (document.visibilityState === "visible" && !target.isHeld && target.unread > 0) {
      this.store.change(() => readAll(target));
      this.save();
    }
  };

  /** Asks who is here. */
  async meet() {
    const { state } = this.store;
    if (this.isMeeting || state.link !== "live" || document.visibilityState !== "visible") {
      return;
    }
    this.isMeeting = true;
    try {
      if (Date.now() - (this.renewed ?? 0) > RENEW_EVERY) {
        await api.me();
        this.renewed = Date.now();
      }
      const members = await api.members();
      this.store.change(() => {
        state.members = members;
        const self = members.find(({ name }) => name === state.me.name);
        state.me = { ...state.me, admin: self?.admin ?? false };
      });
    } catch {
      // The next one in half a minute.
    } finally {
      this.isMeeting = false;
    }
  }

  /** Keeps what was read; not for every message of many. */
  save() {
    this.saving ??= setTimeout(() => {
      this.saving = undefined;
      const { cursor, places } = this.store.state;
      const read = [...places].map(([name, { read, last, unread }]) => [name, { read, last, unread }]);
      keep(this.key(), { cursor, places: Object.fromEntries(read) });
    }, 200);
  }

  /** Another tab of this browser read or wrote something. */
  elsewhere = ({ key, newValue }) => {
    const { state } = this.store;
    if (key?.startsWith("nihao:out:")) {
      this.outbox.reload();
    } else if (key === this.key() && newValue !== null) {
      this.store.change(() => {
        for (const [name, { read }] of Object.entries(JSON.parse(newValue).places)) {
          const target = place(state, name);
          if (read > target.read && read >= target.last) {
            Object.assign(target, { read, unread: 0 });
          }
        }
      });
    }
  };
}

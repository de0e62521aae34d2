// The page: one state, the views that show it, and what can be done from them.

import * as api from "./api.js";
import { Chat } from "./chat.js";
import { attempt } from "./ids.js";
import { drop, forThisTab, keep, kept, keysOf } from "./keep.js";
import { createStore, initialState } from "./store.js";
import { createView } from "./view/page.js";
import { TAGS, preferred } from "./words.js";

const store = createStore(
  initialState({
    language: kept("nihao:language") ?? preferred(navigator.languages),
    theme: kept("nihao:theme", "auto"),
  }),
);
const { state } = store;
let chat = null;

/** Goes inside as this member. */
function enter(me) {
  keep("nihao:me", me.name);
  store.change(() => {
    Object.assign(state, {
      phase: "chat",
      notice: null,
      me: { name: me.name, admin: false },
      members: [],
      link: "connecting",
      cursor: null,
      current: "#general",
      places: new Map(),
      outbox: [],
      drafts: new Map(),
      join: { code: "", name: "", busy: false, problem: null },
    });
  });
  chat = new Chat(store, (reason) => leave(`ended_${reason}`));
  chat.start();
}

/** Goes outside; what this browser kept of the stay is gone. */
function leave(notice) {
  chat?.end();
  chat = null;
  for (const key of [...keysOf(`nihao:out:${state.me.name}:`), `nihao:read:${state.me.name}`, "nihao:me"]) {
    drop(key);
  }
  store.change(() => Object.assign(state, { phase: "door", notice, me: null, dialog: null, drawer: false }));
}

async function join(code, name) {
  const missing = code === "" ? "needs_code" : name === "" ? "needs_name" : null;
  store.change(() => {
    state.join = { code, name, busy: missing === null, problem: missing && { error: missing } };
  });
  if (missing !== null) {
    return;
  }
  // If the answer gets lost, whoever asks again with the same number is let in as the same person.
  let asked = kept("nihao:attempt", null, forThisTab);
  if (asked?.code !== code || asked?.name !== name) {
    asked = { code, name, attempt: attempt() };
    keep("nihao:attempt", asked, forThisTab);
  }
  try {
    const me = await api.join(code, name, asked.attempt);
    drop("nihao:attempt", forThisTab);
    enter(me);
  } catch (problem) {
    store.change(() => Object.assign(state.join, { busy: false, problem }));
  }
}

/** What a link brings: `#code=…`, which then leaves the address bar and the history. */
function readLink() {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (location.hash !== "") {
    history.replaceState(null, "", location.pathname + location.search);
  }
  if (code === null) {
    return;
  }
  store.change(() => {
    if (state.phase === "chat") {
      state.notice = "already_in";
    } else {
      Object.assign(state.join, { code, problem: null });
    }
  });
}

/** Opens a dialog, and does what it is about. */
const dialogs = {
  async invite() {
    store.change(() => Object.assign(state, { dialog: { kind: "invite", busy: true }, drawer: false }));
    try {
      const { invite: line, expires } = await api.invite();
      const code = new URL(line).searchParams.get("code");
      const link = `${location.origin}/#${new URLSearchParams({ code })}`;
      store.change(() => Object.assign(state.dialog ?? {}, { busy: false, line, link, expires }));
    } catch (problem) {
      store.change(() => Object.assign(state.dialog ?? {}, { busy: false, problem }));
    }
  },
  remove(name) {
    store.change(() => Object.assign(state, { dialog: { kind: "remove", name, act: () => remove(name) } }));
  },
  signOut() {
    const count = state.outbox.length;
    store.change(() => Object.assign(state, { dialog: { kind: "sign_out", count, act: signOut }, drawer: false }));
  },
  close() {
    store.change(() => Object.assign(state, { dialog: null }));
  },
};

async function remove(name) {
  await api.remove(name);
  dialogs.close();
  await chat?.meet();
}

async function signOut() {
  // Closed first, so that what the server then says of the ended session is not taken for news.
  chat.end();
  try {
    await api.signOut();
  } catch (problem) {
    chat = new Chat(store, (reason) => leave(`ended_${reason}`));
    chat.start();
    throw problem;
  }
  leave("signed_out");
}

/** Does what a dialog asks for; if that fails, the dialog says why. */
async function confirm() {
  const { dialog } = state;
  store.change(() => Object.assign(dialog, { busy: true, problem: null }));
  try {
    await dialog.act();
  } catch (problem) {
    store.change(() => Object.assign(dialog, { busy: false, problem }));
  }
}

const THEMES = { auto: "light", light: "dark", dark: "auto" };

const actions = {
  join,
  dialogs,
  confirm,
  open: (place) => chat.open(place),
  say: (text) => chat.say(text),
  edit: (id) => chat.edit(id),
  discard: (id) => chat.outbox.discard(id),
  older: () => chat.older(state.current),
  hold: (isHeld) => chat?.hold(isHeld),
  retry: () => chat.link.retry(),
  draft: (text) => state.drafts.set(state.current, text),
  drawer: (drawer) => store.change(() => Object.assign(state, { drawer })),
  language() {
    const language = state.language === "zh" ? "en" : "zh";
    keep("nihao:language", language);
    store.change(() => Object.assign(state, { language }));
  },
  theme() {
    const theme = THEMES[state.theme] ?? "auto";
    keep("nihao:theme", theme);
    store.change(() => Object.assign(state, { theme }));
  },
};

function dress({ language, theme }) {
  document.documentElement.lang = TAGS[language];
  document.documentElement.dataset.theme = theme;
}

const view = createView(document.getElementById("page"), actions);
store.watch(dress);
store.watch(view);
dress(state);
addEventListener("hashchange", readLink);
readLink();

// Only the server knows whether the cookie still counts; without this mark there is none to ask about.
const name = kept("nihao:me");
if (name === null) {
  view(state);
} else {
  enter({ name });
}

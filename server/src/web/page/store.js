// The page's state, in one place. Whoever changes it says so here; the views are told once for all changes of a turn.

/** Holds `state`; `change` edits it, and those who `watch` are told soon after. */
export function createStore(state) {
  const watchers = [];
  let told = true;

  function tell() {
    told = true;
    for (const watcher of watchers) {
      watcher(state);
    }
  }

  return {
    state,
    change(edit) {
      edit(state);
      if (told) {
        told = false;
        queueMicrotask(tell);
      }
    },
    watch(watcher) {
      watchers.push(watcher);
    },
  };
}

/** Everything the page knows when it opens. */
export function initialState({ language, theme }) {
  return {
    language,
    theme, // auto, light or dark
    phase: "door", // door: outside; chat: inside
    notice: null, // why one stands outside, or what was refused: the name of a word
    join: { code: "", name: "", busy: false, problem: null },
    me: null,
    members: [],
    link: "connecting", // connecting, catching_up, live, waiting
    online: true,
    cursor: null, // up to here everything was heard
    current: "#general",
    places: new Map(), // by the conversation's name
    outbox: [], // what this browser wrote and the server has not
    drafts: new Map(), // by the conversation's name
    problem: null, // what is wrong with what stands in the message box
    drawer: false, // whether the list of conversations lies over the page, where that is narrow
    dialog: null,
  };
}

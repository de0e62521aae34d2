// The page's state, in one place. Whoever changes it says so here; the views are told once for all changes of a turn.

/** Hidden pages draw nothing; they are still told, for their title. */
const HIDDEN_EVERY = 250;

/** Holds `state`; `change` edits it, and those who `watch` are told before the page is drawn again. */
export function createStore(state) {
  const watchers = [];
  let frame = null;
  let timer = null;

  function tell() {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    timer = null;
    for (const watcher of watchers) {
      watcher(state);
    }
  }

  return {
    state,
    change(edit) {
      edit(state);
      // Whoever catches up hears thousands of messages, each by itself: they are shown as often as the page is drawn.
      if (timer === null) {
        frame = requestAnimationFrame(tell);
        timer = setTimeout(tell, HIDDEN_EVERY);
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

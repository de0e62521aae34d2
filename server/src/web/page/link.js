// The WebSocket: opened, watched, and opened again until somebody ends it. It knows nothing of what is said over it.

const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;
/** A quiet connection is asked this often whether it is still there, and has so long to answer. */
const ASK_EVERY = 20_000;
const ANSWER_WITHIN = 8_000;

/**
 * Keeps a WebSocket to `address()` open.
 *
 * `hear(object)` gets every frame, `stand(state)` every change: connecting, open, waiting. `failed()` is asked after an
 * attempt that came to nothing; `false` ends it all.
 */
export class Link {
  constructor({ address, hear, stand, failed }) {
    Object.assign(this, { address, hear, stand, failed });
    this.socket = null;
    this.failures = 0;
    this.timer = null;
    this.watch = null;
    this.isEnded = false;
    this.requests = 0;
  }

  start() {
    addEventListener("online", this.retry);
    addEventListener("offline", this.check);
    document.addEventListener("visibilitychange", this.check);
    this.open();
  }

  /** Closes for good. */
  end() {
    this.isEnded = true;
    removeEventListener("online", this.retry);
    removeEventListener("offline", this.check);
    document.removeEventListener("visibilitychange", this.check);
    this.forget();
  }

  /** The number of the next request. */
  request() {
    this.requests += 1;
    return this.requests;
  }

  /** Says something; whether there was a connection to say it on. */
  say(object) {
    if (this.socket?.readyState !== WebSocket.OPEN) {
      return false;
    }
    this.socket.send(JSON.stringify(object));
    return true;
  }

  /** Tries now what would be tried later. */
  retry = () => {
    if (this.socket === null && !this.isEnded) {
      this.failures = 0;
      this.open();
    } else {
      this.check();
    }
  };

  /** Asks now whether the connection is still there. */
  check = () => {
    if (document.visibilityState === "visible" && this.socket?.readyState === WebSocket.OPEN) {
      this.ask();
    }
  };

  open() {
    clearTimeout(this.timer);
    this.stand("connecting");
    const socket = new WebSocket(this.address());
    this.socket = socket;
    let isOpen = false;
    socket.onopen = () => {
      isOpen = true;
      this.expect(ASK_EVERY, () => this.ask());
      this.stand("open");
    };
    socket.onmessage = ({ data }) => {
      this.failures = 0;
      this.expect(ASK_EVERY, () => this.ask());
      this.hear(JSON.parse(data));
    };
    socket.onclose = () => this.lost(isOpen);
    // An attempt that hangs is as good as none.
    this.expect(ANSWER_WITHIN * 2, () => this.lost(false));
  }

  ask() {
    this.say({ type: "ping", request: this.request() });
    // Closing would wait for the other end, which does not answer.
    this.expect(ANSWER_WITHIN, () => this.lost(true));
  }

  expect(within, otherwise) {
    clearTimeout(this.watch);
    this.watch = setTimeout(otherwise, within);
  }

  /** Lets go of the connection, whatever state it is in. */
  forget() {
    clearTimeout(this.timer);
    clearTimeout(this.watch);
    const { socket } = this;
    this.socket = null;
    if (socket !== null) {
      socket.onopen = null;
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
    }
  }

  async lost(wasOpen) {
    this.forget();
    if (this.isEnded) {
      return;
    }
    this.stand("waiting");
    this.failures += 1;
    const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (this.failures - 1));
    // Everybody lost the server at the same moment, and should not come back at the same moment.
    const delay = longest * (0.5 + Math.random() / 2);
    this.timer = setTimeout(() => this.open(), delay);
    if (!wasOpen && (await this.failed()) === false) {
      this.end();
    }
  }
}

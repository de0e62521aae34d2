// What every script of a browser test stands on: the lab behind it, and a record of what the page did wrong.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

/** Where the server is; or the directory, as `file:///…/`, where pages without a server are. */
export const base = process.env.NIHAO_URL;
/** Whether an address belongs to what is tested. */
export const isOurs = (address) => (base.startsWith("file:") ? address.startsWith(base) : new URL(address).origin === base);
/** A directory of this test's own. */
export const home = process.env.NIHAO_HOME;
/** How long anything may take. The machine may be busy with others. */
export const PATIENCE = 60_000;

/** Modules from npm are outside of the source tree. */
export const load = createRequire(`${process.env.NIHAO_MODULES}/package.json`);

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
let turn = Promise.resolve();

/** Asks the lab to do something; gives what came of it. */
function ask(request) {
  const answer = turn.then(async () => {
    process.stdout.write(`${JSON.stringify(request)}\n`);
    const { value } = await answers.next();
    const { ok, error } = JSON.parse(value);
    if (error !== undefined) {
      throw new Error(`${JSON.stringify(request)}: ${error}`);
    }
    return ok;
  });
  turn = answer.catch(() => null);
  return answer;
}

/** Runs `nihao` as `who`; gives what it printed. */
export const nihao = (who, ...words) => ask({ do: "nihao", who, words });
/** An invite of alice's. */
export const invite = () => ask({ do: "invite" });
/** Ends the daemon as a crash would. */
export const kill = () => ask({ do: "kill" });
/** Ends the daemon in the proper way. */
export const stop = () => ask({ do: "stop" });
/** Stops the daemon where it stands: connections stay and nobody answers. */
export const freeze = () => ask({ do: "freeze" });
/** Lets it go on. */
export const thaw = () => ask({ do: "thaw" });
/** Starts the daemon again at the same place. */
export const start = () => ask({ do: "start" });

/** The messages that a command prints as JSON. */
export async function messages(who, ...words) {
  const printed = await nihao(who, ...words, "--json");
  return printed
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** Tells how far the script is, for whoever reads why it failed. */
export function tell(what) {
  process.stderr.write(`${new Date().toISOString().slice(11, 23)} ${what}\n`);
}

/** What the pages did that they should not have done. */
export const faults = [];
let excused = [];

/** Reports something a page did, unless it is to be expected now. */
export function fault(what) {
  const isExcused = excused.some((pattern) => pattern.test(what));
  tell(`${isExcused ? "expected" : "FAULT"}: ${what}`);
  if (!isExcused) {
    faults.push(what);
  }
}

/** While `work` goes on, reports of these kinds are to be expected: browsers complain of servers that are down. */
export async function excusing(patterns, work) {
  excused = patterns;
  try {
    return await work();
  } finally {
    excused = [];
  }
}

/** What a browser says while there is no server. */
export const DOWN = [/ERR_CONNECTION|ERR_NETWORK|ERR_EMPTY_RESPONSE|ERR_INTERNET|WebSocket connection to/];

/** Waits until `look` gives something true. */
export async function eventually(what, look) {
  const until = Date.now() + PATIENCE;
  for (;;) {
    const found = await look();
    if (found) {
      return found;
    }
    assert.ok(Date.now() < until, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Plays a script to its end; whatever the pages did wrong fails it. */
export async function play(script, lastLook = async () => {}) {
  try {
    await script();
    assert.deepEqual(faults, [], "the pages did something they should not have done");
    tell("done");
    process.exit(0);
  } catch (error) {
    tell(error.stack);
    await lastLook();
    process.exit(1);
  }
}

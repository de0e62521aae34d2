// Conversations: what was said in each, in the server's order, and what of it was read.

/** A conversation held in memory gets shorter again while nobody looks into its past. */
const KEPT = 200;
const TOO_MANY = 400;

/** The conversation of a message, as `me` sees it. */
export function placeOf(message, me) {
  if (message.to.startsWith("#")) {
    return message.to;
  }
  return message.to === `@${me}` ? `@${message.from}` : message.to;
}

/** The conversation of this name; it is made if need be. */
export function place(state, name) {
  let found = state.places.get(name);
  if (found === undefined) {
    found = {
      messages: [], // by seq
      hasOlder: true, // whether the server may have more before the first one
      isLoading: false,
      failed: null, // why the past could not be read
      isOpened: false, // whether the past was asked for at all
      isHeld: false, // whether the reader looks at the past
      read: 0, // up to here it was read
      last: 0, // the newest one
      unread: 0,
    };
    state.places.set(name, found);
  }
  return found;
}

/** Puts messages where they belong; those that are there already stay. Gives the ones that are new. */
export function merge(target, messages) {
  const fresh = [];
  for (const message of messages) {
    let at = target.messages.length;
    while (at > 0 && target.messages[at - 1].seq > message.seq) {
      at -= 1;
    }
    if (at === 0 || target.messages[at - 1].seq !== message.seq) {
      target.messages.splice(at, 0, message);
      fresh.push(message);
    }
    target.last = Math.max(target.last, message.seq);
  }
  return fresh;
}

/** Forgets the oldest ones of a long conversation: scrolling up brings them back. */
export function shorten(target) {
  if (target.messages.length > TOO_MANY && !target.isHeld && !target.isLoading) {
    target.messages.splice(0, target.messages.length - KEPT);
    target.hasOlder = true;
  }
}

/** Takes in what the server said now. */
export function hear(state, message, isLooking) {
  const name = placeOf(message, state.me.name);
  const target = place(state, name);
  const [fresh] = merge(target, [message]);
  if (fresh !== undefined && message.seq > target.read) {
    if (message.from === state.me.name || (isLooking && name === state.current && !target.isHeld)) {
      readAll(target);
    } else {
      target.unread += 1;
    }
  }
  shorten(target);
}

/** Everything in it was read. */
export function readAll(target) {
  target.read = target.last;
  target.unread = 0;
}

/** How many messages wait to be read. */
export function unread(state) {
  let sum = 0;
  for (const { unread: count } of state.places.values()) {
    sum += count;
  }
  return sum;
}

/** The list to choose from: the room, then who talked last, then everybody else by name. */
export function listed(state) {
  const people = new Map(state.members.map((member) => [`@${member.name}`, member]));
  const names = new Set(["#general", ...people.keys()]);
  for (const [name, { last }] of state.places) {
    if (last > 0 || name === state.current) {
      names.add(name);
    }
  }
  const entries = [...names].map((name) => {
    const { last = 0, unread: count = 0 } = state.places.get(name) ?? {};
    return { name, last, unread: count, member: people.get(name), isRoom: name.startsWith("#") };
  });
  return entries.sort((a, b) => b.isRoom - a.isRoom || b.last - a.last || (a.name < b.name ? -1 : 1));
}

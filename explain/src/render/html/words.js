// What the page itself says, in the language it was made in.

/** Everything that the page was given. */
export const given = JSON.parse(document.getElementById("data").textContent);

/** A label, with each `{name}` in it replaced. */
export function say(key, values = {}) {
  return given.labels[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** A name of the story's own, in the page's language: `kind` says of what. A zone has a name of its own behind that. */
export function word(kind, name) {
  const [, first, rest] = /^(zone)( .*)$/.exec(name) ?? [null, name, ""];
  return `${given.names[`${kind} ${first}`] ?? first}${rest}`;
}

/** µs as milliseconds. */
export function milliseconds(at) {
  return (at / 1000).toFixed(3);
}

/** What a note or a reason says: `{text, section, invalid, detail}`. */
export function told(note) {
  return { ...given.texts[note.key], detail: note.detail };
}

// What people wrote, made harmless to read: what would steer the reader's eye is shown instead.

const encoder = new TextEncoder();

/** The most bytes of UTF-8 that a message has. */
export const TEXT_BYTES = 16 * 1024;

/** Control characters and those that turn or hide text: the same ones as in the terminal. Line breaks and tabs stay. */
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

function picture(character) {
  const point = character.codePointAt(0);
  if (point < 0x20) {
    return String.fromCodePoint(0x2400 + point);
  }
  return point === 0x7f ? "\u2421" : `\\u{${point.toString(16)}}`;
}

/** The text with a picture or a number in place of each character that steers. */
export const shown = (text) => text.replace(STEERING, picture);

/** The same in parts: `[text, whether it stands for characters that steer]`. */
export function parts(text) {
  const found = [];
  let from = 0;
  for (const { 0: character, index } of text.matchAll(STEERING)) {
    if (index > from) {
      found.push([text.slice(from, index), false]);
    }
    found.push([picture(character), true]);
    from = index + character.length;
  }
  found.push([text.slice(from), false]);
  return found;
}

/** How many bytes of UTF-8 a text has. */
export function bytes(text) {
  return encoder.encode(text).length;
}

/** The first character of a name as people count them, for its picture. */
export function initial(name) {
  return [...new Intl.Segmenter().segment(name)][0]?.segment.toUpperCase() ?? "?";
}

/** One of `count` numbers, always the same for the same name. */
export function shade(name, count) {
  let sum = 0;
  for (const byte of encoder.encode(name)) {
    sum = (sum * 31 + byte) % 65521;
  }
  return sum % count;
}

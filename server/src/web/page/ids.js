// Random names drawn in the page: of messages, and of attempts to join.

function random(count) {
  return crypto.getRandomValues(new Uint8Array(count));
}

/** RFC 9562 §5.7: a UUID of version 7. What was written later sorts later. */
export function messageId(now = Date.now()) {
  const id = random(16);
  for (let at = 0; at < 6; at += 1) {
    id[at] = Math.floor(now / 2 ** (8 * (5 - at))) % 256;
  }
  id[6] = (id[6] & 0x0f) | 0x70;
  id[8] = (id[8] & 0x3f) | 0x80;
  const hex = Array.from(id, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** 32 random bytes in base64url: who repeats them after a lost answer is the one who asked first. */
export function attempt() {
  return btoa(String.fromCharCode(...random(32)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

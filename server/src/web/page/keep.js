// What this browser keeps over a reload. Where it may not keep anything, the page works without.

/** Reads a value, or `otherwise`. */
export function kept(key, otherwise = null, storage = () => localStorage) {
  try {
    const text = storage().getItem(key);
    return text === null ? otherwise : JSON.parse(text);
  } catch {
    return otherwise;
  }
}

/** Keeps a value; whether it is kept. */
export function keep(key, value, storage = () => localStorage) {
  try {
    storage().setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** Keeps a value no longer. */
export function drop(key, storage = () => localStorage) {
  try {
    storage().removeItem(key);
  } catch {
    // Then it never was kept.
  }
}

/** The keys that begin so. */
export function keysOf(prefix) {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  } catch {
    return [];
  }
}

/** For as long as the tab is open. */
export const forThisTab = () => sessionStorage;

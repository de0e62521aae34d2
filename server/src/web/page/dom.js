// Elements without markup: text goes in as text nodes, and there is no other way in.

/** Makes an element. `on…` are listeners, `true` and `false` set or leave out an attribute, children are nodes or text. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) {
      element.addEventListener(key.slice(2), value);
    } else {
      attribute(element, key, value);
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Sets an attribute, if it is not so already: a live region is disturbed by every change. */
export function attribute(element, key, value) {
  if (value === false || value === null || value === undefined) {
    element.removeAttribute(key);
  } else {
    const text = value === true ? "" : String(value);
    if (element.getAttribute(key) !== text) {
      element.setAttribute(key, text);
    }
  }
}

/** Sets an element's text, if it is not so already. */
export function text(element, value) {
  if (element.textContent !== value) {
    element.textContent = value;
  }
}

/** Makes `parent` hold exactly `children`, in order, and leaves alone those that stand where they should. */
export function arrange(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.childNodes]) {
    if (!wanted.has(child)) {
      child.remove();
    }
  }
  let place = parent.firstChild;
  for (const child of children) {
    if (child === place) {
      place = place.nextSibling;
    } else {
      parent.insertBefore(child, place);
    }
  }
}

// Elements without markup: text goes in as text nodes, and there is no other way in.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
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

/** Makes an element. `on…` are listeners, `true` and `false` set or leave out an attribute, children are nodes or text. */
export function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same for a part of a drawing. */
export function shape(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
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

/** Scrolls `box`, and nothing around it, to a part that is out of sight; what is in sight stays under the pointer. */
export function reveal(box, part) {
  const [outer, inner] = [box.getBoundingClientRect(), part.getBoundingClientRect()];
  const margin = 48;
  if (inner.top < outer.top) {
    box.scrollTop -= outer.top + margin - inner.top;
  } else if (inner.bottom > outer.bottom) {
    box.scrollTop += inner.bottom - outer.bottom + margin;
  }
}

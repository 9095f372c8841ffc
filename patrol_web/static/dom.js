// Making and changing elements. Text always goes in as text, never as HTML.

/**
 * Return a new element. `properties` are attributes; false and null leave one out, true sets an empty one.
 * @param {string} tag
 * @param {Record<string, string | number | boolean | null>} [properties]
 * @param {...(Node | string | null)} children
 * @returns {HTMLElement}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Return the page's element with this id. */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new ReferenceError(id);
  return found;
}

/** Set the text only when it differs, so that screen readers and the layout are left in peace. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Show the element with this text, or hide it for an empty one. */
export function showText(element, text) {
  setText(element, text);
  element.hidden = text === "";
}

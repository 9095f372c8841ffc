// Making and changing elements. Text always goes in as text, never as HTML.

/** What an attribute may be given: false and null leave it out, true sets an empty one. */
export type Attributes = Record<string, string | number | boolean | null>;

/** Return a new element with these attributes and children; a null child is left out. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Attributes = {},
  ...children: (Node | string | null)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Return the page's element with this id. */
export function byId<Found extends HTMLElement = HTMLElement>(id: string): Found {
  const found = document.getElementById(id);
  if (found === null) throw new ReferenceError(id);
  return found as Found;
}

/** Set the text only when it differs, so that screen readers and the layout are left in peace. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Show the element with this text, or hide it for an empty one. */
export function showText(element: HTMLElement, text: string): void {
  setText(element, text);
  element.hidden = text === "";
}

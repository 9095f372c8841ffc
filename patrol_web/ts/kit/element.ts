// What all elements of the pages share: they render into the page, so that one stylesheet and labels reach everything.

import { LitElement } from "lit";

/** An element without a shadow root. */
export class KitElement extends LitElement {
  protected override createRenderRoot(): this {
    return this;
  }
}

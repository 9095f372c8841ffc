// What is open in the room: suggestions not judged, flags without an outcome, faults. What one operator hands to the next.

import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { KitElement } from "../kit/element.js";
import { reason, translated } from "../kit/reasons.js";
import { age, t, word } from "../kit/texts.js";
import type { Matter } from "./shapes.js";

const ALERTS = ["suggestion", "flag"];

/** Return what is open in words: the category of an alert, the condition of a fault. */
function textOf(matter: Matter): string {
  if (ALERTS.includes(matter.kind)) return word("category", matter.text);
  if (matter.kind !== "health") return translated(matter.text) ?? word("relay", matter.text);
  const [condition = "", ...why] = matter.text.split(": ");
  return [word("condition", condition), reason(why.join(": "))].filter((part) => part !== "").join(": ");
}

/** The list, the oldest first. */
@customElement("open-matters")
export class OpenMatters extends KitElement {
  @property({ attribute: false }) matters: Matter[] = [];
  @property({ attribute: false }) titles: Map<string, string> = new Map();
  @property({ type: Number }) now = 0;

  protected override render(): unknown {
    if (this.matters.length === 0) return html`<p class="quiet">${t("matter.none")}</p>`;
    return html`<ol class="matters">
      ${this.matters.map(
        (one) =>
          html`<li class="line">
            <span class="chip">${word("matter_kind", one.kind)}</span>
            ${one.camera === null ? nothing : html`<strong>${this.titles.get(one.camera) ?? one.camera}</strong>`}
            <span>${textOf(one)}</span>
            <span class="quiet">${t("matter.age", { age: age(this.now - Date.parse(one.since)) })}</span>
          </li>`,
      )}
    </ol>`;
  }
}

// The room's shift log, the newest first: who came and went, what was handed over, which rounds were made.

import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { KitElement } from "../kit/element.js";
import { reason } from "../kit/reasons.js";
import { dateAndTime, t, word } from "../kit/texts.js";
import type { ShiftLine } from "./shapes.js";

const ROUND = "round";
const MOST_SHOWN = 20;

/** The log. */
@customElement("shift-log")
export class ShiftLog extends KitElement {
  @property({ attribute: false }) lines: ShiftLine[] = [];

  protected override render(): unknown {
    if (this.lines.length === 0) return html`<p class="quiet">${t("shift_log.none")}</p>`;
    return html`<ol class="shift-lines">
      ${this.lines.slice(0, MOST_SHOWN).map((one) => this.#line(one))}
    </ol>`;
  }

  #line(one: ShiftLine): unknown {
    const at = new Date(one.at);
    return html`<li class="line">
      <time class="quiet" datetime=${one.at}>${dateAndTime(at)}</time>
      <strong>${one.operator}</strong>
      <span>${word("shift_entry", one.entry)}</span>
      ${one.subject === "" ? nothing : html`<span>${one.subject}</span>`} ${one.entry === ROUND ? this.#seen(one) : nothing}
      ${one.note === "" ? nothing : html`<span class="quiet">${one.entry === ROUND ? reason(one.note) : one.note}</span>`}
    </li>`;
  }

  #seen(one: ShiftLine): unknown {
    const { seen = 0, cameras = 0, nothing_to_report: calm = 0 } = one.figures;
    const found = t(calm === 1 ? "shift_log.calm" : "shift_log.reported");
    return html`<span>${t("shift_log.seen", { seen, cameras, found })}</span>`;
  }
}

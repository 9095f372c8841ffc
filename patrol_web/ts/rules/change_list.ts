// The list of a camera's changes: who, when, why; an earlier one can be looked at and brought back.

import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { KitElement } from "../kit/element.js";
import { dateAndTime, t } from "../kit/texts.js";
import type { Drawn, DrawnVersion } from "./shapes.js";

/** The list, the newest first; the room's file is its last line. */
@customElement("change-list")
export class ChangeList extends KitElement {
  @property({ attribute: false }) drawn: Drawn | null = null;
  @property({ type: Boolean }) editable = false;
  @property({ attribute: false }) bringBack: ((version: number) => void) | null = null;

  protected override render(): unknown {
    const { drawn } = this;
    if (drawn === null) return nothing;
    return html`<section class="changes" aria-label=${t("rules.changes")}>
      <h2>${t("rules.changes")}</h2>
      ${drawn.file_changed ? html`<p class="warn">${t("rules.file_changed")}</p>` : nothing}
      <ol>
        ${drawn.history.map((one) => this.#line(one, drawn.version))}
        <li data-version="0">
          <span>${t("rules.version", { version: 0 })}</span> ${t("rules.as_file")}
          ${drawn.version === 0 ? html`<strong>${t("rules.in_force")}</strong>` : this.#button(0)}
        </li>
      </ol>
    </section>`;
  }

  #line(one: DrawnVersion, inForce: number): unknown {
    const what =
      one.restored === null ? "" : one.restored === 0 ? t("rules.restored_file") : t("rules.restored", { version: one.restored });
    return html`<li data-version=${one.version}>
      <span>${t("rules.version", { version: one.version })}</span>
      <time datetime=${one.at}>${dateAndTime(new Date(one.at))}</time>
      <strong>${one.author}</strong> <q>${one.reason}</q> ${what}
      ${one.masks_removed > 0 ? html`<span class="warn">${t("rules.masks_gone", { count: one.masks_removed })}</span>` : nothing}
      ${one.version === inForce ? html`<strong>${t("rules.in_force")}</strong>` : this.#button(one.version)}
    </li>`;
  }

  #button(version: number): unknown {
    if (!this.editable) return nothing;
    return html`<button type="button" data-act="bring-back" @click=${() => this.bringBack?.(version)}>
      ${t("rules.look_at", { version })}
    </button>`;
  }
}

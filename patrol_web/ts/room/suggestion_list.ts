// What the machine suggests: the newest first, one of them selected; one key accepts, one dismisses.

import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { KitElement } from "../kit/element.js";
import { age, t, word } from "../kit/texts.js";
import "./alert_picture.js";
import type { RoomAlert } from "./shapes.js";

const MOST_SHOWN = 4;

/** What the list can be asked to do. */
export interface SuggestionActs {
  select(alertId: string): void;
  judge(alertId: string, verdict: "accepted" | "dismissed", reason?: string): void;
}

/** Why a suggestion is dismissed, in the order of its keys; the words are stored with the judgement. */
export const REASONS = ["light_or_shadow", "animal", "usual_here", "nothing_there", "repeat"] as const;

/** The list of open suggestions. */
@customElement("suggestion-list")
export class SuggestionList extends KitElement {
  @property({ attribute: false }) alerts: RoomAlert[] = [];
  @property({ attribute: false }) titles: Map<string, string> = new Map();
  @property() selected = "";
  @property({ type: Number }) now = 0;
  @property() acceptKey = "";
  @property() dismissKey = "";
  @property({ attribute: false }) reasonKeys: string[] = [];
  /** What became of the last judgement; empty: nothing to say. */
  @property() said = "";
  @property({ attribute: false }) acts: SuggestionActs | null = null;

  protected override render(): unknown {
    const from = Math.max(0, this.alerts.findIndex((one) => one.alert_id === this.selected) - MOST_SHOWN + 1);
    const shown = this.alerts.slice(from, from + MOST_SHOWN);
    const more = this.alerts.length - shown.length;
    return html`
      <p class="said" role="status">${this.said}</p>
      ${shown.length === 0
        ? html`<p class="note">${t("suggestion.none")}</p>`
        : html`<ol class="suggestions">
            ${shown.map((alert) => this.#row(alert))}
          </ol>`}
      ${more > 0 ? html`<p class="quiet">${t("suggestion.more", { count: more })}</p>` : nothing}
    `;
  }

  #row(alert: RoomAlert): unknown {
    const camera = this.titles.get(alert.camera ?? "") ?? alert.camera ?? "";
    const chosen = alert.alert_id === this.selected;
    const kind = word("category", alert.category);
    return html`<li class="suggestion" ?data-chosen=${chosen} data-severity=${alert.severity} data-alert=${alert.alert_id}>
      <alert-picture
        .alertId=${alert.alert_id}
        .here=${alert.has_snapshot}
        .box=${alert.box ?? null}
        .label=${t("suggestion.picture", { kind, camera })}
      ></alert-picture>
      <div class="suggestion-facts">
        <button
          type="button"
          class="suggestion-pick"
          aria-pressed=${chosen}
          @click=${() => this.acts?.select(alert.alert_id)}
        >
          <span class="chip" data-severity=${alert.severity}
            >${word("numeral", alert.severity)} ${word("severity", alert.severity)}</span
          >
          ${kind}
        </button>
        <p class="quiet">${camera} · ${t("suggestion.age", { age: age(this.now - Date.parse(alert.raised_at)) })}</p>
        ${chosen ? this.#choices(alert.alert_id) : nothing}
      </div>
    </li>`;
  }

  #choices(alertId: string): unknown {
    return html`<div class="choices">
      <button type="button" class="act" @click=${() => this.acts?.judge(alertId, "accepted")}>
        <kbd>${this.acceptKey}</kbd> ${t("suggestion.accept")}
      </button>
      <button type="button" @click=${() => this.acts?.judge(alertId, "dismissed")}>
        <kbd>${this.dismissKey}</kbd> ${t("suggestion.dismiss")}
      </button>
      <div class="choices reasons" role="group" aria-label=${t("suggestion.why")}>
        ${REASONS.map(
          (reason, position) =>
            html`<button type="button" class="plain" @click=${() => this.acts?.judge(alertId, "dismissed", reason)}>
              <kbd>${this.reasonKeys[position] ?? ""}</kbd> ${word("dismissed_for", reason)}
            </button>`,
        )}
      </div>
    </div>`;
  }
}

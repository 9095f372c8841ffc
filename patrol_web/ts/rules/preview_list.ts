// What a draft says of the camera now, in words: everything that is drawn over the picture stands here as well.

import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { KitElement } from "../kit/element.js";
import { age, listed, t, timeOfDay, word } from "../kit/texts.js";
import type { Preview } from "./shapes.js";

/** Where things stood so long ago nobody stands now: they are neither drawn nor listed. */
const OLD_S = 5;

/** Return a preview that may pass for now; null: there is none. */
export function freshOf(preview: Preview | null): Preview | null {
  return preview === null || preview.age_s === null || preview.age_s > OLD_S ? null : preview;
}

/** How the preview is. */
export type PreviewState = "off" | "waiting" | "live" | "lost";

/** The list. */
@customElement("preview-list")
export class PreviewList extends KitElement {
  @property({ attribute: false }) preview: Preview | null = null;
  @property() phase: PreviewState = "off";

  protected override render(): unknown {
    return html`<section class="preview" aria-label=${t("preview.title")}>
      <h2>${t("preview.title")}</h2>
      <p role="status" data-phase=${this.phase}>${this.#status()}</p>
      ${this.phase === "live" && this.preview !== null ? this.#seen(this.preview) : nothing}
    </section>`;
  }

  #status(): string {
    const { preview } = this;
    if (this.phase !== "live" || preview === null) return t(`preview_state.${this.phase}`);
    if (preview.age_s === null) return t("preview_state.waiting");
    if (preview.age_s > OLD_S) return t("preview.old", { age: age(preview.age_s * 1000) });
    return preview.things.length === 0 ? t("preview.nobody") : t("preview.things", { count: preview.things.length });
  }

  #seen(preview: Preview): unknown {
    return html`<ul class="things">
        ${(freshOf(preview)?.things ?? []).map((thing) => {
          const rules = preview.standings.filter((one) => one.number === thing.number);
          return html`<li data-told=${rules.some((one) => one.is_told)}>
            <strong>${thing.label}</strong>
            ${thing.zones.length === 0 ? t("preview.in_none") : t("preview.in_zones", { zones: listed(thing.zones) })}
            ${rules.map((one) =>
              one.is_told
                ? html`<span class="warn">${t("preview.would_tell", { rule: one.rule })}</span>`
                : html`<span class="quiet">${t("preview.holds", { rule: one.rule, seconds: one.for_s })}</span>`,
            )}
          </li>`;
        })}
      </ul>
      ${Object.entries(preview.not_looked_for).map(
        ([rule, labels]) => html`<p class="warn">${t("preview.not_looked_for", { rule, labels: listed(labels) })}</p>`,
      )}
      ${preview.no_still.length > 0 ? html`<p class="warn">${t("preview.no_still", { rules: listed(preview.no_still) })}</p>` : nothing}
      ${preview.alerts.length === 0
        ? nothing
        : html`<h3>${t("preview.alerts")}</h3>
            <ol class="told">
              ${preview.alerts.map(
                (one) => html`<li>
                  <time datetime=${one.at}>${timeOfDay(new Date(one.at))}</time> ${one.rule} · ${one.label} · ${one.zone} ·
                  ${word("severity", one.severity)}
                </li>`,
              )}
            </ol>`}`;
  }
}

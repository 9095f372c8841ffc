// What the last hour tells under the rules in force and under the draft: counts, times, and what the figures are worth.

import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { KitElement } from "../kit/element.js";
import { age, listed, t, timeOfDay, word } from "../kit/texts.js";
import type { Box } from "../room/shapes.js";
import type { WhatIf, WhatIfAlert, WhatIfResult } from "./shapes.js";

const HOUR_S = 3600;
const NEARLY = 0.97;

/** The comparison: asked for, under way, or done. */
@customElement("what-if-view")
export class WhatIfView extends KitElement {
  @property({ attribute: false }) run: WhatIf | null = null;
  /** Why it could not be asked for; empty: it could. */
  @property() said = "";
  /** Why the button is of no use now; empty: it is. */
  @property() not = "";
  @property({ attribute: false }) begin: (() => void) | null = null;
  @property({ attribute: false }) cancel: (() => void) | null = null;
  @property({ attribute: false }) point: ((box: Box | null) => void) | null = null;

  protected override render(): unknown {
    const running = this.run?.state === "running";
    return html`<section class="what-if" aria-label=${t("what_if.title")}>
      <h2>${t("what_if.title")}</h2>
      <div class="choices">
        <button type="button" data-act="what-if" ?disabled=${running || this.not !== ""} @click=${() => this.begin?.()}>
          ${t("what_if.begin")}
        </button>
        ${running
          ? html`<progress max="1" value=${this.run?.share ?? 0} aria-label=${t("what_if.progress")}></progress>
              <button type="button" data-act="cancel" @click=${() => this.cancel?.()}>${t("what_if.cancel")}</button>`
          : nothing}
        ${this.not === "" ? nothing : html`<span class="quiet">${this.not}</span>`}
      </div>
      <p role="status">${this.#status()}</p>
      ${this.said === "" ? nothing : html`<p class="alarm" role="alert">${this.said}</p>`}
      ${this.run?.result ? this.#result(this.run.result) : nothing}
    </section>`;
  }

  #status(): string {
    const { run } = this;
    if (run === null) return "";
    if (run.state === "failed") return run.fault === "" ? "" : t("what_if.failed", { reason: run.fault });
    if (run.state === "running") return t("what_if.running", { share: Math.round(run.share * 100) });
    return run.state === "cancelled" ? t("what_if.cancelled") : "";
  }

  #result(result: WhatIfResult): unknown {
    if (result.pictures === 0) return html`<p class="warn">${t("what_if.nothing")}</p>`;
    return html`<div class="what-if-result">
      ${this.#worth(result).map((line) => html`<p class="warn">${line}</p>`)}
      <div class="wide" tabindex="0" role="region" aria-label=${t("what_if.title")}>
        <table>
          <thead>
            <tr>
              <th scope="col">${t("what_if.rule")}</th>
              <th scope="col">${t("what_if.before")}</th>
              <th scope="col">${t("what_if.after")}</th>
              <th scope="col">${t("what_if.differs")}</th>
            </tr>
          </thead>
          <tbody>
            ${result.rules.map(
              (rule) => html`<tr data-rule=${rule.rule}>
                <th scope="row">${rule.rule}</th>
                <td>${rule.before === null ? t("what_if.no_rule") : rule.before.alerts}</td>
                <td>${rule.after === null ? t("what_if.no_rule") : rule.after.alerts}</td>
                <td>
                  ${rule.gone.length + rule.new.length === 0
                    ? t("what_if.same")
                    : t("what_if.gone_new", { gone: rule.gone.length, new: rule.new.length })}
                </td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
      ${this.#list("gone", result.rules.flatMap((rule) => rule.gone))} ${this.#list("new", result.rules.flatMap((rule) => rule.new))}
      ${this.#list("before", result.before)} ${this.#list("after", result.after)}
    </div>`;
  }

  /** What the figures are worth, in sentences; nothing where they are whole. */
  #worth(result: WhatIfResult): string[] {
    const lines: string[] = [];
    if (result.seen_s < NEARLY * HOUR_S && result.since !== null && result.until !== null) {
      lines.push(
        t("what_if.less", {
          seen: age(result.seen_s * 1000),
          since: timeOfDay(new Date(result.since)),
          until: timeOfDay(new Date(result.until)),
        }),
      );
    }
    for (const [rule, labels] of Object.entries(result.not_looked_for)) {
      lines.push(t("what_if.not_looked_for", { rule, labels: listed(labels) }));
    }
    if (result.no_still.length > 0) lines.push(t("what_if.no_still", { rules: listed(result.no_still) }));
    if (result.is_cut) lines.push(t("what_if.cut"));
    return lines;
  }

  #list(name: string, alerts: WhatIfAlert[]): unknown {
    if (alerts.length === 0) return nothing;
    const open = name === "gone" || name === "new";
    return html`<details ?open=${open} data-list=${name}>
      <summary>${t(`what_if_list.${name}`, { count: alerts.length })}</summary>
      <ol>
        ${alerts.map(
          (alert) => html`<li>
            <button
              type="button"
              class="plain"
              @click=${() => this.point?.((alert.box as Box | null) ?? null)}
              @focus=${() => this.point?.((alert.box as Box | null) ?? null)}
              @blur=${() => this.point?.(null)}
            >
              <time datetime=${alert.at}>${timeOfDay(new Date(alert.at))}</time> ${alert.rule} · ${alert.label} · ${alert.zone} ·
              ${word("severity", alert.severity)}
            </button>
            ${alert.still_told_by.length === 0 ? nothing : t("what_if.still_told", { rules: listed(alert.still_told_by) })}
          </li>`,
        )}
      </ol>
    </details>`;
  }
}

// The statistics of a shift, for the operator whose shift it is.

import { html } from "lit";
import { customElement, property } from "lit/decorators.js";
import { KitElement } from "../kit/element.js";
import { age, t, word } from "../kit/texts.js";
import { perCent } from "./round_plan.js";

const COUNTS = ["flags", "withdrawn", "judged", "accepted", "dismissed", "rounds", "open_matters"];
const TIMES = ["look_back_ms_median", "judged_after_ms_median"];

/** The list of figures. */
@customElement("shift-figures")
export class ShiftFigures extends KitElement {
  @property({ attribute: false }) figures: Record<string, number> = {};

  protected override render(): unknown {
    return html`<dl class="figures">
      ${this.#lines().map(([name, value]) => html`<div><dt>${word("figure", name)}</dt><dd>${value}</dd></div>`)}
    </dl>`;
  }

  #lines(): [string, string | number][] {
    const { figures } = this;
    const cameras = figures["round_cameras"] ?? 0;
    return [
      ["seconds", age((figures["seconds"] ?? 0) * 1000)],
      ...COUNTS.map((name): [string, number] => [name, figures[name] ?? 0]),
      // A share of nothing is no figure.
      ...(cameras > 0 ? [["coverage", t("round.percent", { percent: perCent((figures["round_seen"] ?? 0) / cameras) })]] : []),
      ...TIMES.filter((name) => figures[name] !== undefined).map((name) => [name, age(figures[name] ?? 0)]),
    ] as [string, string | number][];
  }
}

// One quiet line over the wall: who is on watch here, the round under way, a hand-over that waits, a rest that is due.

import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { KitElement } from "../kit/element.js";
import { listed, roughAge, t, word } from "../kit/texts.js";
import type { Action } from "./keys.js";
import { perCent } from "./round_plan.js";
import type { Round, Shift } from "./shapes.js";

/** The line. */
@customElement("watch-bar")
export class WatchBar extends KitElement {
  @property() operator = "";
  @property({ attribute: false }) shift: Shift | null = null;
  /** The shift that somebody else wants to be relieved of. */
  @property({ attribute: false }) offered: Shift | null = null;
  @property({ type: Number }) openCount = 0;
  @property({ attribute: false }) round: Round | null = null;
  @property() setTitle = "";
  /** The sets whose next round is due, by what people call them. */
  @property({ attribute: false }) due: string[] = [];
  /** True when the operator is asked whether the round ends with its gaps. */
  @property({ type: Boolean }) ending = false;
  /** True when something was flagged in the round. */
  @property({ type: Boolean }) reported = false;
  @property({ type: Boolean }) restDue = false;
  @property() said = "";
  @property({ type: Boolean }) failed = false;
  /** Why the watch could not be read; empty while it can. */
  @property() fault = "";
  @property({ type: Number }) now = 0;
  @property({ attribute: false }) titles: Map<string, string> = new Map();
  @property({ attribute: false }) keyOf: (action: Action) => string = () => "";
  @property({ attribute: false }) act: (action: Action) => void = () => undefined;

  protected override render(): unknown {
    return html`<section class="watch-bar" aria-label=${t("watch.title")}>
      ${this.#who()} ${this.round === null ? nothing : this.#progress(this.round)}
      ${this.offered === null ? nothing : this.#handOver(this.offered)} ${this.restDue ? this.#rest() : nothing}
      <p class="said" role="status" data-mood=${this.failed ? "alarm" : "good"}>${this.said}</p>
      ${this.fault === "" ? nothing : html`<p class="alarm" role="alert">${t("watch.unread", { reason: this.fault })}</p>`}
    </section>`;
  }

  #who(): unknown {
    const { shift } = this;
    if (shift === null) {
      return html`${this.#button("watch", t("watch.sign_on"), "act")}
        <span class="quiet">${t("watch.nobody", { operator: this.operator })}</span>`;
    }
    const since = roughAge(this.now - Date.parse(shift.since));
    return html`${this.#button("watch", t("watch.on", { operator: shift.operator, since }))}
    ${shift.state === "on_watch" ? nothing : html`<span class="chip">${word("shift_state", shift.state)}</span>`}
    ${this.round === null ? this.#idle() : nothing}`;
  }

  #idle(): unknown {
    const due = this.due.length === 0 ? nothing : html`<span class="round-due" role="status">${t("round.due_of", { sets: listed(this.due) })}</span>`;
    return html`${this.#button("round", t("round.begin"))} ${due}`;
  }

  #progress(round: Round): unknown {
    const seen = round.seen.length;
    const cameras = seen + round.missed.length;
    const text = t("round.progress", { set: this.setTitle, seen, cameras, percent: perCent(round.coverage) });
    const gaps = listed(round.missed.map((camera) => this.titles.get(camera) ?? camera));
    return html`<span class="round" data-seen=${seen}>
        <progress max=${cameras} value=${seen} aria-label=${text}></progress> ${text}
      </span>
      ${this.ending
        ? html`<span class="round-gaps" role="alert">${t("round.gaps", { gaps })}</span>
            ${this.#button("round", t("round.end_with_gaps"))} ${this.#button("seen", t("round.go_on"))}`
        : html`${this.#button("seen", t(this.reported ? "round.seen" : "round.seen_nothing"), "act")}
          ${this.#button("round", t("round.end"))}`}`;
  }

  #handOver(offered: Shift): unknown {
    return html`<span class="handing-over" role="status">
        ${t("watch.hands_over", { operator: offered.operator, count: this.openCount })}
        ${offered.note === "" ? nothing : t("watch.note_of", { note: offered.note })}
      </span>
      ${this.#button("hand_over", t(this.shift === null ? "watch.sign_on_to_take_over" : "watch.take_over"), "act")}`;
  }

  #rest(): unknown {
    return html`<span class="rest" role="status">${t("watch.rest_due")}</span>
      ${this.#button("rested", t("watch.rest_had"))} ${this.#button("rest_later", t("watch.rest_later"))}`;
  }

  #button(action: Action, text: string, style = ""): unknown {
    return html`<button type="button" class=${style} data-act=${action} @click=${() => this.act(action)}>
      <kbd>${this.keyOf(action)}</kbd> ${text}
    </button>`;
  }
}

// The watch in full: sign on and off, hand over what is open, the rounds of each set, the figures of the shift.

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { KitElement } from "../kit/element.js";
import { age, t, timeOfDay, word } from "../kit/texts.js";
import "./open_matters.js";
import { isDue, perCent } from "./round_plan.js";
import { setTitle } from "./set_title.js";
import type { RoundSet, Shift, Watch } from "./shapes.js";
import "./shift_figures.js";
import "./shift_log.js";

const OPERATOR_PATTERN = "[a-z0-9][a-z0-9._\\-]*";
const MOST_NOTED = 2_000;
/** The button of whoever signs on beside the one who leaves. */
const ALONE = "alone";

/** What the dialog can be asked to do; true when it was done. */
export interface WatchActs {
  signOn(operator: string): Promise<boolean>;
  takeOver(leaving: Shift, operator?: string): Promise<boolean>;
  offer(note: string): Promise<void>;
  withdrawOffer(): Promise<void>;
  rested(): Promise<void>;
  signOff(): Promise<void>;
}

/** The dialog. */
@customElement("watch-dialog")
export class WatchDialog extends KitElement {
  @property({ attribute: false }) watch: Watch | null = null;
  @property({ attribute: false }) shift: Shift | null = null;
  @property({ attribute: false }) offered: Shift | null = null;
  /** The figures of the shift that ended here last. */
  @property({ attribute: false }) ended: Record<string, number> | null = null;
  @property({ type: Number }) now = 0;
  @property({ attribute: false }) titles: Map<string, string> = new Map();
  @property() said = "";
  @property({ type: Boolean }) failed = false;
  @property({ attribute: false }) acts: WatchActs | null = null;
  /** True in the gallery, where it stands open among others. */
  @property({ type: Boolean }) shown = false;
  @state() private leaving = false;
  @state() private refusedName = false;
  #unfocused = false;

  /** Show it, with the first field ready to be written in. */
  show(): void {
    this.leaving = false;
    this.refusedName = false;
    this.querySelector("dialog")?.showModal();
    this.#unfocused = true;
    this.#focusField();
  }

  /** Opened before the watch was read, the dialog has its field only later. */
  #focusField(): void {
    const field = this.querySelector<HTMLElement>("dialog[open] input");
    if (!this.#unfocused || field === null) return;
    this.#unfocused = false;
    field.focus();
  }

  /** The safe answer has the focus: a key that is held down must not sign off. */
  protected override updated(changed: Map<PropertyKey, unknown>): void {
    this.#focusField();
    if (this.leaving && changed.has("leaving")) this.querySelector<HTMLElement>(".stay")?.focus();
  }

  protected override render(): unknown {
    return html`<dialog class="watch-dialog" aria-label=${t("watch.title")} ?open=${this.shown}>
      <h2>${t("watch.title")}</h2>
      <p class="said" role="status" data-mood=${this.failed ? "alarm" : "good"}>${this.said}</p>
      ${this.watch === null ? html`<p class="note">${t("watch.loading")}</p>` : this.#parts(this.watch)}
      <div class="choices">
        <button type="button" @click=${() => this.#close()}>${t("keys.close")}</button>
      </div>
    </dialog>`;
  }

  #parts(watch: Watch): unknown {
    const { shift } = this;
    const leaving = shift?.state === "handing_over" ? shift : null;
    const asked = shift === null || leaving !== null;
    return html`
      ${asked ? this.#signOn(leaving ?? this.offered) : nothing} ${shift === null ? nothing : this.#own(shift)}
      ${shift === null && this.ended !== null ? this.#figures(t("watch.figures_ended"), this.ended) : nothing}
      <section>
        <h3>${t("matter.title")}</h3>
        <open-matters .matters=${watch.open_matters} .titles=${this.titles} .now=${this.now}></open-matters>
      </section>
      <section>
        <h3>${t("watch.who")}</h3>
        ${watch.on_watch.length === 0 ? html`<p class="quiet">${t("watch.none")}</p>` : nothing}
        <ul>
          ${watch.on_watch.map((one) => this.#line(one))}
        </ul>
      </section>
      <section>
        <h3>${t("round.title")}</h3>
        <ul>
          ${watch.sets.map((one) => this.#set(one))}
        </ul>
      </section>
      <details>
        <summary>${t("shift_log.title")}</summary>
        <shift-log .lines=${watch.log}></shift-log>
      </details>
    `;
  }

  /** The one form for whoever comes: alone, or relieving `leaving`. */
  #signOn(leaving: Shift | null): unknown {
    return html`<form class="sign-on" @submit=${(event: SubmitEvent) => void this.#signed(event, leaving)}>
      ${leaving === null
        ? nothing
        : html`<p>
            ${t("watch.hands_over", { operator: leaving.operator, count: this.watch?.open_matters.length ?? 0 })}
            ${leaving.note === "" ? nothing : t("watch.note_of", { note: leaving.note })}
          </p>`}
      <label
        >${t(leaving === null ? "watch.operator" : "watch.next_operator")}
        <input
          class="operator"
          required
          maxlength="64"
          pattern=${OPERATOR_PATTERN}
          autocomplete="username"
          spellcheck="false"
          title=${t("desk.name_rule")}
          @invalid=${() => (this.refusedName = true)}
          @input=${() => (this.refusedName = false)}
      /></label>
      <p class="name-refused" role="status">${this.refusedName ? t("desk.name_rule") : ""}</p>
      <div class="choices">
        <button class="act">${t(leaving === null ? "watch.sign_on" : "watch.sign_on_and_take_over")}</button>
        ${leaving === null ? nothing : html`<button value=${ALONE}>${t("watch.sign_on_beside")}</button>`}
      </div>
    </form>`;
  }

  #own(shift: Shift): unknown {
    const handing = shift.state === "handing_over";
    return html`<section class="own-shift">
      ${this.#figures(t("watch.figures", { operator: shift.operator }), shift.figures)}
      ${handing
        ? html`<button type="button" @click=${() => this.acts?.withdrawOffer()}>${t("watch.withdraw_offer")}</button>`
        : html`<form class="hand-over" @submit=${this.#offer}>
            <label>${t("watch.note")} <input class="note-field" maxlength=${MOST_NOTED} /></label>
            <button>${t("watch.offer")}</button>
          </form>`}
      <div class="choices">
        <button type="button" @click=${() => this.acts?.rested()}>${t("watch.rest_had")}</button>
        ${this.leaving
          ? html`<button type="button" class="sign-off" @click=${this.#signOff}>${t("watch.sign_off_now")}</button>
              <button type="button" class="stay" @click=${() => (this.leaving = false)}>${t("watch.stay")}</button>
              <span role="alert">${t("watch.sign_off_open", { count: this.watch?.open_matters.length ?? 0 })}</span>`
          : html`<button type="button" class="sign-off" @click=${() => (this.leaving = true)}>${t("watch.sign_off")}</button>`}
      </div>
    </section>`;
  }

  #figures(title: string, figures: Record<string, number>): unknown {
    return html`<h3>${title}</h3>
      <shift-figures .figures=${figures}></shift-figures>`;
  }

  #line(one: Shift): unknown {
    return html`<li class="line">
      <strong>${one.operator}</strong> <span>${word("shift_state", one.state)}</span>
      <span class="quiet">${t("watch.since", { time: timeOfDay(new Date(one.since)) })}</span>
    </li>`;
  }

  #set(one: RoundSet): unknown {
    const last = one.last_round_at === null ? null : this.now - Date.parse(one.last_round_at);
    return html`<li class="line">
      <strong>${setTitle(one)}</strong>
      <span
        >${last === null
          ? t("round.never")
          : t("round.last", { age: age(last), percent: perCent(one.last_coverage ?? 0) })}</span
      >
      ${isDue(one, this.now) ? html`<span class="chip">${t("round.due")}</span>` : nothing}
    </li>`;
  }

  async #signed(event: SubmitEvent, leaving: Shift | null): Promise<void> {
    event.preventDefault();
    const alone = leaving === null || event.submitter?.getAttribute("value") === ALONE;
    const field = this.querySelector<HTMLInputElement>("input.operator");
    if (field === null || this.acts === null) return;
    const name = field.value;
    const done = alone ? await this.acts.signOn(name) : await this.acts.takeOver(leaving, name);
    if (!done) return;
    field.value = "";
    this.#close();
  }

  readonly #offer = (event: Event): void => {
    event.preventDefault();
    const field = this.querySelector<HTMLInputElement>("input.note-field");
    void this.acts?.offer(field?.value ?? "");
  };

  readonly #signOff = (): void => {
    this.leaving = false;
    void this.acts?.signOff();
  };

  #close(): void {
    this.querySelector("dialog")?.close();
  }
}

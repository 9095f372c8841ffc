// Saving a draft: with a reason, with the masks that it takes away confirmed by number, and honest about what became of it.

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { KitElement } from "../kit/element.js";
import { t } from "../kit/texts.js";

const SHORTEST = 3;

/** What became of the last save. */
export type SaveState = "" | "saving" | "saved" | "failed" | "outdated";

/** The form. */
@customElement("save-form")
export class SaveForm extends KitElement {
  /** Whether the draft differs from what is in force. */
  @property({ type: Boolean }) differs = false;
  /** Whether the draft has not been checked yet: nothing is confirmed or saved before. */
  @property({ type: Boolean }) pending = false;
  @property({ type: Number }) problems = 0;
  @property({ type: Number }) masksRemoved = 0;
  @property({ type: Number }) version = 0;
  @property() phase: SaveState = "";
  @property() said = "";
  /** Which version is being brought back; -1: none. */
  @property({ type: Number }) restoring = -1;
  @property({ attribute: false }) save: ((reason: string, masks: number) => void) | null = null;
  @property({ attribute: false }) discard: (() => void) | null = null;
  @property({ attribute: false }) takeNewest: (() => void) | null = null;
  @property({ attribute: false }) goOn: (() => void) | null = null;
  @state() private confirmed = 0;
  @state() private reason = "";

  protected override willUpdate(changed: Map<string, unknown>): void {
    // Whatever was confirmed was confirmed of another draft.
    if (changed.has("masksRemoved") || this.pending) this.confirmed = 0;
    if (changed.has("phase") && this.phase === "saved") this.reason = "";
  }

  protected override render(): unknown {
    return html`<form class="save" @submit=${this.#submit}>
      <h2>${t("save.title")}</h2>
      <p role="status" data-phase=${this.phase}>${this.#status()}</p>
      ${this.phase === "failed" ? html`<p class="alarm" role="alert">${this.said}</p>` : nothing}
      ${this.phase === "outdated" ? this.#outdated() : nothing} ${this.differs ? this.#fields() : nothing}
    </form>`;
  }

  #status(): string {
    if (this.phase === "saving") return t("save.saving");
    if (this.phase === "saved" && !this.differs) return t("save.saved", { version: this.version });
    if (this.problems > 0) return t("save.problems", { count: this.problems });
    if (!this.differs) return t("save.same", { version: this.version });
    return this.restoring >= 0 ? t("save.restoring", { version: this.restoring }) : t("save.differs");
  }

  #outdated(): unknown {
    return html`<div class="warn" role="alert">
      <p>${this.said}</p>
      <button type="button" data-act="take-newest" @click=${() => this.takeNewest?.()}>${t("save.take_newest")}</button>
      <button type="button" data-act="go-on" @click=${() => this.goOn?.()}>${t("save.go_on")}</button>
    </div>`;
  }

  #fields(): unknown {
    const ready =
      !this.pending && this.problems === 0 && this.phase !== "saving" && this.phase !== "outdated" && this.confirmed === this.masksRemoved;
    return html`<label
        >${t("save.reason")}
        <input
          name="reason"
          required
          minlength=${SHORTEST}
          maxlength="500"
          .value=${this.reason}
          @input=${(event: Event) => (this.reason = (event.target as HTMLInputElement).value)}
        /></label>
      ${this.masksRemoved === 0 || this.pending
        ? nothing
        : html`<label class="warn"
            ><input
              type="checkbox"
              name="masks"
              .checked=${this.confirmed === this.masksRemoved}
              @change=${(event: Event) => (this.confirmed = (event.target as HTMLInputElement).checked ? this.masksRemoved : 0)}
            />${t("save.masks", { count: this.masksRemoved })}</label
          >`}
      <div class="choices">
        <button class="act" data-act="save" ?disabled=${!ready}>${t("save.save")}</button>
        <button type="button" data-act="discard" @click=${() => this.discard?.()}>${t("save.discard")}</button>
      </div>`;
  }

  #submit(event: Event): void {
    event.preventDefault();
    if (this.reason.trim().length >= SHORTEST) this.save?.(this.reason.trim(), this.confirmed);
  }
}

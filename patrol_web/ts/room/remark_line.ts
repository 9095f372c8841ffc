// What was added to a flag, and what can be added to it: words in a field, a voice note with its state in words.

import { html, nothing, type PropertyValues } from "lit";
import { customElement, property } from "lit/decorators.js";
import { KitElement } from "../kit/element.js";
import { age, t } from "../kit/texts.js";
import type { RemarksView } from "./flag_remarks.js";

const MOST_NOTED = 2_000;
const SECOND_MS = 1000;

/** What the line can be asked to do. */
export interface RemarkActs {
  speak(): Promise<void>;
  discard(): void;
  retry(): void;
  write(): Promise<void>;
  typed(text: string): void;
  store(): Promise<void>;
  stopWriting(): void;
}

/** The line below a flag. */
@customElement("remark-line")
export class RemarkLine extends KitElement {
  @property() alertId = "";
  /** True for the flag that keys act on. */
  @property({ type: Boolean }) open = false;
  @property({ attribute: false }) view: RemarksView | null = null;
  @property() said = "";
  @property() noteKey = "";
  @property() voiceKey = "";
  @property({ attribute: false }) acts: RemarkActs | null = null;
  #wasWriting = false;

  protected override render(): unknown {
    const { view } = this;
    if (view === null) return nothing;
    const writing = view.writingOn === this.alertId;
    const spoken = view.voiceOn === this.alertId;
    if (!this.open && !writing && !spoken) return this.#said();
    return html`<div class="choices remarks">
        ${this.#voice(view, spoken)}
        ${writing || !this.open
          ? nothing
          : html`<button type="button" class="plain" data-act="note" @click=${() => this.acts?.write()}>
              <kbd>${this.noteKey}</kbd> ${t("flag.write_note")}
            </button>`}
      </div>
      ${writing ? this.#field(view) : nothing} ${this.#said()}`;
  }

  /** The field has the focus when it comes, also when the list is drawn anew under it. */
  protected override updated(_changed: PropertyValues): void {
    const writing = this.view?.writingOn === this.alertId;
    if (writing && !this.#wasWriting) this.querySelector("input")?.focus();
    this.#wasWriting = writing;
  }

  #said(): unknown {
    return html`<p class="said" role="status">${this.said}</p>`;
  }

  #field(view: RemarksView): unknown {
    return html`<form class="remark-form" @submit=${this.#stored} @keydown=${this.#pressed}>
      <label class="unseen" for=${`note-${this.alertId}`}>${t("flag.note_label")}</label>
      <input
        id=${`note-${this.alertId}`}
        class="flag-note"
        maxlength=${MOST_NOTED}
        placeholder=${t("flag.note_label")}
        autocomplete="off"
        .value=${view.draft}
        @input=${(event: Event) => this.acts?.typed((event.target as HTMLInputElement).value)}
      />
      <button class="act">${t("flag.note_store")}</button>
      <button type="button" class="plain" @click=${() => this.acts?.stopWriting()}>${t("flag.note_close")}</button>
    </form>`;
  }

  #voice(view: RemarksView, spoken: boolean): unknown {
    const begin = (text: string): unknown =>
      this.open
        ? html`<button type="button" class="plain" data-act="voice" @click=${() => this.acts?.speak()}>
            <kbd>${this.voiceKey}</kbd> ${text}
          </button>`
        : nothing;
    const discard = html`<button type="button" class="plain" data-act="discard" @click=${() => this.acts?.discard()}>
      ${t("voice.discard")}
    </button>`;
    if (!spoken) return view.voiceOn === "" || ["stored", "failed"].includes(view.voice) ? begin(t("voice.begin")) : nothing;
    switch (view.voice) {
      case "asking":
        return html`<span class="quiet" role="status">${t("voice.asking")}</span> ${discard}`;
      case "recording":
        return html`<button type="button" class="recording" data-act="voice" @click=${() => this.acts?.speak()}>
            <kbd>${this.voiceKey}</kbd> ${t("voice.stop", { age: age(view.voiceSeconds * SECOND_MS) })}
          </button>
          ${discard}`;
      case "sending":
        return html`<span class="quiet" role="status">${t("voice.sending")}</span>`;
      case "failed":
        return html`<span class="alarm" role="alert">${view.voiceFault}</span>
          ${view.mayRetry
            ? html`<button type="button" data-act="retry" @click=${() => this.acts?.retry()}>${t("voice.retry")}</button>
                ${discard}`
            : begin(t("voice.begin"))}`;
      default:
        return html`<span class="quiet" role="status">${t("voice.stored")}</span> ${begin(t("voice.again"))}`;
    }
  }

  readonly #stored = (event: Event): void => {
    event.preventDefault();
    void this.acts?.store();
  };

  readonly #pressed = (event: KeyboardEvent): void => {
    if (event.code === "Escape" && !event.isComposing) this.acts?.stopWriting();
  };
}

// Sound on, off, blocked: in words, with its volume, and each tone written out for those who do not hear it.

import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { KitElement } from "../kit/element.js";
import { t, word } from "../kit/texts.js";
import type { SoundState, Tone } from "./tones.js";

/** What the control can be asked to do. */
export interface SoundActs {
  toggle(): void;
  louder(volume: number): void;
  play(tone: Tone, asked: boolean): void;
}

/** The control beside the suggestions. */
@customElement("sound-control")
export class SoundControl extends KitElement {
  @property() sound: SoundState = "off";
  @property({ type: Number }) volume = 0;
  @property() last: Tone | "" = "";
  @property() toggleKey = "";
  @property({ attribute: false }) acts: SoundActs | null = null;

  protected override render(): unknown {
    if (this.sound === "unable") return html`<span class="quiet">${t("sound.unable")}</span>`;
    const off = this.sound === "off";
    return html`<button
        type="button"
        class="plain"
        aria-pressed=${!off}
        data-sound=${this.sound}
        @click=${() => this.acts?.toggle()}
      >
        <kbd>${this.toggleKey}</kbd> ${word("sound", this.sound)}
      </button>
      <label class="volume"
        ><span class="unseen">${t("sound.volume")}</span>
        <input
          type="range"
          min="0"
          max="100"
          step="5"
          .value=${String(this.volume)}
          @input=${(event: Event) => this.acts?.louder(Number((event.target as HTMLInputElement).value))}
          @change=${() => this.acts?.play("suggestion", true)}
      /></label>
      <span class="quiet caption">${this.last === "" ? nothing : `♪ ${word("tone", this.last)}`}</span>
      ${this.sound === "blocked" ? html`<span class="alarm" role="status">${t("sound.why_blocked")}</span>` : nothing}`;
  }
}

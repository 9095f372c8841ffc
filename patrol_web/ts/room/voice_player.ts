// A flag's voice note: fetched and played when somebody asks for it.

import { html } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { shownAddress } from "../kit/api.js";
import { KitElement } from "../kit/element.js";
import { age, t } from "../kit/texts.js";

/** A button, then the player. */
@customElement("voice-player")
export class VoicePlayer extends KitElement {
  @property() alertId = "";
  @property({ type: Number }) milliseconds = 0;
  @state() private address = "";
  @state() private failed = false;

  protected override render(): unknown {
    if (this.failed) return html`<span class="quiet">${t("media.failed")}</span>`;
    if (this.address === "") {
      return html`<button type="button" class="plain" data-act="play" @click=${this.#play}>
        ${t("voice.play", { age: age(this.milliseconds) })}
      </button>`;
    }
    return html`<audio
      controls
      autoplay
      src=${this.address}
      aria-label=${t("voice.label")}
      @error=${() => (this.failed = true)}
    ></audio>`;
  }

  readonly #play = (): void => {
    shownAddress(`/alerts/${this.alertId}/voice`).then(
      (address) => (this.address = address),
      () => (this.failed = true),
    );
  };
}

// The snapshot of an alert with its box: the moment that the machine means, when the live picture has moved on.

import { html, nothing, svg } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { shownAddress } from "../kit/api.js";
import { KitElement } from "../kit/element.js";
import { t } from "../kit/texts.js";
import type { Box } from "./shapes.js";

/** A snapshot, or words in its place. */
@customElement("alert-picture")
export class AlertPicture extends KitElement {
  @property() alertId = "";
  /** False while the room has no snapshot (yet). */
  @property({ type: Boolean }) here = false;
  @property() label = "";
  @property({ attribute: false }) box: Box | null = null;
  @state() private address = "";
  @state() private failed = false;
  @state() private size: [number, number] = [16, 9];
  #asked = "";

  protected override willUpdate(): void {
    if (!this.here || this.#asked === this.alertId) return;
    this.#asked = this.alertId;
    this.failed = false;
    shownAddress(`/alerts/${this.alertId}/snapshot`).then(
      (address) => (this.address = address),
      () => (this.failed = true),
    );
  }

  protected override render(): unknown {
    if (!this.here || this.failed || this.address === "") {
      return html`<p class="no-picture">${t(this.failed ? "media.failed" : "suggestion.no_picture")}</p>`;
    }
    const [width, height] = this.size;
    return html`<div class="alert-picture">
      <img src=${this.address} alt=${this.label} @load=${this.#measured} @error=${() => (this.failed = true)} />
      <svg class="drawing" viewBox="0 0 ${width} ${height}" aria-hidden="true">${this.#rect(width, height)}</svg>
    </div>`;
  }

  #measured(event: Event): void {
    const image = event.target as HTMLImageElement;
    this.size = [image.naturalWidth, image.naturalHeight];
  }

  #rect(width: number, height: number): unknown {
    if (this.box === null) return nothing;
    const [left, top, right, bottom] = this.box;
    return svg`<rect class="box" x=${left * width} y=${top * height} width=${(right - left) * width}
      height=${(bottom - top) * height}></rect>`;
  }
}

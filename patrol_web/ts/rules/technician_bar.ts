// Who is signed on as a technician in this tab, and the way to be it.

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { reasonOf } from "../kit/api.js";
import { KitElement } from "../kit/element.js";
import { t } from "../kit/texts.js";
import { signOff, signOn } from "./technician.js";

/** The bar. */
@customElement("technician-bar")
export class TechnicianBar extends KitElement {
  /** Empty: nobody. */
  @property() name = "";
  /** Whether the room has any technician; null while that is not known. */
  @property({ attribute: false }) hasTechnicians: boolean | null = null;
  @property({ attribute: false }) changed: ((name: string) => void) | null = null;
  @state() private said = "";
  @state() private busy = false;

  protected override render(): unknown {
    if (this.hasTechnicians === null) return html`<div class="technician"><p class="quiet">${t("technician.loading")}</p></div>`;
    if (!this.hasTechnicians) return html`<div class="technician"><p class="note">${t("technician.none")}</p></div>`;
    if (this.name !== "") {
      return html`<div class="technician">
        <p role="status">${t("technician.on", { name: this.name })}</p>
        <button type="button" data-act="sign-off" @click=${this.#off}>${t("technician.sign_off")}</button>
      </div>`;
    }
    return html`<form class="technician" @submit=${this.#on}>
      <p>${t("technician.look_only")}</p>
      <label>${t("technician.name")} <input name="name" autocomplete="username" required /></label>
      <label>${t("technician.pin")} <input name="pin" type="password" autocomplete="current-password" required /></label>
      <button ?disabled=${this.busy}>${t("technician.sign_on")}</button>
      ${this.said === "" ? nothing : html`<p class="alarm" role="alert">${this.said}</p>`}
    </form>`;
  }

  async #on(event: Event): Promise<void> {
    event.preventDefault();
    const [name, pin] = ["name", "pin"].map((key) => this.querySelector<HTMLInputElement>(`input[name=${key}]`));
    if (!name || !pin || this.busy) return;
    this.busy = true;
    try {
      const who = await signOn(name.value.trim(), pin.value);
      this.said = "";
      this.changed?.(who);
    } catch (fault) {
      this.said = reasonOf(fault);
    } finally {
      pin.value = "";
      this.busy = false;
    }
  }

  async #off(): Promise<void> {
    try {
      await signOff();
    } catch {
      // It is forgotten here in any case, and ends by itself there.
    }
    this.changed?.("");
  }
}

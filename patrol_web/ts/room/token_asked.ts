// Asks for the console's token where one is needed, and shows nothing of the room before.

import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { hasToken, keepToken } from "../kit/api.js";
import { KitElement } from "../kit/element.js";
import { t } from "../kit/texts.js";

/** The dialog; opens itself while `needed`. */
@customElement("token-asked")
export class TokenAsked extends KitElement {
  @property({ type: Boolean }) needed = false;
  @property({ attribute: false }) entered: (() => void) | null = null;

  protected override render(): unknown {
    return html`<dialog id="token" aria-labelledby="token-title" @cancel=${(event: Event) => event.preventDefault()}>
      <h2 id="token-title">${t("token.title")}</h2>
      <form @submit=${this.#submit}>
        <input type="text" name="username" value="operator" autocomplete="username" hidden />
        <p>
          <label for="token-field">${t("token.label")}</label>
          <input id="token-field" type="password" autocomplete="current-password" required />
        </p>
        ${hasToken() ? html`<p class="alarm" role="alert">${t("token.wrong")}</p>` : nothing}
        <button>${t("token.use")}</button>
      </form>
    </dialog>`;
  }

  protected override updated(): void {
    const dialog = this.querySelector("dialog");
    if (this.needed && dialog !== null && !dialog.open) dialog.showModal();
  }

  #submit(event: Event): void {
    event.preventDefault();
    const field = this.querySelector<HTMLInputElement>("#token-field");
    if (field === null) return;
    keepToken(field.value);
    field.value = "";
    this.needed = false;
    this.querySelector("dialog")?.close();
    this.entered?.();
  }
}

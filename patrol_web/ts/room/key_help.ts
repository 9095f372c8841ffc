// The list of keys under `?`: what does what, changed here, switched off here.

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { KitElement } from "../kit/element.js";
import { t, word } from "../kit/texts.js";
import { ACTIONS, type Action, type KeyMap, codeOf, keyName } from "./keys.js";

const MODIFIERS = ["Shift", "Control", "Alt", "Meta"];

/** The dialog. */
@customElement("key-help")
export class KeyHelp extends KitElement {
  @property({ attribute: false }) keys: KeyMap | null = null;
  @state() private changing: Action | null = null;
  @state() private said = "";

  /** Show it. */
  show(): void {
    this.said = "";
    this.changing = null;
    this.requestUpdate();
    this.querySelector("dialog")?.showModal();
  }

  protected override render(): unknown {
    const { keys } = this;
    if (keys === null) return nothing;
    return html`<dialog class="key-help" aria-labelledby="keys-title" @keydown=${this.#pressed}>
      <h2 id="keys-title">${t("keys.title")}</h2>
      <p>
        <label
          ><input
            type="checkbox"
            id="keys-enabled"
            .checked=${keys.enabled}
            @change=${(event: Event) => keys.switch((event.target as HTMLInputElement).checked)}
          />
          ${t("keys.enabled")}</label
        >
      </p>
      <p class="said" role="status">${this.said}</p>
      <ul class="key-list">
        ${ACTIONS.map((action) => this.#line(keys, action))}
      </ul>
      <div class="choices">
        <button type="button" @click=${this.#reset}>${t("keys.reset")}</button>
        <button type="button" class="act" @click=${() => this.querySelector("dialog")?.close()}>${t("keys.close")}</button>
      </div>
    </dialog>`;
  }

  #line(keys: KeyMap, action: Action): unknown {
    const name = word("key_action", action);
    const waiting = this.changing === action;
    return html`<li>
      <span class="key-caps">${keys.of(action).map((code) => html`<kbd>${keyName(code)}</kbd> `)}</span>
      <span>${name}</span>
      <button
        type="button"
        class="plain"
        data-action=${action}
        aria-label=${t("keys.change_of", { action: name })}
        @click=${() => (this.changing = waiting ? null : action)}
      >
        ${t(waiting ? "keys.press_now" : "keys.change")}
      </button>
    </li>`;
  }

  #pressed(event: KeyboardEvent): void {
    const { changing, keys } = this;
    if (changing === null || keys === null || event.isComposing) return;
    if (MODIFIERS.some((one) => event.code.startsWith(one)) || event.code === "Tab") return;
    event.preventDefault();
    event.stopPropagation();
    const owner = event.code === "Escape" && changing !== "wall" ? undefined : keys.assign(changing, codeOf(event));
    if (owner === undefined) this.said = t("keys.kept");
    else if (owner === null) this.said = t("keys.changed", { action: word("key_action", changing) });
    else this.said = t("keys.taken", { action: word("key_action", owner) });
    this.changing = null;
  }

  #reset(): void {
    this.keys?.reset();
    this.said = t("keys.usual_again");
    this.requestUpdate();
  }
}

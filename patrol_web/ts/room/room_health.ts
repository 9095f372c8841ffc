// The room's health page: the header and the same state that the wall has.

import { html } from "lit";
import { customElement } from "lit/decorators.js";
import { KitElement } from "../kit/element.js";
import "./health_page.js";
import "./room_header.js";
import { RoomStore } from "./room_store.js";
import "./token_asked.js";

const TICK_MS = 1000;

/** The page. */
@customElement("room-health")
export class RoomHealth extends KitElement {
  readonly #store = new RoomStore(() => this.requestUpdate());

  override connectedCallback(): void {
    super.connectedCallback();
    setInterval(() => this.requestUpdate(), TICK_MS);
    this.#store.start();
  }

  protected override render(): unknown {
    const { state, feed, lastHeard, nextTryAt, needsToken } = this.#store;
    return html`
      <room-header
        .page=${"health"}
        .state=${state}
        .feed=${feed}
        .now=${this.#store.roomNow()}
        .lastHeard=${lastHeard}
        .nextTryMs=${Math.max(0, nextTryAt - Date.now())}
      ></room-header>
      <health-page
        .state=${state}
        .stale=${feed === "lost"}
        .now=${this.#store.roomNow()}
        .here=${Date.now()}
      ></health-page>
      <token-asked .needed=${needsToken} .entered=${() => this.#store.start()}></token-asked>
    `;
  }
}

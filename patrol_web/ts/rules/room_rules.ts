// The technician's page: the cameras, one of them open, and who is signed on.

import { html } from "lit";
import { customElement, state } from "lit/decorators.js";
import { reasonOf } from "../kit/api.js";
import { KitElement } from "../kit/element.js";
import { dateAndTime, t } from "../kit/texts.js";
import "../room/room_header.js";
import { RoomStore } from "../room/room_store.js";
import "../room/token_asked.js";
import "./camera_editor.js";
import { askAs, readTechnician } from "./technician.js";
import "./technician_bar.js";
import type { Summary } from "./shapes.js";

const TICK_MS = 1000;

/** The page. */
@customElement("room-rules")
export class RoomRules extends KitElement {
  @state() private cameras: Summary[] | null = null;
  @state() private fault = "";
  @state() private camera = decodeURIComponent(location.hash.slice(1));
  @state() private technician = "";
  @state() private hasTechnicians: boolean | null = null;
  #drawings = -1;
  readonly #store = new RoomStore(() => this.#heard());

  override connectedCallback(): void {
    super.connectedCallback();
    setInterval(() => this.requestUpdate(), TICK_MS);
    addEventListener("hashchange", () => {
      this.camera = decodeURIComponent(location.hash.slice(1));
    });
    this.#store.start();
  }

  protected override render(): unknown {
    const { state: room, feed, lastHeard, nextTryAt, needsToken } = this.#store;
    return html`
      <room-header
        .page=${"rules"}
        .state=${room}
        .feed=${feed}
        .now=${this.#store.roomNow()}
        .lastHeard=${lastHeard}
        .nextTryMs=${Math.max(0, nextTryAt - Date.now())}
      ></room-header>
      <main class="rules-page" ?data-stale=${feed === "lost"}>
        <technician-bar
          .name=${this.technician}
          .hasTechnicians=${this.hasTechnicians}
          .changed=${(name: string) => (this.technician = name)}
        ></technician-bar>
        <nav class="cameras" aria-label=${t("rules.cameras")}>
          <h2>${t("rules.cameras")}</h2>
          ${this.#list()}
        </nav>
        ${this.camera === ""
          ? html`<p class="note">${t("rules.pick")}</p>`
          : html`<camera-editor
              .camera=${this.camera}
              .technician=${this.technician}
              .roomNow=${this.#store.roomNow}
              .signedOff=${() => (this.technician = "")}
              .saved=${() => void this.#read()}
            ></camera-editor>`}
      </main>
      <token-asked .needed=${needsToken} .entered=${() => this.#store.start()}></token-asked>
    `;
  }

  #list(): unknown {
    if (this.fault !== "") return html`<p class="alarm" role="alert">${t("rules.not_read", { reason: this.fault })}</p>`;
    if (this.cameras === null) return html`<p class="note">${t("rules.loading")}</p>`;
    return html`<ul>
      ${this.cameras.map(
        (one) => html`<li>
          <a href="#${one.camera}" aria-current=${one.camera === this.camera ? "page" : "false"}>${one.title || one.camera}</a>
          <span class="quiet">
            ${t("rules.counts", { zones: one.zones, lines: one.lines, masks: one.masks, rules: one.rules })}
            ${one.changed_at === null ? "" : t("rules.changed_by", { author: one.author, at: dateAndTime(new Date(one.changed_at)) })}
          </span>
          ${one.file_changed ? html`<span class="warn">${t("rules.file_differs")}</span>` : ""}
        </li>`,
      )}
    </ul>`;
  }

  /** Read the list again when the room says that something was drawn, and at first. */
  #heard(): void {
    this.requestUpdate();
    const drawings = this.#store.state?.drawings;
    if (drawings === undefined || drawings === this.#drawings) return;
    this.#drawings = drawings;
    void this.#read();
  }

  async #read(): Promise<void> {
    try {
      const [cameras, who] = await Promise.all([askAs<Summary[]>("/drawings"), readTechnician()]);
      this.cameras = cameras;
      this.technician = who.name ?? "";
      this.hasTechnicians = who.has_technicians;
      this.fault = "";
    } catch (fault) {
      this.fault = reasonOf(fault);
    }
  }
}

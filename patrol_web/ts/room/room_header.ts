// The top line of the room's pages: who, where, what time, and whether anything that is stored here waits for the relay.

import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { KitElement } from "../kit/element.js";
import { age, t, timeOfDay, word } from "../kit/texts.js";
import type { FeedState } from "./room_store.js";
import type { RoomState } from "./shapes.js";

/** Each language in its own words, from the page's template. */
const LANGUAGES = Object.entries(JSON.parse(document.body.dataset["languages"] ?? "{}") as Record<string, string>);

const FLOWS_S = 5;

/** How many alerts and flags wait for a relay that does not take them; what is on its way for a moment waits for nobody. */
export function queuedCount(state: RoomState | null): number {
  if (state === null || state.link.state === "off") return 0;
  const flows = state.link.state === "open" && (state.outbox.oldest_age_s["a"] ?? 0) < FLOWS_S;
  return flows ? 0 : (state.outbox.pending["a"] ?? 0);
}

/** The header. */
@customElement("room-header")
export class RoomHeader extends KitElement {
  @property({ attribute: false }) state: RoomState | null = null;
  @property() feed: FeedState = "connecting";
  @property({ type: Number }) now = 0;
  @property({ type: Number }) lastHeard = 0;
  /** Milliseconds until the page asks again; 0: now, or it need not. */
  @property({ type: Number }) nextTryMs = 0;
  @property() page: "wall" | "health" | "rules" = "wall";
  @property({ attribute: false }) help: (() => void) | null = null;

  protected override render(): unknown {
    return html`<header class="top">
        <div class="top-names">
          <h1>${this.#name()}</h1>
          <span class="city">${this.state?.room.name ?? ""}</span>
        </div>
        ${this.#feed()} ${this.#relay()} ${this.#well()}
        <time class="clock">${timeOfDay(new Date(this.now))}</time>
        ${this.help === null
          ? nothing
          : html`<button class="plain" type="button" @click=${this.help}>${t("keys.open")}</button>`}
        <nav class="languages" aria-label=${t("page.language")}>
          ${LANGUAGES.map(
            ([code, name]) =>
              html`<a
                href="?lang=${code}"
                lang=${code}
                hreflang=${code}
                aria-current=${code === document.documentElement.lang ? "true" : nothing}
                >${name}</a
              >`,
          )}
        </nav>
      </header>
      ${this.#stale()}`;
  }

  #name(): string {
    if (this.page === "rules") return t("room.name_rules");
    return t(this.page === "wall" ? "room.name_wall" : "room.name_health");
  }

  #feed(): unknown {
    return html`<p class="link" role="status" data-link=${this.feed}>${t(`link.${this.feed}`)}</p>`;
  }

  #relay(): unknown {
    const { state } = this;
    if (state === null) return nothing;
    const queued = queuedCount(state);
    const text = word("relay", state.link.state);
    return html`<p class="link" data-link=${state.link.state === "open" ? "live" : state.link.state === "off" ? "off" : "lost"}>
      <span role="status">${text}</span>
      ${queued > 0 ? html`<span class="queued">${t("room.queued", { count: queued })}</span>` : nothing}
    </p>`;
  }

  /** What leads to the other pages, and says whether the way to health is worth it. */
  #well(): unknown {
    if (this.page !== "wall") return html`<a class="page-link" href="/${location.search}">${t("room.to_wall")}</a>`;
    const ill = countIll(this.state);
    const text = ill > 0 ? t("room.to_health_ill", { count: ill }) : t("room.to_health");
    return html`<a class="page-link" href="/rules${location.search}">${t("room.to_rules")}</a>
      <a class="page-link" href="/health${location.search}" ?data-ill=${ill > 0}>${text}</a>`;
  }

  #stale(): unknown {
    if (this.feed !== "lost") return nothing;
    const next = Math.ceil(this.nextTryMs / 1000);
    const known = this.lastHeard > 0;
    const time = timeOfDay(new Date(this.lastHeard));
    if (!known) return html`<p class="stale" role="alert">${t("room.never_heard")}</p>`;
    return html`<p class="stale" role="alert">
      ${next > 0 ? t("link.stale_since", { time, next }) : t("link.retrying", { time })}
      ${t("room.stale_age", { age: age(this.now - this.lastHeard) })}
    </p>`;
  }
}

/** How many cameras or conditions need a person. */
export function countIll(state: RoomState | null): number {
  if (state === null) return 0;
  const cameras = state.cameras.filter((one) => one.health.length > 0).length;
  return cameras + state.health.length + (state.outbox.fault === "" ? 0 : 1) + state.link.alarms.length;
}

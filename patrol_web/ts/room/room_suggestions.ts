// The machine's suggestions on the operator's page: which one is chosen, what was judged, and the list with its sound.

import { html } from "lit";
import { ask, reasonOf } from "../kit/api.js";
import { t, word } from "../kit/texts.js";
import type { Action } from "./keys.js";
import type { RoomStore } from "./room_store.js";
import type { RoomAlert } from "./shapes.js";
import "./sound_control.js";
import { REASONS } from "./suggestion_list.js";
import type { Tones } from "./tones.js";

const BOX_S = 6;
const ANSWER_WITHIN_MS = 10_000;

/** What the suggestions ask of the page they stand on. */
export interface SuggestionPage {
  readonly store: RoomStore;
  readonly tones: Tones;
  operator(): string;
  keyOf(action: Action): string;
  /** Bring a camera into the large picture. */
  pick(camera: string): void;
  changed(): void;
}

/** One per page. */
export class RoomSuggestions {
  #selected = "";
  #judged = "";

  constructor(private readonly page: SuggestionPage) {}

  /** Return those that nobody has judged, the newest first. */
  open(): RoomAlert[] {
    return (this.page.store.state?.alerts ?? []).filter((one) => one.source === "machine" && one.standing === "open");
  }

  /** Return the newest open one of a camera. */
  of(camera: string): RoomAlert | undefined {
    return this.open().find((one) => one.camera === camera);
  }

  /** Return the chosen one while its camera is the one that is asked about. */
  chosen(camera: string): RoomAlert | undefined {
    const found = this.open().find((one) => one.alert_id === this.#selected);
    return found?.camera === camera ? found : undefined;
  }

  /** Return a box for as long as it is where somebody is: soon it would point at nothing. */
  boxOf(alert: RoomAlert | undefined): [number, number, number, number] | null {
    const fresh = alert !== undefined && this.page.store.roomNow() - Date.parse(alert.raised_at) < BOX_S * 1000;
    return fresh ? (alert.box ?? null) : null;
  }

  /** Choose another when the chosen one is gone; called when the room's state has changed. */
  follow(): void {
    const found = this.open();
    if (!found.some((one) => one.alert_id === this.#selected)) this.#selected = found[0]?.alert_id ?? "";
  }

  /** Do what a key or button says; false: it is none of the suggestions'. */
  command(action: Action): boolean {
    if (action === "suggestion_next") this.#move(1);
    else if (action === "suggestion_previous") this.#move(-1);
    else if (action === "accept") void this.#judge(this.#selected, "accepted");
    else if (action === "dismiss") void this.#judge(this.#selected, "dismissed");
    else if (action.startsWith("dismiss_")) void this.#judge(this.#selected, "dismissed", REASONS[Number(action.slice(-1)) - 1]);
    else return false;
    return true;
  }

  /** Return the list and the switch of its sound. */
  part(): unknown {
    const { store, tones, keyOf } = this.page;
    return html`<section class="suggestions-part" aria-label=${t("suggestion.title")}>
      <div class="part-head">
        <h2>${t("suggestion.title")}</h2>
        <sound-control
          .sound=${tones.state}
          .volume=${tones.volume}
          .last=${tones.last}
          .toggleKey=${keyOf("sound")}
          .acts=${tones}
        ></sound-control>
      </div>
      <suggestion-list
        .alerts=${this.open()}
        .titles=${store.titles}
        .selected=${this.#selected}
        .now=${store.roomNow()}
        .acceptKey=${keyOf("accept")}
        .dismissKey=${keyOf("dismiss")}
        .reasonKeys=${REASONS.map((_, position) => keyOf(`dismiss_${position + 1}` as Action))}
        .said=${this.#judged}
        .acts=${{
          select: (alertId: string) => this.#select(alertId),
          judge: (alertId: string, verdict: "accepted" | "dismissed", reason?: string) =>
            void this.#judge(alertId, verdict, reason),
        }}
      ></suggestion-list>
    </section>`;
  }

  #select(alertId: string): void {
    this.#selected = alertId;
    const camera = this.open().find((one) => one.alert_id === alertId)?.camera;
    if (camera) this.page.pick(camera);
    this.page.changed();
  }

  #move(by: 1 | -1): void {
    const found = this.open();
    if (found.length === 0) return;
    const at = found.findIndex((one) => one.alert_id === this.#selected);
    const next = found[Math.min(found.length - 1, Math.max(0, at < 0 ? 0 : at + by))];
    if (next !== undefined) this.#select(next.alert_id);
  }

  async #judge(alertId: string, verdict: "accepted" | "dismissed", reason = ""): Promise<void> {
    const found = this.open();
    const at = found.findIndex((one) => one.alert_id === alertId);
    const alert = found[at];
    if (alert === undefined) return;
    const after = (found[at + 1] ?? found[at - 1])?.alert_id ?? "";
    const kind = word("category", alert.category);
    try {
      await ask(`/alerts/${alertId}/judgement`, { verdict, operator: this.page.operator(), reason }, ANSWER_WITHIN_MS);
      // Shown at once; the feed brings the same within a moment.
      alert.standing = verdict;
      this.#judged = t(`judged.${verdict}`, { kind });
      if (verdict === "accepted" && alert.camera !== null) this.page.pick(alert.camera);
      if (this.#selected === alertId) this.#selected = after;
    } catch (fault) {
      this.#judged = t("judged.failed", { reason: reasonOf(fault) });
    }
    this.page.changed();
  }
}

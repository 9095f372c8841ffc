// The flags on the operator's page: what their keys do, and the list with what it shows.

import { html } from "lit";
import { t } from "../kit/texts.js";
import { FlagBook } from "./flag_book.js";
import "./flag_list.js";
import type { FlagRow } from "./flag_list.js";
import { FlagPlaces, firstUnplaced } from "./flag_places.js";
import { FlagRemarks } from "./flag_remarks.js";
import { flagRows } from "./flag_rows.js";
import type { Action } from "./keys.js";
import type { LonLat } from "./pointed_places.js";
import { queuedCount } from "./room_header.js";
import type { RoomStore } from "./room_store.js";

const MARKED_MS = 4000;

/** What the flags ask of the page they stand on. */
export interface FlagPage {
  readonly store: RoomStore;
  operator(): string;
  keyOf(action: Action): string;
  changed(): void;
}

/** One per page. */
export class RoomFlags {
  readonly #book: FlagBook;
  readonly #remarks: FlagRemarks;
  readonly #places: FlagPlaces;

  constructor(private readonly page: FlagPage) {
    this.#book = new FlagBook(() => page.changed());
    this.#remarks = new FlagRemarks(this.#book, () => page.operator(), () => page.changed());
    this.#places = new FlagPlaces(() => page.operator(), () => page.changed());
  }

  /** Flag a camera; `place` is what was pointed for one that has none. */
  press(camera: string, lookBackS: number, place?: LonLat): void {
    if (camera !== "") void this.#book.press(camera, this.page.operator(), lookBackS, place);
  }

  /** Give the newest flag its kind. */
  classify(kind: string): void {
    void this.#book.classify(kind, this.page.operator());
  }

  /** Do what a key or button says; false: it is none of the flags'. */
  command(action: Action): boolean {
    if (action === "withdraw") this.#withdraw();
    else if (action === "note") void this.#remarks.write();
    else if (action === "voice") void this.#remarks.speak();
    else if (action === "flag_place") void this.#pointFirst();
    else return false;
    return true;
  }

  /** Return how the last flag on a camera stands, for a moment after the key; empty: nothing to mark. */
  mark(camera: string): string {
    const flag = this.#book.flags.find((one) => one.camera === camera);
    if (flag === undefined || flag.withdrawn || Date.now() - flag.pressedAt > MARKED_MS) return "";
    return flag.phase;
  }

  /** What this page pressed counts at once; what was pressed before it was opened stands in the room's state. */
  pressedSince(began: Date): boolean {
    const { store } = this.page;
    const here = began.getTime() - store.roomNow() + Date.now();
    const own = this.#book.flags.some((one) => one.pressedAt >= here && !one.withdrawn && one.phase !== "refused");
    const told = (store.state?.alerts ?? []).some(
      (one) =>
        one.source === "flag" &&
        one.operator === this.page.operator() &&
        one.standing !== "withdrawn" &&
        Date.parse(one.raised_at) >= began.getTime(),
    );
    return own || told;
  }

  /** Return the list. */
  part(): unknown {
    const { state, wall } = this.page.store;
    const kinds = wall?.kinds ?? [];
    return html`<section class="flags-part" aria-label=${t("flag.title")}>
      <h2>${t("flag.title")}</h2>
      <flag-list
        .rows=${this.#rows()}
        .kinds=${kinds}
        .kindKeys=${kinds.map((_, position) => this.page.keyOf(`kind_${position + 1}` as Action))}
        .withdrawKey=${this.page.keyOf("withdraw")}
        .noteKey=${this.page.keyOf("note")}
        .voiceKey=${this.page.keyOf("voice")}
        .placeKey=${this.page.keyOf("flag_place")}
        .queued=${queuedCount(state)}
        .alone=${state?.link.state === "off"}
        .remarks=${this.#remarks.view()}
        .acts=${{
          classify: (kind: string) => this.classify(kind),
          withdraw: () => this.#withdraw(),
          remarks: this.#remarks,
          saidOf: (alertId: string) => this.#remarks.saidOf(alertId),
          point: (row: FlagRow) => void this.#places.point(row),
          placeSaidOf: (alertId: string) => this.#places.saidOf(alertId),
        }}
      ></flag-list>
    </section>`;
  }

  #rows(): FlagRow[] {
    const { store } = this.page;
    return flagRows({
      book: this.#book,
      alerts: store.state?.alerts ?? [],
      title: (camera) => store.title(camera),
      camera: (name) => store.camera(name),
      placeOf: (alertId) => this.#places.of(alertId),
    });
  }

  /** A quick hand points before the answer to the flag is there. */
  async #pointFirst(): Promise<void> {
    await this.#book.newestStored();
    const row = firstUnplaced(this.#rows());
    if (row !== undefined) void this.#places.point(row);
  }

  #withdraw(): void {
    void this.#book.withdraw(this.page.operator());
  }
}

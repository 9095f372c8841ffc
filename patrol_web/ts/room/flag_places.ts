// Where flags are that were stored without a place, or with a pointed one: pointed on the map, and sent after the flag.

import { ask, reasonOf } from "../kit/api.js";
import { t } from "../kit/texts.js";
import type { FlagRow } from "./flag_list.js";
import { askPlace, type LonLat } from "./pointed_places.js";

const ANSWER_WITHIN_MS = 10_000;

/** What became of the last place pointed for a flag. */
export interface PlaceSaid {
  text: string;
  failed: boolean;
}

/** Return the flag the key acts on: the newest that is stored and whose place nobody knows. */
export function firstUnplaced(rows: readonly FlagRow[]): FlagRow | undefined {
  return rows.find((row) => row.pointable && row.place === null);
}

/** One per page. */
export class FlagPlaces {
  readonly #stored = new Map<string, LonLat>();
  readonly #said = new Map<string, PlaceSaid>();

  constructor(
    private readonly operator: () => string,
    private readonly changed: () => void,
  ) {}

  /** Return the place that was stored from this page: the room's state brings the same within a moment. */
  of(alertId: string): LonLat | undefined {
    return this.#stored.get(alertId);
  }

  /** Return what became of the last place pointed for a flag. */
  saidOf(alertId: string): PlaceSaid | undefined {
    return this.#said.get(alertId);
  }

  /** Ask where a flag is, and store that. */
  point(row: FlagRow): Promise<void> {
    return askPlace({
      heading: row.camera,
      place: row.place,
      optional: false,
      taken: (place) => {
        if (place !== null) void this.#store(row.id, place);
      },
    });
  }

  async #store(alertId: string, [lon, lat]: LonLat): Promise<void> {
    try {
      await ask(`/flags/${alertId}/place`, { operator: this.operator(), place: { lon, lat } }, ANSWER_WITHIN_MS);
      this.#stored.set(alertId, [lon, lat]);
      this.#said.set(alertId, { text: t("flag.place_stored"), failed: false });
    } catch (fault) {
      this.#said.set(alertId, { text: t("flag.place_failed", { reason: reasonOf(fault) }), failed: true });
    }
    this.changed();
  }
}

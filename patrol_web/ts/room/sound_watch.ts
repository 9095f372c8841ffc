// What is worth a tone: a suggestion that was not there before, and what is grave, once each.

import type { RoomState } from "./shapes.js";
import type { Tone } from "./tones.js";

const GRAVE = ["critical"];

/** Sees what is new from state to state; what was there when the page was opened is not news. */
export class SoundWatch {
  #known: Set<string> | null = null;

  /** Return the tone of what is new; empty: nothing is. */
  heard(state: RoomState): Tone | "" {
    const open = [
      ...state.alerts
        .filter((one) => one.source === "machine" && one.standing === "open")
        .map((one) => ({ id: one.alert_id, grave: GRAVE.includes(one.severity), asks: true })),
      ...[...state.health, ...state.cameras.flatMap((one) => one.health)].map((one) => ({
        id: one.alert_id, grave: GRAVE.includes(one.severity), asks: false,
      })),
    ];
    const before = this.#known;
    this.#known = new Set(open.map((one) => one.id));
    if (before === null) return "";
    const fresh = open.filter((one) => !before.has(one.id));
    if (fresh.some((one) => one.grave)) return "grave";
    // Status messages stay silent: a tone is for what needs an answer.
    return fresh.some((one) => one.asks) ? "suggestion" : "";
  }
}

// The operator's flags of this page: pressed, stored, given a kind, withdrawn. "Stored" is said only after the room's
// program has answered that the flag survives a power cut.

import { ApiFault, ask, reasonOf } from "../kit/api.js";
import type { LonLat } from "./pointed_places.js";
import type { FlagPressed, FlagStored } from "./shapes.js";

/** Nobody waits longer for an answer; after that it is not known whether the flag was stored. */
const ANSWER_WITHIN_MS = 10_000;
const WITHDRAW_WITHIN_MS = 10_000;
const MOST_KEPT = 50;
export const UNCLASSIFIED = "unclassified";

/** Where a flag stands between the key and the disk. */
export type FlagPhase = "storing" | "stored" | "refused" | "unknown";

/** One flag pressed on this page. */
export interface OwnFlag {
  readonly camera: string;
  readonly pressedAt: number;
  readonly lookBackS: number;
  /** The place it was pressed with; null: the room decides. */
  readonly place: LonLat | null;
  phase: FlagPhase;
  alertId: string;
  category: string;
  /** The words added last, and the length of the voice note; empty and 0: none from this page. */
  note: string;
  voiceMs: number;
  withdrawn: boolean;
  /** Why it was not stored, or why the last change of it was not. */
  fault: string;
}

/** The flags pressed on this page, the newest first. */
export class FlagBook {
  flags: OwnFlag[] = [];
  #answered: Promise<void> = Promise.resolve();

  /** `changed` is called whenever what is to be shown has changed. */
  constructor(private readonly changed: () => void) {}

  /** Store a flag on a camera, at a place that was pointed for it. */
  press(camera: string, operator: string, lookBackS: number, place?: LonLat): Promise<void> {
    this.#answered = this.#store(camera, operator, lookBackS, place);
    return this.#answered;
  }

  async #store(camera: string, operator: string, lookBackS: number, place?: LonLat): Promise<void> {
    const flag: OwnFlag = {
      camera, pressedAt: Date.now(), lookBackS, place: place ?? null, phase: "storing", alertId: "", category: UNCLASSIFIED,
      note: "", voiceMs: 0, withdrawn: false, fault: "",
    };
    this.flags = [flag, ...this.flags].slice(0, MOST_KEPT);
    this.changed();
    const body: Pick<FlagPressed, "camera" | "category" | "operator" | "look_back_s"> & Partial<Pick<FlagPressed, "place">> = {
      camera, category: UNCLASSIFIED, operator, look_back_s: lookBackS,
      ...(place === undefined ? {} : { place: { lon: place[0], lat: place[1] } }),
    };
    try {
      const stored = await ask<FlagStored>("/flags", body, ANSWER_WITHIN_MS);
      flag.alertId = stored.alert_id;
      flag.phase = "stored";
    } catch (fault) {
      // An answer says that nothing was stored; silence says nothing.
      flag.phase = fault instanceof ApiFault ? "refused" : "unknown";
      flag.fault = reasonOf(fault);
    }
    this.changed();
  }

  /** Give the newest flag that is stored its kind. */
  async classify(category: string, operator: string): Promise<void> {
    const flag = await this.newestStored();
    if (flag === undefined) return;
    await this.#change(flag, `/flags/${flag.alertId}/classify`, { category, operator }, () => {
      flag.category = category;
    });
  }

  /** Take the newest flag back, while that is possible with one key. */
  async withdraw(operator: string): Promise<void> {
    const flag = await this.newestStored();
    if (flag === undefined || !this.mayWithdraw(flag)) return;
    await this.#change(flag, `/flags/${flag.alertId}/withdraw`, { operator }, () => {
      flag.withdrawn = true;
    });
  }

  /** Tell whether a flag may be taken back with one key. */
  mayWithdraw(flag: OwnFlag): boolean {
    return flag.phase === "stored" && !flag.withdrawn && Date.now() - flag.pressedAt <= WITHDRAW_WITHIN_MS;
  }

  /** Note that words were stored. */
  noted(alertId: string, note: string): void {
    for (const flag of this.flags) if (flag.alertId === alertId) flag.note = note;
  }

  /** Note that a voice note was stored. */
  spoken(alertId: string, voiceMs: number): void {
    for (const flag of this.flags) if (flag.alertId === alertId) flag.voiceMs = voiceMs;
  }

  /** The flag pressed last, once its answer is there: a quick hand gives the kind before. */
  async newestStored(): Promise<OwnFlag | undefined> {
    const flag = this.flags[0];
    await this.#answered;
    return flag !== undefined && flag.phase === "stored" && !flag.withdrawn ? flag : undefined;
  }

  async #change(flag: OwnFlag, path: string, body: object, done: () => void): Promise<void> {
    flag.fault = "";
    try {
      await ask(path, body, ANSWER_WITHIN_MS);
      done();
    } catch (fault) {
      flag.fault = reasonOf(fault);
    }
    this.changed();
  }
}

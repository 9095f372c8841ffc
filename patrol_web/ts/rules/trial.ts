// A draft on trial: checked after every change, judged by the live tracks, compared over the last hour.

import { ApiFault, reasonOf } from "../kit/api.js";
import type { PreviewState } from "./preview_list.js";
import type { Checked, Draft, Preview, PreviewBegun, Problem, WhatIf } from "./shapes.js";
import { askAs, isSignedOff } from "./technician.js";

const QUIET_MS = 400;
const LOOK_MS = 500;
const WITHIN_MS = 8000;
const NOT_FOUND = 404;

/** One camera's draft; `changed` is called after whatever was learnt, `signedOff` when a session is over. */
export class Trial {
  /** True until the program has said what it makes of the newest draft. */
  pending = true;
  problems: Problem[] = [];
  masksRemoved = 0;
  preview: Preview | null = null;
  phase: PreviewState = "off";
  run: WhatIf | null = null;
  said = "";
  #draft: Draft | null = null;
  #asTechnician = false;
  #number = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: ReturnType<typeof setTimeout> | undefined;
  #comparing: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly camera: string,
    private readonly changed: () => void,
    private readonly signedOff: () => void,
  ) {}

  /** Try a draft from now on; `asTechnician` judges live tracks too. */
  use(draft: Draft, asTechnician: boolean): void {
    this.#draft = draft;
    this.#asTechnician = asTechnician;
    this.#number += 1;
    this.pending = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#check(), QUIET_MS);
  }

  /** End for good. */
  stop(): void {
    this.#number += 1;
    for (const timer of [this.#timer, this.#looking, this.#comparing]) clearTimeout(timer);
  }

  async #check(): Promise<void> {
    const number = this.#number;
    try {
      const found = await askAs<Checked>(`/drawings/${this.camera}/check`, { drawing: this.#draft }, WITHIN_MS);
      if (number !== this.#number) return;
      this.pending = false;
      this.problems = found.problems;
      this.masksRemoved = found.masks_removed;
      this.changed();
      if (!this.#asTechnician) this.#show("off");
      else if (found.problems.length === 0) await this.#begin(number);
    } catch {
      if (number === this.#number) this.#again(number);
    }
  }

  async #begin(number: number): Promise<void> {
    try {
      const begun = await askAs<PreviewBegun>(`/drawings/${this.camera}/preview`, { drawing: this.#draft }, WITHIN_MS);
      if (number !== this.#number || begun.preview_id === null) return;
      if (this.phase !== "live") this.#show("waiting");
      this.#look(begun.preview_id, number);
    } catch (fault) {
      if (number !== this.#number) return;
      if (isSignedOff(fault)) this.signedOff();
      else this.#again(number);
    }
  }

  #look(id: string, number: number): void {
    clearTimeout(this.#looking);
    this.#looking = setTimeout(() => void this.#ask(id, number), LOOK_MS);
  }

  async #ask(id: string, number: number): Promise<void> {
    try {
      const preview = await askAs<Preview>(`/previews/${id}`, undefined, WITHIN_MS);
      if (number !== this.#number) return;
      this.preview = preview;
      this.#show("live");
      this.#look(id, number);
    } catch (fault) {
      if (number !== this.#number) return;
      if (isSignedOff(fault)) this.signedOff();
      else if (fault instanceof ApiFault && fault.httpCode === NOT_FOUND) await this.#begin(number);
      else this.#again(number);
    }
  }

  /** Say that nothing is heard, and try again. */
  #again(number: number): void {
    this.preview = null;
    if (this.#asTechnician) this.#show("lost");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (number === this.#number) void this.#check();
    }, 4 * LOOK_MS);
  }

  #show(phase: PreviewState): void {
    this.phase = phase;
    if (phase === "off") this.preview = null;
    this.changed();
  }

  /** Compare the last hour under what is in force and under the draft. */
  async compare(): Promise<void> {
    clearTimeout(this.#comparing);
    this.said = "";
    this.run = null;
    await this.#told(askAs<WhatIf>(`/drawings/${this.camera}/what-if`, { drawing: this.#draft }));
  }

  /** End a comparison. */
  async cancel(): Promise<void> {
    const id = this.run?.run_id;
    clearTimeout(this.#comparing);
    if (id !== null && id !== undefined) await this.#told(askAs<WhatIf>(`/what-ifs/${id}/cancel`, {}));
  }

  async #told(asked: Promise<WhatIf>): Promise<void> {
    try {
      this.run = await asked;
      this.said = "";
      if (this.run.problems.length > 0) this.problems = this.run.problems;
    } catch (fault) {
      if (isSignedOff(fault)) this.signedOff();
      this.said = reasonOf(fault);
      // A comparison that cannot be asked for any more must not look as if it went on.
      if (this.run?.state === "running") this.run = { ...this.run, state: "failed", fault: this.said };
    }
    this.changed();
    const id = this.run?.run_id;
    if (this.run?.state === "running" && id !== null && id !== undefined) {
      this.#comparing = setTimeout(() => void this.#told(askAs<WhatIf>(`/what-ifs/${id}`)), LOOK_MS);
    }
  }
}

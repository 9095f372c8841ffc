// What an operator adds to a flag that is stored: words, a voice note. Both are optional and neither holds up a flag.

import { ask, reasonOf, send } from "../kit/api.js";
import { t } from "../kit/texts.js";
import type { FlagBook } from "./flag_book.js";
import { type VoicePhase, VoiceRecorder } from "./voice_recorder.js";

const ANSWER_WITHIN_MS = 10_000;
const SEND_WITHIN_MS = 30_000;

/** What is shown of it. */
export interface RemarksView {
  /** The flag that is written or spoken about; empty: none. */
  writingOn: string;
  draft: string;
  said: string;
  failed: boolean;
  voiceOn: string;
  voice: VoicePhase;
  voiceSeconds: number;
  voiceFault: string;
  mayRetry: boolean;
}

/** One per page. */
export class FlagRemarks {
  readonly #voice: VoiceRecorder;
  #writingOn = "";
  #draft = "";
  #said = "";
  #saidOf = "";
  #failed = false;

  constructor(
    private readonly book: FlagBook,
    private readonly operator: () => string,
    private readonly changed: () => void,
  ) {
    this.#voice = new VoiceRecorder(changed, (alertId, note) => this.#keepVoice(alertId, note));
  }

  /** Return what is to be shown. */
  view(): RemarksView {
    const { phase, alertId, seconds, fault, mayRetry } = this.#voice;
    return {
      writingOn: this.#writingOn, draft: this.#draft, said: this.#said, failed: this.#failed,
      voiceOn: phase === "idle" ? "" : alertId, voice: phase, voiceSeconds: seconds, voiceFault: fault, mayRetry,
    };
  }

  /** Begin a voice note on the newest flag, or stop the one that runs and store it. */
  async speak(): Promise<void> {
    if (this.#voice.phase === "sending") return;
    if (["asking", "recording"].includes(this.#voice.phase)) {
      this.#voice.stop();
      return;
    }
    const flag = await this.book.newestStored();
    if (flag !== undefined) await this.#voice.begin(flag.alertId);
  }

  /** Throw away what was said. */
  discard(): void {
    this.#voice.discard();
  }

  /** Store a voice note again after that failed. */
  retry(): void {
    void this.#voice.retry();
  }

  /** Open the field for words on the newest flag. */
  async write(): Promise<void> {
    const flag = await this.book.newestStored();
    if (flag === undefined) return;
    this.#writingOn = flag.alertId;
    this.#draft = flag.note;
    this.#said = "";
    this.changed();
  }

  /** Keep what is typed: the list may be drawn anew under it. */
  typed(text: string): void {
    this.#draft = text;
  }

  /** Close the field; what was typed is gone. */
  stopWriting(): void {
    this.#writingOn = "";
    this.changed();
  }

  /** Store the words; the field stays open when that fails. */
  async store(): Promise<void> {
    const [alertId, note] = [this.#writingOn, this.#draft.trim()];
    if (note === "") return this.stopWriting();
    try {
      await ask(`/flags/${alertId}/note`, { operator: this.operator(), note }, ANSWER_WITHIN_MS);
      this.book.noted(alertId, note);
      if (this.#writingOn === alertId) this.#writingOn = "";
      this.#tell(alertId, t("flag.note_stored"), false);
    } catch (fault) {
      this.#tell(alertId, t("flag.note_failed", { reason: reasonOf(fault) }), true);
    }
  }

  /** Return what became of the last words, for the flag they belong to. */
  saidOf(alertId: string): string {
    return this.#saidOf === alertId ? this.#said : "";
  }

  async #keepVoice(alertId: string, note: Blob): Promise<void> {
    const kept = await send<{ duration_ms: number }>(`/flags/${alertId}/voice`, note, SEND_WITHIN_MS);
    this.book.spoken(alertId, kept.duration_ms);
  }

  #tell(alertId: string, said: string, failed: boolean): void {
    this.#saidOf = alertId;
    this.#said = said;
    this.#failed = failed;
    this.changed();
  }
}

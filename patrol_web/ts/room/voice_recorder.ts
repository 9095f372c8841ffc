// A voice note, recorded in this page: at most a minute, kept until the room has stored it, and nothing waits for it.

import { reasonOf } from "../kit/api.js";
import { t } from "../kit/texts.js";

const LONGEST_MS = 60_000;
const BITS_PER_SECOND = 24_000;
const TYPE = "audio/webm;codecs=opus";
/** Why a browser gives no microphone (DOMException names), in our words. */
const WHY: Record<string, string> = { NotAllowedError: "denied", NotFoundError: "missing", NotReadableError: "busy" };

/** Where the note stands. */
export type VoicePhase = "idle" | "asking" | "recording" | "sending" | "stored" | "failed";

/** One note at a time; `keep` stores it and throws when it was not stored. */
export class VoiceRecorder {
  phase: VoicePhase = "idle";
  /** The flag it belongs to. */
  alertId = "";
  fault = "";
  #began = 0;
  #recorder: MediaRecorder | null = null;
  #end: ReturnType<typeof setTimeout> | undefined;
  #unsent: Blob | null = null;

  constructor(
    private readonly changed: () => void,
    private readonly keep: (alertId: string, note: Blob) => Promise<void>,
  ) {}

  /** Seconds recorded so far. */
  get seconds(): number {
    return this.phase === "recording" ? Math.floor((Date.now() - this.#began) / 1000) : 0;
  }

  /** True when a note could not be stored and is still here. */
  get mayRetry(): boolean {
    return this.phase === "failed" && this.#unsent !== null;
  }

  /** Begin a note on a flag. */
  async begin(alertId: string): Promise<void> {
    this.alertId = alertId;
    this.#unsent = null;
    const why = unable();
    if (why !== "") return this.#fail(t(`voice.${why}`));
    this.#set("asking");
    let microphone: MediaStream;
    try {
      microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch (refusal) {
      return this.#fail(t(`voice.${WHY[(refusal as DOMException).name] ?? "broken"}`));
    }
    if (this.phase !== "asking") return silence(microphone);
    this.#record(microphone);
  }

  /** Stop and store what was said. */
  stop(): void {
    if (this.phase === "asking") this.discard();
    else this.#recorder?.stop();
  }

  /** Throw it away. */
  discard(): void {
    const recorder = this.#recorder;
    this.#forget();
    this.#unsent = null;
    if (recorder !== null) {
      recorder.ondataavailable = null;
      recorder.stop();
      silence(recorder.stream);
    }
    this.#set("idle");
  }

  /** Store it again after that failed. */
  async retry(): Promise<void> {
    if (this.#unsent !== null) await this.#store(this.#unsent);
  }

  #record(microphone: MediaStream): void {
    const recorder = new MediaRecorder(microphone, { mimeType: TYPE, audioBitsPerSecond: BITS_PER_SECOND });
    // Without a time slice all that was said comes as one piece, after the stop: also when the microphone is pulled out.
    recorder.ondataavailable = ({ data }) => {
      silence(microphone);
      this.#forget();
      void this.#store(new Blob([data], { type: TYPE }));
    };
    recorder.onerror = () => {
      this.discard();
      this.#fail(t("voice.broken"));
    };
    this.#recorder = recorder;
    this.#began = Date.now();
    recorder.start();
    this.#end = setTimeout(() => this.stop(), LONGEST_MS);
    this.#set("recording");
  }

  async #store(note: Blob): Promise<void> {
    this.#unsent = note;
    this.#set("sending");
    try {
      await this.keep(this.alertId, note);
    } catch (fault) {
      return this.#fail(t("voice.not_stored", { reason: reasonOf(fault) }));
    }
    this.#unsent = null;
    this.#set("stored");
  }

  #forget(): void {
    clearTimeout(this.#end);
    this.#recorder = null;
  }

  #fail(fault: string): void {
    this.fault = fault;
    this.#set("failed");
  }

  #set(phase: VoicePhase): void {
    this.phase = phase;
    if (phase !== "failed") this.fault = "";
    this.changed();
  }
}

/** Return why this browser cannot record; empty when it can. */
function unable(): string {
  if (!window.isSecureContext) return "insecure";
  if (navigator.mediaDevices === undefined || typeof MediaRecorder === "undefined") return "unsupported";
  return MediaRecorder.isTypeSupported(TYPE) ? "" : "unsupported";
}

function silence(microphone: MediaStream): void {
  for (const track of microphone.getTracks()) track.stop();
}

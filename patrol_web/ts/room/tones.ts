// Tones of the room's pages, made here (no files): one for a new suggestion, one for what is grave. Volume and off are kept
// on this machine. A browser lets no page sound before a key or a click: until then this says so.

const KEPT = "patrol.room.sound";
const USUAL_VOLUME = 40;
/** Tones of one burst are one: the ear learns nothing from the second. */
const REST_MS = 1500;
const ATTACK_S = 0.01;
const NOTE_S = 0.16;

/** What a tone is for. */
export type Tone = "suggestion" | "grave";

/** Notes in hertz, one after the other: a friendly third upwards; three that insist. */
const NOTES: Record<Tone, readonly number[]> = { suggestion: [587, 740], grave: [880, 660, 880] };

/** Whether a tone would be heard now. */
export type SoundState = "on" | "off" | "blocked" | "unable";

/** One per page; `changed` is called when what is to be shown has changed. */
export class Tones {
  volume = USUAL_VOLUME;
  enabled = true;
  /** The last tone, for those who do not hear it; empty: none. */
  last: Tone | "" = "";
  #context: AudioContext | null = null;
  #playedAt = -REST_MS;

  constructor(private readonly changed: () => void) {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}") as { volume?: number; enabled?: boolean };
    this.volume = kept.volume ?? USUAL_VOLUME;
    this.enabled = kept.enabled ?? true;
  }

  /** Ask the browser for sound, and again with every key and click until it gives it. */
  start(): void {
    if (typeof AudioContext === "undefined") return;
    const context = new AudioContext();
    this.#context = context;
    context.addEventListener("statechange", () => this.changed());
    const resume = (): void => {
      if (context.state === "suspended") void context.resume();
    };
    for (const sign of ["keydown", "pointerdown"]) document.addEventListener(sign, resume, { capture: true });
  }

  /** Whether a tone would be heard. */
  get state(): SoundState {
    if (this.#context === null) return "unable";
    if (!this.enabled || this.volume === 0) return "off";
    return this.#context.state === "running" ? "on" : "blocked";
  }

  /** Switch on or off. */
  toggle(): void {
    this.enabled = !this.enabled;
    this.#keep();
    if (this.enabled) this.play("suggestion", true);
  }

  /** Set the volume, 0-100. */
  louder(volume: number): void {
    this.volume = volume;
    this.#keep();
  }

  /** Sound, unless something has just sounded; what is grave sounds over what is not. */
  play(tone: Tone, asked = false): void {
    const now = performance.now();
    const resting = now - this.#playedAt < REST_MS && !(tone === "grave" && this.last !== "grave");
    if (resting && !asked) return;
    this.#playedAt = now;
    this.last = tone;
    if (this.state === "on") this.#sound(NOTES[tone]);
    this.changed();
  }

  #sound(notes: readonly number[]): void {
    const context = this.#context;
    if (context === null) return;
    // The ear hears loudness by its square; a note begins and ends softly, else it clicks.
    const loudness = (this.volume / 100) ** 2;
    notes.forEach((hertz, position) => {
      const [oscillator, gain] = [context.createOscillator(), context.createGain()];
      const from = context.currentTime + position * NOTE_S;
      oscillator.frequency.value = hertz;
      gain.gain.setValueAtTime(0, from);
      gain.gain.linearRampToValueAtTime(loudness, from + ATTACK_S);
      gain.gain.linearRampToValueAtTime(0, from + NOTE_S);
      oscillator.connect(gain).connect(context.destination);
      oscillator.start(from);
      oscillator.stop(from + NOTE_S);
    });
  }

  #keep(): void {
    localStorage.setItem(KEPT, JSON.stringify({ volume: this.volume, enabled: this.enabled }));
    this.changed();
  }
}

// The watch of the room as this desk knows it: who has signed on here, who hands over, what is open, when a rest is due.
// Every act is durable in the room's log before it is said.

import { ask, reasonOf } from "../kit/api.js";
import { t } from "../kit/texts.js";
import type { LineStored, Shift, Watch } from "./shapes.js";

const OPERATOR_KEY = "patrol.operator";
/** Whose flags they are while nobody has signed on: a flag waits for nobody. */
const NAMELESS = "operator";
const ANSWER_WITHIN_MS = 10_000;
const READ_EVERY_MS = 5_000;
const REST_LATER_MS = 10 * 60_000;
const HANDING_OVER = "handing_over";

/** One per page; `changed` is called whenever what is to be shown has changed. */
export class WatchBook {
  watch: Watch | null = null;
  /** What became of the last act; empty: nothing to say. */
  said = "";
  failed = false;
  /** Why the watch could not be read; empty while it can. */
  fault = "";
  /** The figures of the shift that ended here last. */
  ended: Record<string, number> | null = null;
  #name = localStorage.getItem(OPERATOR_KEY) ?? "";
  #reads = 0;
  #lastRead = 0;
  #acting = false;
  #restLaterUntil = 0;

  constructor(private readonly changed: () => void) {}

  /** Who flags and judges at this desk. */
  get operator(): string {
    return this.#name === "" ? NAMELESS : this.#name;
  }

  /** The shift of whoever has signed on at this desk. */
  get shift(): Shift | null {
    return this.watch?.on_watch.find((one) => one.operator === this.#name) ?? null;
  }

  /** The shift that somebody else wants to be relieved of. */
  get offered(): Shift | null {
    const found = this.watch?.on_watch.find((one) => one.state === HANDING_OVER && one.operator !== this.#name);
    return found ?? null;
  }

  /** Tell whether a rest is due and was not put off. */
  restDue(roomNow: number): boolean {
    const due = this.shift?.rest_due_at ?? null;
    return due !== null && roomNow >= Math.max(Date.parse(due), this.#restLaterUntil);
  }

  /** Read the watch when the last reading is old; the page's clock calls this while the room's program is heard. */
  tick(): void {
    if (Date.now() - this.#lastRead >= READ_EVERY_MS) void this.read();
  }

  /** Read the watch now. */
  async read(): Promise<void> {
    const mine = ++this.#reads;
    this.#lastRead = Date.now();
    try {
      const found = await ask<Watch>("/watch", undefined, ANSWER_WITHIN_MS);
      if (mine !== this.#reads) return;
      this.watch = found;
      this.fault = "";
      if (this.#name !== "" && this.shift === null) {
        this.say(t("watch.ended_elsewhere", { operator: this.#name }));
        this.#keep("");
      }
    } catch (fault) {
      if (mine === this.#reads) this.fault = reasonOf(fault);
    }
    this.changed();
  }

  /** Begin a shift at this desk; one that has begun already goes on here. */
  async signOn(operator: string): Promise<boolean> {
    const known = this.watch?.on_watch.some((one) => one.operator === operator) ?? false;
    const stored = known || (await this.act("/sign-on", { operator })) !== null;
    if (!stored) return false;
    this.ended = null;
    this.#keep(operator);
    await this.read();
    this.say(t(known ? "watch.resumed" : "watch.signed_on", { operator }));
    return true;
  }

  /** Relieve whoever offers a hand-over; whoever has signed on here does, or `operator`, who signs on for it. */
  async takeOver(leaving: Shift, operator = this.#name): Promise<boolean> {
    if (operator !== this.#name && !(await this.signOn(operator))) return false;
    const count = this.watch?.open_matters.length ?? 0;
    const done = await this.act("/hand-over/take", { operator, leaving: leaving.operator });
    if (done === null) return false;
    await this.read();
    this.say(t("watch.taken_over", { leaving: leaving.operator, operator, count }));
    return true;
  }

  /** Offer what is open to whoever comes. */
  offer(note: string): Promise<void> {
    return this.#own("/hand-over", t("watch.offered"), note);
  }

  /** Stay on watch after all. */
  withdrawOffer(): Promise<void> {
    return this.#own("/hand-over/withdraw", t("watch.offer_withdrawn"));
  }

  /** Say that the operator has rested. */
  rested(): Promise<void> {
    return this.#own("/rested", t("watch.rested"));
  }

  /** Be reminded again later. */
  restLater(roomNow: number): void {
    this.#restLaterUntil = roomNow + REST_LATER_MS;
    this.changed();
  }

  /** End the shift of this desk and keep its figures in view. */
  async signOff(): Promise<void> {
    if (this.shift === null) return;
    const done = await this.act("/sign-off", { operator: this.#name });
    if (done === null) return;
    this.ended = done.figures;
    const operator = this.#name;
    this.#keep("");
    await this.read();
    this.say(t("watch.signed_off", { operator }));
  }

  /** Ask something of the watch; null when it was not done, and said why. One at a time: a second press is the first. */
  async act<Answer = LineStored>(path: string, body: object): Promise<Answer | null> {
    if (this.#acting) return null;
    this.#acting = true;
    try {
      return await ask<Answer>(`/watch${path}`, body, ANSWER_WITHIN_MS);
    } catch (fault) {
      this.say(t("watch.failed", { reason: reasonOf(fault) }), true);
      return null;
    } finally {
      this.#acting = false;
      // A reading that began before shows what was before.
      ++this.#reads;
    }
  }

  /** Tell the operator what became of an act. */
  say(text: string, failed = false): void {
    this.said = text;
    this.failed = failed;
    this.changed();
  }

  async #own(path: string, done: string, note = ""): Promise<void> {
    if (this.shift === null) return;
    if ((await this.act(path, { operator: this.#name, note })) === null) return;
    await this.read();
    this.say(done);
  }

  #keep(operator: string): void {
    this.#name = operator;
    if (operator === "") localStorage.removeItem(OPERATOR_KEY);
    else localStorage.setItem(OPERATOR_KEY, operator);
  }
}

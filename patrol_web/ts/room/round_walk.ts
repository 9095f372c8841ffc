// The round of this desk's operator: the wall goes from camera to camera, and one key says "seen" of the spot.

import { reason } from "../kit/reasons.js";
import { listed, t, word } from "../kit/texts.js";
import { nextMissing, perCent, setOfPage } from "./round_plan.js";
import { setTitle } from "./set_title.js";
import type { Round, SeenAnswer } from "./shapes.js";
import type { TileWord } from "./tile_state.js";
import type { WatchBook } from "./watch_book.js";

/** What stands in the spot. */
export interface Spot {
  camera: string;
  word: TileWord;
  /** True while the picture is held or looked back at. */
  held: boolean;
}

/** What a round asks of the page. */
export interface RoundPage {
  spot(): Spot;
  /** The page of the wall that is shown. */
  pageName(): string;
  show(set: string, camera: string): void;
  title(camera: string): string;
  /** Why a camera gives no picture; empty while it does, as far as the page knows. */
  whyNot(camera: string): string;
  /** Whether this operator has flagged anything since then. */
  flaggedSince(began: Date): boolean;
}

/** Nobody can say "seen" of these; `loading` is waited for, the others are passed by. */
const NOT_SEEN: readonly TileWord[] = ["stalled", "reconnecting", "off"];

/** One per page. */
export class RoundWalk {
  #ending = false;
  readonly #passed = new Set<string>();
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly book: WatchBook,
    private readonly page: RoundPage,
  ) {}

  /** The operator's round under way, as the room's program keeps it. */
  get round(): Round | null {
    const mine = this.book.shift?.operator;
    return this.book.watch?.rounds.findLast((one) => one.operator === mine) ?? null;
  }

  /** Whether the operator is asked if the round ends with its gaps. */
  get ending(): boolean {
    return this.#ending && this.round !== null;
  }

  /** Whether this operator has flagged anything in the round. */
  get reported(): boolean {
    const { round } = this;
    return round !== null && this.page.flaggedSince(new Date(round.began_at));
  }

  /** What a round is called. */
  setTitle(round: Round): string {
    const known = this.book.watch?.sets.find((one) => one.name === round.camera_set);
    return setTitle({ name: round.camera_set, title: known?.title ?? "" });
  }

  /** Begin a round through the set that is shown; with one under way, ask whether it ends, then end it. */
  turn(): void {
    this.#after(() => this.#turn());
  }

  /** Say "seen" of the spot. A picture that is not there yet is waited for: nobody attests what they have not seen. */
  see(): void {
    const meant = this.page.spot().camera;
    this.#after(() => this.#see(meant));
  }

  /** Go on with a round that was about to end with gaps: with the spot, if that is one of them and can be seen now. */
  goOn(): void {
    const { round } = this;
    const { camera, word: state } = this.page.spot();
    this.#ending = false;
    this.#passed.clear();
    this.book.say("");
    if (round === null || (round.missed.includes(camera) && !NOT_SEEN.includes(state))) return;
    this.#after(() => this.#next(round, camera));
  }

  /** A quick hand presses a key before the last one has its answer: one after another. */
  #after(step: () => Promise<void>): void {
    this.#last = this.#last.then(step);
  }

  async #turn(): Promise<void> {
    const { round } = this;
    if (round === null) await this.#begin();
    else if (this.#ending || round.missed.length === 0) await this.#finish(round);
    else {
      this.#ending = true;
      this.book.say("");
    }
  }

  async #begin(): Promise<void> {
    const { shift, watch } = this.book;
    if (shift === null) return this.book.say(t("round.sign_on_first"), true);
    const set = setOfPage(watch?.sets ?? [], this.page.pageName());
    if (set === undefined) return this.book.say(t("round.no_set"), true);
    const begun = await this.book.act<Round>("/rounds", { operator: shift.operator, camera_set: set.name });
    if (begun === null) return;
    this.#ending = false;
    this.#passed.clear();
    this.#keep(begun);
    this.book.say(t("round.begun", { set: setTitle(set) }));
    await this.#next(begun, "");
  }

  /** `meant` was the spot when the key was pressed: only what was seen then is attested. */
  async #see(meant: string): Promise<void> {
    const { round } = this;
    const { camera, word: state, held } = this.page.spot();
    if (camera !== meant) return;
    if (round === null) return this.book.say(t("round.none"), true);
    const name = { camera: this.page.title(camera) };
    if (held) return this.book.say(t("round.held", name), true);
    if (round.seen.includes(camera)) return this.#next(round, camera);
    if (!round.missed.includes(camera)) return this.book.say(t("round.other_camera", name), true);
    if (state === "loading") return this.book.say(t("round.loading", name), true);
    if (NOT_SEEN.includes(state)) {
      await this.#passBy(round, camera, t("round.gap", { ...name, reason: word("tile_word", state) }));
      return;
    }
    const body = { operator: round.operator, cameras: [camera] };
    const answer = await this.book.act<SeenAnswer>(`/rounds/${round.round_id}/seen`, body);
    if (answer === null) return;
    this.#keep(answer.round);
    const refused = answer.refused[0];
    if (refused !== undefined) {
      await this.#passBy(answer.round, camera, t("round.gap", { ...name, reason: this.page.whyNot(camera) || reason(refused.reason) }));
      return;
    }
    this.#passed.delete(camera);
    this.book.say(t("round.seen_one", name));
    await this.#next(answer.round, camera);
  }

  async #passBy(round: Round, camera: string, why: string): Promise<void> {
    this.#passed.add(camera);
    this.book.say(why, true);
    await this.#next(round, camera);
  }

  /** Bring the next camera; with none left the round is over, or only its gaps are left. */
  async #next(round: Round, after: string): Promise<void> {
    if (round.missed.length === 0) return this.#finish(round);
    const cameras = this.book.watch?.sets.find((one) => one.name === round.camera_set)?.cameras ?? round.missed;
    const next = nextMissing(cameras, round.missed, after, this.#passed);
    if (next === undefined) this.#ending = true;
    else this.page.show(round.camera_set, next);
  }

  async #finish(round: Round): Promise<void> {
    const body = { operator: round.operator, nothing_to_report: !this.reported };
    const done = await this.book.act(`/rounds/${round.round_id}/finish`, body);
    if (done === null) return;
    this.#ending = false;
    const values = { set: this.setTitle(round), percent: perCent(round.coverage) };
    const gaps = listed(round.missed.map((camera) => this.page.title(camera)));
    this.book.say(gaps === "" ? t("round.done", values) : t("round.done_with_gaps", { ...values, gaps }));
    await this.book.read();
  }

  /** Show the answer at once; the next reading brings the same. */
  #keep(round: Round): void {
    const { watch } = this.book;
    if (watch === null) return;
    watch.rounds = [...watch.rounds.filter((one) => one.round_id !== round.round_id), round];
  }
}

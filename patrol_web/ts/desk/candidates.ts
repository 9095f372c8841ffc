// Whom an incident can be sent to, by number and with the reason, and why others were passed over.

import type { components } from "../api/relay.js";
import { ask, reasonOf } from "../kit/api.js";
import { make, setText, showText } from "../kit/dom.js";
import { named, t, word } from "../kit/texts.js";
import { sentence } from "./sentences.js";

type List = components["schemas"]["CandidateList"];
export type Candidate = components["schemas"]["CandidateShape"];
type PassedOver = components["schemas"]["PassedOverShape"];

const NUMBERED = 5;
const PASSED_SHOWN = 30;

/** A number and the unit behind it; it keeps the number while the list is shown. */
interface Slot {
  candidate: Candidate;
  level: number;
  /** Why it cannot be asked now; empty: it can. */
  barred: string;
}

/** The numbered list of one incident. A number never changes its unit under the hand: only `forget` gives them anew. */
export class Candidates {
  readonly element = make("section", { class: "candidates" });
  #list = make("ol", {});
  #note = make("p", { class: "note" }, t("candidates.loading"));
  #passed = make("details", { class: "passed", hidden: true });
  #slots: Slot[] = [];
  #asked = 0;
  /** Done when what was asked last is shown. */
  ready: Promise<void> = Promise.resolve();

  /** `choose` is called when the person presses the button of a unit. */
  constructor(
    readonly incidentId: string,
    readonly choose: (candidate: Candidate) => void,
  ) {
    const renew = make("button", { type: "button", class: "plain" }, t("candidates.renew"));
    renew.addEventListener("click", () => {
      this.forget();
      this.read();
    });
    const told = make("p", { class: "quiet" }, t("candidates.told"));
    this.element.append(make("div", { class: "line" }, make("h4", {}, t("candidates.title")), renew));
    this.element.append(told, this.#note, this.#list, this.#passed);
  }

  /** Return the unit with this number if it can be asked now. */
  numbered(number: number): Candidate | undefined {
    const slot = this.#slots[number - 1];
    return slot?.barred === "" ? slot.candidate : undefined;
  }

  /** Put the focus on the first unit that can be asked; tell whether there is one. */
  focus(): boolean {
    const button = this.#list.querySelector<HTMLButtonElement>("button:not([aria-disabled])");
    button?.focus();
    return button !== null;
  }

  /** Forget the numbers: what is read next is ranked anew. */
  forget(): void {
    this.#slots = [];
    this.#list.replaceChildren();
    showText(this.#note, t("candidates.loading"));
  }

  /** Bar a unit from being sent, with the reason. */
  bar(unitId: string, why: string): void {
    for (const slot of this.#slots) if (slot.candidate.unit_id === unitId) slot.barred = why;
    this.#show();
  }

  /** Ask the relay who could be asked now. */
  read(): void {
    this.ready = this.#read();
  }

  async #read(): Promise<void> {
    this.#asked += 1;
    const mine = this.#asked;
    try {
      const found = await ask<List>(`/incidents/${this.incidentId}/candidates`);
      if (mine === this.#asked) this.#take(found);
    } catch (fault) {
      showText(this.#note, t("candidates.failed", { reason: reasonOf(fault) }));
    }
  }

  #take(found: List): void {
    const open = new Map<string, Slot>();
    const passed = new Map<string, PassedOver>();
    let more = 0;
    for (const { level, candidates, passed_over, passed_over_count } of found.levels) {
      for (const candidate of candidates) {
        if (!open.has(candidate.unit_id)) open.set(candidate.unit_id, { candidate, level, barred: "" });
      }
      for (const each of passed_over) if (!passed.has(each.unit_id)) passed.set(each.unit_id, each);
      more += passed_over_count - passed_over.length;
    }
    const kept = this.#slots.map((slot) => {
      const still = open.get(slot.candidate.unit_id);
      open.delete(slot.candidate.unit_id);
      if (still !== undefined) return still;
      const why = passed.get(slot.candidate.unit_id)?.reason;
      return { ...slot, barred: why === undefined ? t("candidates.not_now") : sentence(why) };
    });
    this.#slots = [...kept, ...open.values()].slice(0, NUMBERED);
    for (const slot of this.#slots) passed.delete(slot.candidate.unit_id);
    for (const { candidates } of found.levels) for (const { unit_id } of candidates) passed.delete(unit_id);
    this.#show();
    this.#showPassed([...passed.values()], more);
  }

  #show(): void {
    showText(this.#note, this.#slots.length === 0 ? t("candidates.none") : "");
    const had = this.#list.contains(document.activeElement) ? document.activeElement?.getAttribute("data-unit") : null;
    this.#list.replaceChildren(...this.#slots.map((slot, at) => make("li", {}, this.#button(slot, at + 1))));
    if (had) this.#list.querySelector<HTMLButtonElement>(`[data-unit="${CSS.escape(had)}"]`)?.focus();
  }

  #button({ candidate, level, barred }: Slot, number: number): HTMLButtonElement {
    const why = barred === "" ? sentence(candidate.reason) : barred;
    const button = make(
      "button",
      { type: "button", class: "candidate", "data-unit": candidate.unit_id, "aria-disabled": barred === "" ? null : "true" },
      make("kbd", {}, String(number)),
      make("strong", {}, named(candidate.unit)),
      make("span", { class: "chip" }, word("force", candidate.force)),
      make("span", { class: "chip" }, word("level", level)),
      make("span", { class: "why" }, why),
    );
    if (barred === "") button.addEventListener("click", () => this.choose(candidate));
    return button;
  }

  #showPassed(passed: PassedOver[], more: number): void {
    this.#passed.hidden = passed.length === 0;
    if (passed.length === 0) return;
    const shown = passed.slice(0, PASSED_SHOWN);
    const lines = shown.map((each) => make("li", {}, make("strong", {}, named(each.unit)), ` ${sentence(each.reason)}`));
    const rest = passed.length - shown.length + more;
    if (rest > 0) lines.push(make("li", { class: "quiet" }, t("candidates.more", { count: rest })));
    const summary = this.#passed.querySelector("summary") ?? make("summary");
    setText(summary, t("candidates.passed", { count: passed.length + more }));
    this.#passed.replaceChildren(summary, make("ul", {}, ...lines));
  }
}

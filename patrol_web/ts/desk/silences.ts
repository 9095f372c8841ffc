// The silences and maintenance windows that hold: by whom, why, over what, until when. Ended here.

import type { components } from "../api/relay.js";
import { ask, reasonOf } from "../kit/api.js";
import { byId, make, setText, showText } from "../kit/dom.js";
import { dateAndTime, named, roughAge, t, word } from "../kit/texts.js";
import { commandId, whyNot } from "./acts.js";
import { poll } from "./polling.js";
import type { Room } from "./relay.js";

type List = components["schemas"]["SilenceList"];
export type Silence = List["silences"][number];
/** What a silence covers: each field that is not empty must fit. */
export type Scope = Pick<Silence, "node" | "camera" | "area_id" | "category" | "rule">;

const EVERY_MS = 15_000;

/** The panel; `names` knows what rooms, areas and categories are called, `now` is the relay's clock. */
export class Silences {
  #list = byId("silences");
  #note = byId("silences-note");
  #said = byId("silences-said");
  /** Read them now. */
  readonly read: () => void;

  constructor(
    readonly actor: () => string | null,
    readonly names: Names,
    readonly now: () => number,
  ) {
    this.read = poll<List>("/silences", EVERY_MS, (found) => this.#take(found), (fault) => {
      showText(this.#note, t("silences.failed", { reason: reasonOf(fault) }));
    });
  }

  #take(found: List): void {
    const active = found.silences.filter((each) => each.active || this.#isPlanned(each));
    showText(this.#note, active.length === 0 ? t("silences.none") : "");
    const known = active.map((each) => each.silence_id + scopeInWords(each, this.names)).join();
    // A button under the hand stays: the lines are made anew only when other silences hold.
    if (this.#list.dataset["known"] !== known) {
      this.#list.dataset["known"] = known;
      this.#list.replaceChildren(...active.map((each) => this.#line(each)));
    }
    active.forEach((each, at) => {
      const place = this.#list.children[at]?.querySelector(".quiet");
      if (place) setText(place, this.#untilWhen(each));
    });
  }

  #isPlanned({ begins_at, ended_at }: Silence): boolean {
    return ended_at === null && Date.parse(begins_at) > this.now();
  }

  #untilWhen(silence: Silence): string {
    const { author, begins_at, ends_at } = silence;
    const ends = new Date(ends_at);
    if (this.#isPlanned(silence)) {
      return t("silences.planned", { author, begins: dateAndTime(new Date(begins_at)), ends: dateAndTime(ends) });
    }
    const left = roughAge(ends.getTime() - this.now());
    return t("silences.line", { author, time: dateAndTime(ends), left });
  }

  #line(silence: Silence): HTMLLIElement {
    const scope = scopeInWords(silence, this.names);
    const end = make("button", { type: "button", "aria-describedby": `scope-${silence.silence_id}` }, t("silences.end"));
    let sure = false;
    // Ending cannot be taken back, so it is pressed twice: the first press says what the second will do.
    end.addEventListener("click", () => {
      if (sure) return void this.#end(silence, end);
      sure = true;
      end.replaceChildren(t("silences.end_sure"));
      showText(this.#said, t("silences.end_told", { scope }));
    });
    end.addEventListener("blur", () => {
      sure = false;
      end.replaceChildren(t("silences.end"));
    });
    return make(
      "li",
      { class: "silence", "data-silence": silence.silence_id },
      make("div", { class: "line" }, make("span", { class: "chip" }, word("silence_kind", silence.kind)), make("strong", { id: `scope-${silence.silence_id}` }, scope)),
      make("p", {}, silence.reason),
      make("p", { class: "quiet" }),
      end,
    );
  }

  async #end(silence: Silence, button: HTMLButtonElement): Promise<void> {
    const actor = this.actor();
    if (actor === null) return;
    button.disabled = true;
    try {
      await ask(`/silences/${silence.silence_id}/end`, { actor, command_id: commandId() ?? null });
      showText(this.#said, t("silences.ended"));
      byId("silence-open").focus();
    } catch (fault) {
      showText(this.#said, whyNot(fault));
    } finally {
      button.disabled = false;
      this.read();
    }
  }
}

/** What things are called, as far as the page has heard of them. */
export class Names {
  rooms = new Map<string, string>();
  areas = new Map<string, string>();
  categories = new Map<string, string>();

  /** Take the rooms that were ever heard of. */
  takeRooms(rooms: Room[]): void {
    for (const room of rooms) this.rooms.set(room.node, named(room.title));
  }
}

/** Return a scope in words. */
export function scopeInWords(scope: Scope, names: Names): string {
  const found: string[] = [];
  if (scope.node) found.push(names.rooms.get(scope.node) ?? scope.node);
  if (scope.camera) found.push(t("entry.camera", { camera: scope.camera }));
  if (scope.area_id) found.push(names.areas.get(scope.area_id) ?? scope.area_id);
  if (scope.category) found.push(names.categories.get(scope.category) ?? word("category", scope.category));
  if (scope.rule) found.push(t("silences.rule", { rule: scope.rule }));
  return found.join(" · ");
}

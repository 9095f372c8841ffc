// Setting a silence or a maintenance window. What it would have covered is shown before it can be set.

import type { components } from "../api/relay.js";
import { ask, reasonOf } from "../kit/api.js";
import { byId, make, showText } from "../kit/dom.js";
import { inCity, t, word } from "../kit/texts.js";
import { commandId, whyNot } from "./acts.js";
import type { Incident } from "./relay.js";
import type { Names, Scope } from "./silences.js";

type Preview = components["schemas"]["SilencePreview"];
type Kind = components["schemas"]["SilenceAsked"]["kind"];

const SILENCE = "silence";
const MINUTES = { silence: [30, 60, 120, 240, 480, 1440], maintenance: [60, 240, 480, 1440, 4320, 10_080, 43_200] };
const HOUR = 60;
const DAY = 1440;
const WAIT_MS = 250;

/** The dialog. */
export class SilenceForm {
  #dialog = byId<HTMLDialogElement>("silence-dialog");
  #form = byId<HTMLFormElement>("silence-form");
  #node = byId<HTMLSelectElement>("silence-node");
  #camera = byId<HTMLInputElement>("silence-camera");
  #area = byId<HTMLSelectElement>("silence-area");
  #category = byId<HTMLSelectElement>("silence-category");
  #rule = byId<HTMLInputElement>("silence-rule");
  #kind = byId<HTMLSelectElement>("silence-kind");
  #begins = byId<HTMLInputElement>("silence-begins");
  #lasts = byId<HTMLSelectElement>("silence-lasts");
  #reason = byId<HTMLInputElement>("silence-reason");
  #preview = byId("silence-preview");
  #fault = byId("silence-fault");
  #set = byId<HTMLButtonElement>("silence-set");
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;

  /** `now` is the relay's clock; `done` is called when one was set. */
  constructor(
    readonly actor: () => string | null,
    readonly names: Names,
    readonly now: () => number,
    readonly done: () => void,
  ) {
    for (const field of [this.#node, this.#area, this.#category, this.#camera, this.#rule]) {
      field.addEventListener("input", () => this.#changed());
    }
    this.#kind.addEventListener("input", () => this.#showLasts());
    byId("silence-cancel").addEventListener("click", () => this.#dialog.close());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send();
    });
  }

  /** Open it, filled with where and what an incident is about. */
  open(incident?: Incident): void {
    if (this.actor() === null) return;
    fill(this.#node, this.names.rooms, incident?.node ?? "");
    fill(this.#area, this.names.areas, "");
    fill(this.#category, this.names.categories, incident?.category ?? "");
    this.#camera.value = incident?.camera ?? "";
    this.#rule.value = "";
    this.#reason.value = "";
    this.#kind.value = SILENCE;
    this.#begins.value = "";
    showText(this.#fault, "");
    this.#showLasts();
    this.#changed();
    this.#dialog.showModal();
    this.#node.focus();
  }

  #scope(): Scope {
    return {
      node: this.#node.value,
      camera: this.#camera.value.trim(),
      area_id: this.#area.value,
      category: this.#category.value,
      rule: this.#rule.value.trim(),
    };
  }

  #asked(): components["schemas"]["ScopeAsked"] {
    const { node, camera, area_id, category, rule } = this.#scope();
    return { node: node || null, camera, area_id: area_id || null, category: category || null, rule };
  }

  #showLasts(): void {
    const choices = this.#kind.value === SILENCE ? MINUTES.silence : MINUTES.maintenance;
    // A silence is for what rings now; only work that is planned begins later.
    for (const part of this.#form.querySelectorAll<HTMLElement>(".maintenance-only")) part.hidden = this.#kind.value === SILENCE;
    this.#lasts.replaceChildren(...choices.map((minutes) => make("option", { value: minutes }, lasting(minutes))));
  }

  /** The preview is of what stands there now, or there is none and nothing can be set. */
  #changed(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.#set.disabled = true;
    if (Object.values(this.#scope()).every((value) => value === "")) return showText(this.#preview, t("silence_form.whole_city"));
    showText(this.#preview, t("silence_form.previewing"));
    const mine = this.#turn;
    this.#timer = setTimeout(() => void this.#look(mine), WAIT_MS);
  }

  async #look(mine: number): Promise<void> {
    try {
      const found = await ask<Preview>("/silences/preview", this.#asked());
      if (mine !== this.#turn) return;
      showText(this.#preview, this.#inWords(found));
      this.#set.disabled = false;
    } catch (fault) {
      if (mine === this.#turn) showText(this.#preview, t("silence_form.no_preview", { reason: reasonOf(fault) }));
    }
  }

  #inWords(found: Preview): string {
    const kinds = Object.entries(found.by_category).map(
      ([category, count]) => `${this.names.categories.get(category) ?? word("category", category)} ${count}`,
    );
    const { alerts, critical, open_incidents: open } = found;
    return alerts === 0 ? t("silence_form.covers_none") : t("silence_form.covers", { alerts, critical, open, kinds: kinds.join(" · ") });
  }

  async #send(): Promise<void> {
    const actor = this.actor();
    if (actor === null || this.#set.disabled) return;
    this.#set.disabled = true;
    const kind = this.#kind.value as Kind;
    const planned = kind !== SILENCE && this.#begins.value !== "" ? inCity(this.#begins.value) : null;
    if (planned !== null && planned.getTime() < this.now()) {
      this.#set.disabled = false;
      return showText(this.#fault, t("silence_form.begins_past"));
    }
    const begins_at = planned?.toISOString() ?? null;
    const ends_at = new Date((planned?.getTime() ?? this.now()) + Number(this.#lasts.value) * 60_000).toISOString();
    try {
      const scope = this.#asked();
      await ask("/silences", { actor, reason: this.#reason.value.trim(), kind, scope, begins_at, ends_at, command_id: commandId() ?? null });
      this.#dialog.close();
      this.done();
    } catch (fault) {
      showText(this.#fault, whyNot(fault));
    } finally {
      this.#set.disabled = false;
    }
  }
}

function fill(select: HTMLSelectElement, names: Map<string, string>, chosen: string): void {
  const known = new Map(names);
  if (chosen !== "" && !known.has(chosen)) known.set(chosen, chosen);
  const options = [...known].map(([value, name]) => make("option", { value }, name));
  select.replaceChildren(make("option", { value: "" }, t("silence_form.any")), ...options);
  select.value = chosen;
}

function lasting(minutes: number): string {
  if (minutes < HOUR) return t("age.whole_minutes", { minutes });
  return minutes <= DAY ? t("age.whole_hours", { hours: minutes / HOUR }) : t("age.days", { days: minutes / DAY });
}

// What a person decides about one incident: send units, recall them, say what was found, merge, split, reopen.

import { make } from "../kit/dom.js";
import { named, t, timeOfDay, word } from "../kit/texts.js";
import { askIn, type Choice, type Question, type Reply } from "./act_form.js";
import { type Act, carryOut, type Desk } from "./acts.js";
import { type Candidate, Candidates } from "./candidates.js";
import type { Alert } from "./media.js";
import type { Incident } from "./relay.js";

const OPEN: string[] = ["new", "acknowledged", "dispatched", "on_scene"];
const WAITING: string[] = ["offered"];
const WORKING: string[] = ["accepted", "en_route", "on_scene"];
const OUTCOMES = ["confirmed", "nothing_found", "false_alarm"];
const SEVERITIES = ["critical", "high", "normal", "low"];
const CANCEL = "cancel";
const MERGE_SHOWN = 12;

/** What the panel needs of the row around it. */
export interface Around {
  incident: Incident;
  say(text: string, mood?: "plain" | "good" | "alarm"): void;
  focus(): void;
}

/** The panel of an unfolded incident. */
export class Decision {
  readonly element = make("section", { class: "decision" });
  #place = make("div", { class: "asking" });
  #buttons = make("div", { class: "line" });
  #candidates: Candidates;
  #busy = false;
  /** The incident that took this one's alerts, and which: what undoing the merge needs. */
  #merged: { into: string; alertIds: string[] } | undefined;
  /** The incident's alerts, as they are being read or were read last; the API names its first 200. */
  alerts: Promise<Alert[]> = Promise.resolve([]);

  constructor(
    readonly row: Around,
    readonly desk: Desk,
  ) {
    this.#candidates = new Candidates(row.incident.incident_id, (candidate) => void this.send(candidate));
    this.element.append(this.#candidates.element, make("h4", {}, t("decision.title")), this.#buttons, this.#place);
  }

  /** Begin anew: whoever unfolds an incident has not seen its numbers yet. */
  unfold(): void {
    this.#candidates.forget();
  }

  /** Show what can be done now. */
  update(): void {
    const open = this.#isOpen();
    this.#candidates.element.hidden = !open;
    if (open) this.#candidates.read();
    this.#showButtons();
  }

  /** Send the unit with this number. */
  choose(number: number): void {
    const candidate = this.#isOpen() ? this.#candidates.numbered(number) : undefined;
    if (candidate === undefined) this.row.say(t("candidates.no_such", { number }), "alarm");
    else void this.send(candidate);
  }

  /** Go to the list of units. */
  async toUnits(): Promise<void> {
    await this.#candidates.ready;
    if (!this.#isOpen() || !this.#candidates.focus()) this.row.say(t("candidates.none"), "alarm");
  }

  /** Send a unit: beside those at work, or instead of those that were asked and have not answered. */
  async send(candidate: Candidate): Promise<void> {
    const { dispatches } = this.row.incident;
    const waiting = dispatches.filter((each) => WAITING.includes(each.state));
    const beside = waiting.length === 0 && dispatches.some((each) => WORKING.includes(each.state));
    const unit = named(candidate.unit);
    const done = waiting.length > 0 ? t("done.offer_instead", { unit, count: waiting.length }) : t("done.offer", { unit });
    const sent = await this.#carryOut({ act: beside ? "reinforce" : "offer", unit_id: candidate.unit_id }, done);
    // At once, not when the feed says so: a second press must not ask the same unit anew.
    if (sent) this.#candidates.bar(candidate.unit_id, t("why.asked", { state: word("dispatch", "offered") }));
  }

  /** Ask which unit is recalled. */
  recall(): void {
    const units = this.row.incident.dispatches.filter((each) => [...WAITING, ...WORKING].includes(each.state));
    if (units.length === 0) return this.row.say(t("recall.nobody"), "alarm");
    const choices = units.map((each) => ({ value: each.dispatch_id, text: `${named(each.unit)} · ${word("dispatch", each.state)}` }));
    this.#ask(
      { title: t("recall.title"), told: t("recall.told"), choices, reason: t("recall.reason"), reasonNeeded: true, confirm: t("recall.confirm") },
      ({ values: [dispatch_id], reason }) => this.#carryOut({ act: "recall", dispatch_id: dispatch_id ?? null, reason }, t("done.recall")),
    );
  }

  /** Ask what was found; that closes the incident. */
  outcome(): void {
    if (!this.#isOpen() && this.row.incident.state !== "resolved") return this.row.say(t("outcome_form.finished"), "alarm");
    const choices = OUTCOMES.map((value) => ({ value, text: word("outcome", value) }));
    choices.push({ value: CANCEL, text: t("outcome_form.cancel") });
    const reason = t("outcome_form.reason");
    this.#ask(
      { title: t("outcome_form.title"), told: t("outcome_form.told"), choices, reason, reasonNeeded: true, confirm: t("outcome_form.confirm") },
      ({ values: [value], reason }) => {
        const expected_revision = this.row.incident.revision;
        if (value === CANCEL) return this.#carryOut({ act: "cancel", reason, expected_revision }, t("done.cancel"));
        const outcome = value as NonNullable<Incident["outcome"]>;
        return this.#carryOut({ act: "close", outcome, reason, expected_revision }, t("done.close", { outcome: word("outcome", outcome) }));
      },
    );
  }

  /** Ask into which other open incident this one goes. */
  merge(): void {
    if (this.row.incident.merged_into !== null) return this.row.say(t("refusal.merged"), "alarm");
    const others = this.desk.beside(this.row.incident.incident_id).slice(0, MERGE_SHOWN);
    if (others.length === 0) return this.row.say(t("merge.none"), "alarm");
    this.#ask(
      {
        title: t("merge.title"),
        told: t("merge.told"),
        choices: others.map(choiceOf),
        reason: t("merge.reason"),
        reasonNeeded: true,
        confirm: t("merge.confirm"),
      },
      async ({ values: [into], reason }) => {
        const moved = (await this.alerts).filter((alert) => alert.twin_of === null).map((alert) => alert.alert_id);
        const { revision, alert_count } = this.row.incident;
        // Undone as a whole or not at all: what is not named here cannot be split off again from here.
        const undoable = moved.length === alert_count;
        const said = t(undoable ? "done.merge" : "done.merge_large");
        const done = await this.#carryOut({ act: "merge", into: into ?? null, reason, expected_revision: revision }, said);
        if (done && into !== undefined && undoable) {
          this.#merged = { into, alertIds: moved };
          this.#showButtons();
        }
        return done;
      },
    );
  }

  /** Ask which alerts become an incident of their own. */
  async split(): Promise<void> {
    const alerts = (await this.alerts).filter((alert) => alert.twin_of === null);
    if (alerts.length < 2) return this.row.say(t("split.too_few"), "alarm");
    const choices = alerts.map((alert) => ({
      value: alert.alert_id,
      text: `${timeOfDay(new Date(alert.started_at))} · ${t("entry.camera", { camera: alert.camera })} · ${word("category", alert.category)}`,
    }));
    this.#ask(
      {
        title: t("split.title"),
        told: t("split.told"),
        choices,
        chosen: [],
        several: true,
        reason: t("split.reason"),
        reasonNeeded: true,
        confirm: t("split.confirm"),
      },
      ({ values, reason }) => this.#carryOut({ act: "split", alert_ids: values, reason }, t("done.split")),
    );
  }

  /** Ask what kind of incident it is, or how grave: of all kinds that the city has. */
  reclassify(): void {
    const { severity, category, merged_into } = this.row.incident;
    if (merged_into !== null) return this.row.say(t("refusal.merged"), "alarm");
    const choices = SEVERITIES.filter((each) => each !== severity).map((each) => ({
      value: `severity ${each}`,
      text: `${word("numeral", each)} ${word("severity", each)}`,
    }));
    const known = this.desk.choices;
    if (known === null) this.row.say(t("reclassify.no_kinds"), "alarm");
    for (const each of known?.categories ?? []) {
      if (each.category !== category) choices.push({ value: `category ${each.category}`, text: named(each.title) });
    }
    const [title, told, reason] = [t("reclassify.title"), t("reclassify.told"), t("reclassify.reason")];
    this.#ask({ title, told, choices, reason, reasonNeeded: true, confirm: t("reclassify.confirm") }, ({ values: [value], reason }) => {
      const [what, to] = (value ?? "").split(" ");
      const changed = what === "severity" ? { severity: to as Incident["severity"] } : { category: to ?? null };
      const expected_revision = this.row.incident.revision;
      return this.#carryOut({ act: "reclassify", ...changed, reason, expected_revision }, t("done.reclassify"));
    });
  }

  /** Ask in which area it lies: the counts go there. */
  move(): void {
    const { area_id, merged_into } = this.row.incident;
    if (merged_into !== null) return this.row.say(t("refusal.merged"), "alarm");
    const areas = this.desk.choices?.areas ?? [];
    if (areas.length === 0) return this.row.say(t("move.no_areas"), "alarm");
    const town = areas.find((each) => each.area_id === area_id)?.town;
    const inTown = (each: (typeof areas)[number]): number => Number(town == null || each.town?.zh !== town.zh);
    const others = areas.filter((each) => each.area_id !== area_id).sort((one, other) => inTown(one) - inTown(other));
    const choices = others.map((each) => ({ value: each.area_id, text: each.town ? `${named(each.town)} · ${named(each.title)}` : named(each.title) }));
    const [title, told, reason] = [t("move.title"), t("move.told"), t("reclassify.reason")];
    this.#ask({ title, told, choices, picked: true, reason, reasonNeeded: true, confirm: t("move.confirm") }, ({ values: [to], reason }) => {
      const expected_revision = this.row.incident.revision;
      return this.#carryOut({ act: "reclassify", area_id: to ?? null, reason, expected_revision }, t("done.move"));
    });
  }

  /** Open a finished incident again. */
  reopen(): void {
    void this.#carryOut({ act: "reopen" }, t("done.reopen"));
  }

  /** Take the last decision back: a merge that was made here, or that the incident is finished. */
  undo(): void {
    const merged = this.#merged;
    if (merged === undefined) {
      if (this.#isOpen() || this.row.incident.merged_into !== null) this.row.say(t("undo.nothing"), "alarm");
      else this.reopen();
      return;
    }
    const act: Act = { act: "split", alert_ids: merged.alertIds, reason: t("merge.undo_reason") };
    void this.#carryOut(act, t("done.split"), merged.into).then((done) => {
      if (!done) return;
      this.#merged = undefined;
      this.row.focus();
      this.#showButtons();
    });
  }

  #isOpen(): boolean {
    return OPEN.includes(this.row.incident.state);
  }

  #ask(question: Question, done: (reply: Reply) => Promise<boolean>): void {
    askIn(this.#place, question, done, () => this.row.focus());
  }

  async #carryOut(act: Act, done: string, incidentId = this.row.incident.incident_id): Promise<boolean> {
    const actor = this.desk.actor();
    if (actor === null || this.#busy) return false;
    this.#busy = true;
    this.row.say(t("act.sending"));
    const { carried, text } = await carryOut(incidentId, actor, act, done);
    this.row.say(text, carried ? "good" : "alarm");
    this.#busy = false;
    return carried;
  }

  #showButtons(): void {
    const { state, merged_into } = this.row.incident;
    const wanted: [string, string, () => void][] = [];
    if (this.#isOpen()) wanted.push([t("recall.open"), "R", () => this.recall()]);
    if (this.#isOpen() || state === "resolved") wanted.push([t("outcome_form.open"), "O", () => this.outcome()]);
    if (merged_into === null) {
      wanted.push([t("merge.open"), "M", () => this.merge()], [t("split.open"), "T", () => void this.split()]);
      wanted.push([t("reclassify.open"), "C", () => this.reclassify()], [t("move.open"), "V", () => this.move()]);
    }
    if (!this.#isOpen() && merged_into === null) wanted.push([t("decision.reopen"), "U", () => this.reopen()]);
    if (this.#merged !== undefined) wanted.push([t("merge.undo"), "U", () => this.undo()]);
    const names = wanted.map(([text]) => text).join();
    if (this.#buttons.dataset["shown"] === names) return;
    this.#buttons.dataset["shown"] = names;
    const made = wanted.map(([text, key, press]) => {
      const button = make("button", { type: "button" }, text, make("kbd", {}, key));
      button.addEventListener("click", press);
      return button;
    });
    this.#buttons.replaceChildren(...made);
  }
}

function choiceOf(other: Incident): Choice {
  const facts = [named(other.category_title), named(other.area), other.camera || named(other.room), timeOfDay(new Date(other.first_alert_at))];
  return { value: other.incident_id, text: [word("numeral", other.severity), ...facts, word("state", other.state)].join(" · ") };
}

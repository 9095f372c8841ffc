// One incident of the queue: its row, kept as one element for as long as the incident is shown.

import { make, setText, showText } from "../kit/dom.js";
import { age, dateAndTime, named, stepAfter, t, timeOfDay, word } from "../kit/texts.js";
import { carryOut, type Desk } from "./acts.js";
import { Decision } from "./decision.js";
import type { Incident } from "./relay.js";
import { fillTimeline } from "./timeline.js";

type Dispatch = Incident["dispatches"][number];

const STEPS = ["accepted", "en_route", "on_scene", "cleared"] as const;
const WORKING: string[] = ["accepted", "en_route", "on_scene"];
const OPEN: string[] = ["new", "acknowledged", "dispatched", "on_scene"];
const DISPATCHES_SHOWN = 4;
const AGEING_MS = 60_000;
const OLD_MS = 180_000;
const UNMAPPED = "unmapped";
// Whoever works on it first, then who was asked, then the rest.
const DISPATCH_ORDER: string[] = ["on_scene", "en_route", "accepted", "cleared", "offered", "timed_out", "declined", "recalled"];

/** A row; `element` goes into the list. */
export class Row {
  readonly parts = rowParts();
  readonly element: HTMLLIElement;
  #shownRevision = -1;
  #decision: Decision | undefined;

  constructor(
    public incident: Incident,
    readonly desk: Desk,
  ) {
    this.element = assembled(this.parts, incident);
    this.parts.acknowledge.addEventListener("click", () => void this.acknowledge());
    this.parts.fold.addEventListener("click", () => this.toggle());
    this.update(incident);
  }

  /** Show the incident as it is now. */
  update(incident: Incident): void {
    this.incident = incident;
    const { element, parts } = this;
    element.dataset["state"] = incident.state;
    element.dataset["severity"] = incident.severity;
    element.dataset["unowned"] = String(incident.state === "new");
    setText(parts.numeral, word("numeral", incident.severity));
    setText(parts.severity, word("severity", incident.severity));
    setText(parts.title, named(incident.category_title));
    setText(parts.state, word("state", incident.state));
    setText(parts.place, placeOf(incident));
    setText(parts.camera, cameraOf(incident));
    const flagged = incident.source === "flag";
    parts.source.dataset["source"] = incident.source;
    setText(parts.source, t(flagged ? "incident.flag" : "incident.machine"));
    parts.verified.dataset["verified"] = String(incident.verified);
    setText(parts.verified, t(incident.verified ? "incident.verified" : "incident.unverified"));
    showText(parts.alerts, incident.alert_count > 1 ? t("incident.alerts", { count: incident.alert_count }) : "");
    const open = OPEN.includes(incident.state);
    const owner = incident.owner ? t("incident.owner", { name: incident.owner }) : t("incident.unowned");
    showText(parts.owner, open || incident.owner ? owner : "");
    const level = incident.escalation_level;
    showText(parts.level, level > 0 ? t("incident.level", { level: word("level", level) }) : "");
    showText(parts.outcome, incident.outcome ? word("outcome", incident.outcome) : "");
    this.#showDispatches(incident);
    parts.acknowledge.hidden = !open || incident.owner !== "";
    this.#showTimeline();
  }

  /** Show how old it is; `now` is the relay's clock. */
  tick(now: number): void {
    const { parts, incident } = this;
    const open = OPEN.includes(incident.state);
    const until = open ? now : Date.parse(incident.updated_at);
    const old = until - Date.parse(incident.first_alert_at);
    setText(parts.age, age(old));
    const unanswered = incident.state === "new";
    parts.age.dataset["age"] = !unanswered || old < AGEING_MS ? "fresh" : old < OLD_MS ? "ageing" : "old";
  }

  /** Say what became of the act; an empty text clears it. */
  say(text: string, mood: "plain" | "good" | "alarm" = "plain"): void {
    this.parts.said.dataset["mood"] = mood;
    showText(this.parts.said, text);
  }

  /** Put the keyboard on this row. */
  focus(): void {
    this.element.focus();
  }

  /** Take the incident under the name of whoever acts. */
  async acknowledge(): Promise<void> {
    const actor = this.parts.acknowledge.hidden ? null : this.desk.actor();
    if (actor === null) return;
    this.say(t("act.sending"));
    this.parts.acknowledge.disabled = true;
    const { carried, text } = await carryOut(this.incident.incident_id, actor, { act: "acknowledge" }, t("act.done"));
    this.say(text, carried ? "good" : "alarm");
    this.parts.acknowledge.disabled = false;
  }

  /** Return what can be decided, unfolded so that it can be seen; `fresh` tells that it was folded until now. */
  decide(): { decision: Decision; fresh: boolean } {
    const fresh = this.parts.details.hidden;
    if (fresh) this.toggle();
    return { decision: this.#unfolded(), fresh };
  }

  /** Unfold what happened, or fold it away. */
  toggle(): void {
    const open = this.parts.details.hidden;
    this.parts.details.hidden = !open;
    this.parts.fold.setAttribute("aria-expanded", String(open));
    setText(this.parts.fold, t(open ? "incident.shut" : "incident.open"));
    this.#shownRevision = -1;
    if (open) this.#decision?.unfold();
    this.#showTimeline();
  }

  #showTimeline(): void {
    const { details, story } = this.parts;
    if (details.hidden || this.#shownRevision === this.incident.revision) return;
    this.#shownRevision = this.incident.revision;
    const decision = this.#unfolded();
    decision.update();
    decision.alerts = fillTimeline(story, this.incident.incident_id).then((alerts) => alerts ?? []);
  }

  #unfolded(): Decision {
    if (this.#decision === undefined) {
      this.#decision = new Decision(this, this.desk);
      this.parts.details.prepend(this.#decision.element);
    }
    return this.#decision;
  }

  #showDispatches(incident: Incident): void {
    const { units } = this.parts;
    const order = (dispatch: Dispatch): number => DISPATCH_ORDER.indexOf(dispatch.state);
    const sorted = [...incident.dispatches].sort((one, other) => order(one) - order(other));
    const shown = sorted.slice(0, DISPATCHES_SHOWN).map((dispatch) => dispatchLine(dispatch, incident));
    const more = sorted.length - shown.length;
    if (more > 0) shown.push(make("li", { class: "quiet" }, t("incident.more_units", { count: more })));
    if (sorted.length === 0) shown.push(make("li", { class: "quiet" }, t("incident.no_units")));
    units.replaceChildren(...shown);
  }
}

function rowParts() {
  return {
    numeral: make("span", { class: "numeral" }),
    severity: make("span", { class: "severity-word" }),
    title: make("h3", { class: "row-title" }),
    state: make("span", { class: "chip state" }),
    place: make("span", { class: "place" }),
    camera: make("span", { class: "quiet" }),
    source: make("span", { class: "chip source" }),
    verified: make("span", { class: "chip verified" }),
    alerts: make("span", { class: "quiet" }),
    owner: make("span", { class: "quiet" }),
    level: make("span", { class: "chip level" }),
    outcome: make("span", { class: "chip outcome" }),
    age: make("span", { class: "age", title: t("incident.age") }),
    first: make("time", { class: "quiet" }),
    units: make("ul", { class: "units" }),
    acknowledge: make("button", { type: "button", class: "act" }, t("act.acknowledge")),
    said: make("p", { class: "said", role: "status", hidden: true }),
    fold: make("button", { type: "button", class: "plain", "aria-expanded": "false" }, t("incident.open")),
    details: make("div", { class: "details", hidden: true }),
    story: make("div", { class: "story" }),
  };
}

function assembled(parts: ReturnType<typeof rowParts>, incident: Incident): HTMLLIElement {
  const first = new Date(incident.first_alert_at);
  parts.first.setAttribute("datetime", incident.first_alert_at);
  setText(parts.first, timeOfDay(first));
  parts.first.setAttribute("title", dateAndTime(first));
  parts.details.append(parts.story);
  return make(
    "li",
    { class: "row", tabindex: "-1", "data-incident": incident.incident_id },
    make("div", { class: "severity" }, parts.numeral, parts.severity),
    make(
      "div",
      { class: "facts" },
      make("div", { class: "line" }, parts.title, parts.state, parts.outcome, parts.level),
      make("div", { class: "line" }, parts.place, parts.camera),
      make("div", { class: "line" }, parts.source, parts.verified, parts.alerts, parts.owner),
    ),
    parts.units,
    make(
      "div",
      { class: "when" },
      parts.age,
      parts.first,
      make("div", { class: "acts" }, parts.acknowledge, parts.fold),
      parts.said,
    ),
    parts.details,
  );
}

function placeOf(incident: Incident): string {
  if (incident.area_id === UNMAPPED) return t("incident.unmapped");
  return incident.town === null ? named(incident.area) : `${named(incident.town)} · ${named(incident.area)}`;
}

function cameraOf(incident: Incident): string {
  return incident.camera === "" ? named(incident.room) : t("entry.camera", { camera: incident.camera });
}

function dispatchLine(dispatch: Dispatch, incident: Incident): HTMLLIElement {
  const start = Date.parse(incident.first_alert_at);
  const step = (name: string, moment: string): HTMLSpanElement =>
    make("span", { class: "step", title: dateAndTime(new Date(moment)) }, `${word("step", name)} ${stepAfter(Date.parse(moment) - start)}`);
  const steps = [step("offered", dispatch.offered_at)];
  for (const name of STEPS) {
    const moment = dispatch[`${name}_at`];
    if (moment !== null) steps.push(step(name, moment));
  }
  return make(
    "li",
    { class: "unit", "data-state": dispatch.state, "data-working": String(WORKING.includes(dispatch.state)) },
    make("span", { class: "unit-name", title: word("level", dispatch.level) }, named(dispatch.unit)),
    make("span", { class: "chip" }, word("dispatch", dispatch.state)),
    make("span", { class: "steps" }, ...steps),
  );
}

// How the watch itself is: how many alerts the duty officer has to follow, and where the roster has nobody.

import type { components } from "../api/relay.js";
import { ask, reasonOf } from "../kit/api.js";
import { byId, make, setText, showText } from "../kit/dom.js";
import { listed, named, roughAge, t, timeOfDay, word } from "../kit/texts.js";
import { poll } from "./polling.js";

type Budgets = components["schemas"]["BudgetList"];
type Roster = components["schemas"]["RosterShape"];
/** Who has what at the desk, and what the auditor saw. */
export type Watch = components["schemas"]["DeskWatch"];
type Beat = Roster["beats_with_holes"][number];

const CENTRE = "centre";
const BUDGET_EVERY_MS = 10_000;
const ROSTER_EVERY_MS = 60_000;
const DESK_EVERY_MS = 10_000;
/** The auditor looks every ten seconds: one that has been silent for so long proves nothing. */
const AUDIT_STALE_MS = 35_000;
const TIMER_LATE_S = 2;
const GROUPS_SHOWN = 20;
const NAMES_SHOWN = 3;
const DAYS = 7;
const HOLES_SHOWN = 3;

/** Show the centre's alert budget in the header from now on; return a way to ask at once. */
export function watchBudget(): () => void {
  const place = byId("budget");
  const take = (found: Budgets): void => {
    const centre = found.desks.find((each) => each.desk === CENTRE);
    if (centre === undefined) return;
    place.dataset["budget"] = centre.state;
    showText(place, t("budget.line", { count: centre.alerts, minutes: found.window_s / 60, state: word("budget_state", centre.state) }));
  };
  return poll("/alert-budget", BUDGET_EVERY_MS, take, () => {
    place.dataset["budget"] = "unknown";
    showText(place, t("budget.unknown"));
  });
}

/** Ask once who has what, and what the auditor saw. */
export function read(): Promise<Watch> {
  return ask<Watch>("/desk/watch");
}

/** Show who has what and the auditor's last look from now on; return a way to ask at once. */
export function watchDesk(show: (found: Watch) => void): () => void {
  const place = byId("audit");
  const take = (found: Watch): void => {
    show(found);
    const { state, text } = auditInWords(found);
    place.dataset["audit"] = state;
    setText(place, text);
  };
  return poll("/desk/watch", DESK_EVERY_MS, take, (fault) => {
    place.dataset["audit"] = "unknown";
    setText(place, t("audit.failed", { reason: reasonOf(fault) }));
  });
}

function auditInWords({ audit }: Watch): { state: string; text: string } {
  if (audit.looked_at === null || audit.age_s === null) return { state: "unknown", text: t("audit.never") };
  const looked = new Date(audit.looked_at);
  const age = audit.age_s * 1000;
  const time = timeOfDay(looked);
  if (age > AUDIT_STALE_MS) return { state: "unknown", text: t("audit.stale", { time, age: roughAge(age) }) };
  if (audit.forgotten > 0) return { state: "alarm", text: t("audit.forgotten", { count: audit.forgotten, time }) };
  if (audit.timer_late_s > TIMER_LATE_S) return { state: "alarm", text: t("audit.late", { seconds: Math.round(audit.timer_late_s), time }) };
  return { state: "good", text: t("audit.good", { severe: audit.severe_open, unowned: audit.severe_unowned, time }) };
}

/** Show the roster's holes from now on, in the header those of this moment; return a way to ask at once. */
export function watchRoster(): () => void {
  const [badge, list, note] = [byId("holes-now"), byId("holes"), byId("holes-note")];
  const take = (found: Roster): void => {
    showText(badge, found.holes_now > 0 ? t("roster.now", { count: found.holes_now }) : "");
    const beats = [...found.beats_with_holes].sort((one, other) => Number(isNow(other)) - Number(isNow(one)));
    const groups = alike(beats);
    const lines = groups.slice(0, GROUPS_SHOWN).map(groupLine);
    const left = groups.slice(GROUPS_SHOWN).reduce((sum, group) => sum + group.length, 0);
    if (left > 0) lines.push(make("li", { class: "quiet" }, t("roster.more", { count: left })));
    list.replaceChildren(...lines);
    showText(note, beats.length > 0 ? "" : t(found.units_with_shifts === 0 ? "roster.no_shifts" : "roster.whole"));
  };
  return poll("/roster?units=false", ROSTER_EVERY_MS, take, (fault) => showText(note, t("roster.failed", { reason: reasonOf(fault) })));
}

function isNow(beat: Beat): boolean {
  return beat.holes.some((hole) => hole.now);
}

/** Put beats with the very same holes together: a roster repeats itself from beat to beat. */
function alike(beats: Beat[]): Beat[][] {
  const groups = new Map<string, Beat[]>();
  for (const beat of beats) {
    const key = JSON.stringify(beat.holes);
    groups.set(key, [...(groups.get(key) ?? []), beat]);
  }
  return [...groups.values()];
}

function groupLine(group: Beat[]): HTMLLIElement {
  const [beat] = group;
  if (beat === undefined) return make("li");
  const spans = beat.holes.map((hole) => make("li", { "data-now": String(hole.now) }, hole.now ? make("span", { class: "chip" }, t("roster.nobody_now")) : null, make("span", {}, spanOf(hole))));
  // What is open now first, then the rest in the order of the week; one that is the same each day is said once.
  const daily = dailyOf(beat);
  const now = beat.holes.some((hole) => hole.now) ? make("li", { "data-now": "true" }, make("span", { class: "chip" }, t("roster.nobody_now"))) : null;
  const sorted = [...spans].sort((one, other) => Number(other.dataset["now"] === "true") - Number(one.dataset["now"] === "true"));
  const shown = daily === null ? sorted.slice(0, HOLES_SHOWN) : [...(now ? [now] : []), make("li", {}, make("span", {}, daily))];
  const more = daily === null ? spans.length - shown.length : 0;
  if (more > 0) shown.push(make("li", { class: "quiet" }, t("roster.more_times", { count: more })));
  const names = group.slice(0, NAMES_SHOWN).map(({ title }) => named(title));
  const others = group.length - names.length;
  const name = make("strong", {}, others > 0 ? t("roster.and_others", { names: listed(names), count: others }) : listed(names));
  return make("li", { class: "hole", "data-beat": beat.beat_id, "data-now": String(isNow(beat)) }, name, make("ul", {}, ...shown));
}

function spanOf({ begins, ends }: Beat["holes"][number]): string {
  return t("roster.span", { begins: weekTime(begins), ends: weekTime(ends) });
}

/** Return the one hole of each day in words, or null when the days differ; a night that the week's end cuts is one. */
function dailyOf({ holes }: Beat): string | null {
  const times = holes.map(({ begins, ends }) => [begins.split(" ")[1] ?? "", ends.split(" ")[1] ?? ""] as const);
  const whole = times.filter(([begins, ends], at) => !(at === 0 && begins === "00:00") && !(at === times.length - 1 && ends === "24:00"));
  const [first] = whole;
  const cut = times.length - whole.length;
  if (first === undefined || (whole.length !== DAYS && whole.length + cut / 2 !== DAYS)) return null;
  if (whole.some(([begins, ends]) => begins !== first[0] || ends !== first[1])) return null;
  if (cut > 0 && (times[0]?.[1] !== first[1] || times[times.length - 1]?.[0] !== first[0])) return null;
  return t("roster.daily", { begins: first[0], ends: first[1] });
}

/** Say a time of the week, which the relay writes as a day of three letters and the time. */
function weekTime(text: string): string {
  const [day, time] = text.split(" ");
  return `${word("weekday", day ?? "")} ${time ?? ""}`;
}

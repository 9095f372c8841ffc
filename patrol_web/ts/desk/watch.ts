// How the watch itself is: how many alerts the duty officer has to follow, and where the roster has nobody.

import type { components } from "../api/relay.js";
import { reasonOf } from "../kit/api.js";
import { byId, make, setText, showText } from "../kit/dom.js";
import { t, word } from "../kit/texts.js";
import { poll } from "./polling.js";

type Budgets = components["schemas"]["BudgetList"];
type Roster = components["schemas"]["RosterShape"];
type Beat = Roster["beats_with_holes"][number];

const CENTRE = "centre";
const BUDGET_EVERY_MS = 10_000;
const ROSTER_EVERY_MS = 60_000;
const BEATS_SHOWN = 20;
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

/** Show the roster's holes from now on, in the header those of this moment; return a way to ask at once. */
export function watchRoster(): () => void {
  const [badge, list, note] = [byId("holes-now"), byId("holes"), byId("holes-note")];
  const take = (found: Roster): void => {
    showText(badge, found.holes_now > 0 ? t("roster.now", { count: found.holes_now }) : "");
    const beats = [...found.beats_with_holes].sort((one, other) => Number(isNow(other)) - Number(isNow(one)));
    const lines = beats.slice(0, BEATS_SHOWN).map(beatLine);
    if (beats.length > lines.length) lines.push(make("li", { class: "quiet" }, t("roster.more", { count: beats.length - lines.length })));
    list.replaceChildren(...lines);
    showText(note, beats.length > 0 ? "" : t(found.units_with_shifts === 0 ? "roster.no_shifts" : "roster.whole"));
  };
  return poll("/roster?units=false", ROSTER_EVERY_MS, take, (fault) => showText(note, t("roster.failed", { reason: reasonOf(fault) })));
}

function isNow(beat: Beat): boolean {
  return beat.holes.some((hole) => hole.now);
}

function beatLine(beat: Beat): HTMLLIElement {
  // What is open now first, then the rest in the order of the week.
  const holes = [...beat.holes].sort((one, other) => Number(other.now) - Number(one.now));
  const lines = holes.slice(0, HOLES_SHOWN).map((hole) => {
    const span = t("roster.span", { begins: weekTime(hole.begins), ends: weekTime(hole.ends) });
    return make("li", { "data-now": String(hole.now) }, hole.now ? make("span", { class: "chip" }, t("roster.nobody_now")) : null, make("span", {}, span));
  });
  const more = holes.length - lines.length;
  if (more > 0) lines.push(make("li", { class: "quiet" }, t("roster.more_times", { count: more })));
  const name = make("strong");
  setText(name, beat.beat);
  return make("li", { class: "hole", "data-beat": beat.beat_id, "data-now": String(isNow(beat)) }, name, make("ul", {}, ...lines));
}

/** Say a time of the week, which the relay writes as a day of three letters and the time. */
function weekTime(text: string): string {
  const [day, time] = text.split(" ");
  return `${word("weekday", day ?? "")} ${time ?? ""}`;
}

// What happened to one incident, in the order it happened: read when a person unfolds it.

import type { components } from "../api/relay.js";
import { make } from "../kit/dom.js";
import { type Alert, showMedia } from "./media.js";
import { ask, reasonOf } from "../kit/api.js";
import { sentence } from "./sentences.js";
import { dateAndTime, named, t, timeOfDay, word } from "../kit/texts.js";

type Detail = components["schemas"]["IncidentDetail"];
type Entry = Detail["timeline"][number];
/** What of a line's detail, which is open in the API, this page shows. */
type KnownDetail = { level?: number; units?: string[]; count?: number; camera?: string; outcome?: string };

const RELAY = "relay";
const ALL = "?limit=10000";
const LOOK_AGAIN_MS = 2000;
const LOOK_AGAIN_AT_MOST_MS = 60_000;
// Which group of texts names the change of each kind of line.
const WORDS: Record<string, string> = { history: "change", alert: "alert", notification: "notification", count: "measure" };

/** Fill `place` with the incident's pictures and its timeline; return its alerts, or undefined when they cannot be read. */
export async function fillTimeline(place: HTMLElement, incidentId: string): Promise<Alert[] | undefined> {
  if (place.childElementCount === 0) {
    const loading = make("p", { class: "note" }, t("incident.timeline_loading"));
    place.replaceChildren(make("section", { hidden: true }), make("section", {}, loading));
  }
  const [media, timeline] = place.querySelectorAll<HTMLElement>(":scope > section");
  if (media === undefined || timeline === undefined) return undefined;
  try {
    const found = await ask<Detail>(`/incidents/${incidentId}${place.dataset["all"] === undefined ? "" : ALL}`);
    if (showMedia(media, found.alerts)) lookAgain(place, media, incidentId, LOOK_AGAIN_MS);
    const units = new Map(found.incident.dispatches.map((each) => [each.unit_id, named(each.unit)]));
    const { node, room } = found.incident;
    const nameOf = (actor: string): string => units.get(actor) ?? (actor === node ? named(room) : word("actor", actor));
    timeline.replaceChildren(
      make("h4", {}, t("incident.timeline")),
      make("ol", { class: "timeline" }, ...found.timeline.map((entry) => line(entry, nameOf))),
      ...leftOut(place, incidentId, found),
    );
    return found.alerts;
  } catch (fault) {
    timeline.replaceChildren(make("p", { class: "alarm" }, t("incident.timeline_failed", { reason: reasonOf(fault) })));
    return undefined;
  }
}

/** Say how many later ones are not shown, and give them when asked. */
function leftOut(place: HTMLElement, incidentId: string, { left_out }: Detail): HTMLElement[] {
  const { alerts, history, notifications } = left_out;
  const count = alerts + history + notifications;
  if (count === 0) return [];
  const all = make("button", { type: "button" }, t("incident.show_all"));
  all.addEventListener("click", () => {
    place.dataset["all"] = "";
    all.disabled = true;
    void fillTimeline(place, incidentId);
  });
  const asked = place.dataset["all"] !== undefined;
  return [make("p", { class: "line left-out" }, t("incident.left_out", { alerts, lines: history + notifications }), asked ? "" : all)];
}

/** Ask for what has not arrived, ever more seldom, while somebody looks: its arrival changes no incident. */
function lookAgain(place: HTMLElement, media: HTMLElement, incidentId: string, afterMs: number): void {
  clearTimeout(Number(media.dataset["look"]));
  const look = async (): Promise<void> => {
    if (!place.isConnected || place.closest("[hidden]") !== null) return;
    const found = await ask<Detail>(`/incidents/${incidentId}`).catch(() => null);
    if (found !== null && !showMedia(media, found.alerts)) return;
    lookAgain(place, media, incidentId, Math.min(2 * afterMs, LOOK_AGAIN_AT_MOST_MS));
  };
  media.dataset["look"] = String(setTimeout(() => void look(), afterMs));
}

function line(entry: Entry, nameOf: (actor: string) => string): HTMLLIElement {
  const at = new Date(entry.at);
  return make(
    "li",
    { "data-kind": entry.kind },
    make("time", { datetime: entry.at, title: dateAndTime(at) }, timeOfDay(at)),
    make("span", { class: "chip" }, word("entry", entry.kind)),
    make("strong", {}, word(WORDS[entry.kind] ?? "", entry.change)),
    make("span", { class: "quiet" }, nameOf(entry.actor)),
    more(entry),
  );
}

/** What the line adds in people's own words, or in figures; the relay's own sentences are in one language only. */
function more(entry: Entry): HTMLElement | null {
  const found: string[] = [];
  const { level, units, count, camera, outcome } = entry.detail as KnownDetail;
  if (level !== undefined) found.push(word("level", level));
  if (Array.isArray(units)) found.push(t("entry.units", { count: units.length }));
  if (entry.kind === "count") found.push((count ?? 0) > 0 ? `+${count}` : String(count));
  if (entry.kind === "alert" && camera) found.push(t("entry.camera", { camera }));
  if (outcome) found.push(word("outcome", outcome));
  if (entry.text && entry.kind !== "count" && entry.kind !== "notification" && entry.actor !== RELAY) found.push(sentence(entry.text));
  return found.length === 0 ? null : make("span", { class: "quiet" }, found.join(" · "));
}

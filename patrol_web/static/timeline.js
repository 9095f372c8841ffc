// What happened to one incident, in the order it happened: read when a person unfolds it.

import { make } from "./dom.js";
import { reasonOf } from "./faults.js";
import { showMedia } from "./media.js";
import { ask } from "./relay.js";
import { dateAndTime, named, t, timeOfDay, word } from "./texts.js";

const RELAY = "relay";
const LOOK_AGAIN_MS = 2000;
const LOOK_AGAIN_AT_MOST_MS = 60_000;
// Which group of texts names the change of each kind of line.
const WORDS = { history: "change", alert: "alert", notification: "notification", count: "measure" };

/** Fill `place` with the incident's pictures and its timeline. */
export async function fillTimeline(place, incidentId) {
  if (place.childElementCount === 0) {
    const loading = make("p", { class: "note" }, t("incident.timeline_loading"));
    place.replaceChildren(make("section", { hidden: true }), make("section", {}, loading));
  }
  const [media, timeline] = place.children;
  try {
    const found = await ask(`/incidents/${incidentId}`);
    if (showMedia(media, found.alerts)) lookAgain(place, media, incidentId, LOOK_AGAIN_MS);
    const units = new Map(found.incident.dispatches.map((each) => [each.unit_id, named(each.unit)]));
    const { node, room } = found.incident;
    const nameOf = (actor) => units.get(actor) ?? (actor === node ? named(room) : word("actor", actor));
    timeline.replaceChildren(
      make("h4", {}, t("incident.timeline")),
      make("ol", { class: "timeline" }, ...found.timeline.map((entry) => line(entry, nameOf))),
    );
  } catch (fault) {
    timeline.replaceChildren(make("p", { class: "alarm" }, t("incident.timeline_failed", { reason: reasonOf(fault) })));
  }
}

/** Ask for what has not arrived, ever more seldom, while somebody looks: its arrival changes no incident. */
function lookAgain(place, media, incidentId, afterMs) {
  clearTimeout(Number(media.dataset.look));
  const look = async () => {
    if (!place.isConnected || place.hidden) return;
    const found = await ask(`/incidents/${incidentId}`).catch(() => null);
    if (found !== null && !showMedia(media, found.alerts)) return;
    lookAgain(place, media, incidentId, Math.min(2 * afterMs, LOOK_AGAIN_AT_MOST_MS));
  };
  media.dataset.look = setTimeout(look, afterMs);
}

function line(entry, nameOf) {
  const at = new Date(entry.at);
  return make(
    "li",
    { "data-kind": entry.kind },
    make("time", { datetime: entry.at, title: dateAndTime(at) }, timeOfDay(at)),
    make("span", { class: "chip" }, word("entry", entry.kind)),
    make("strong", {}, word(WORDS[entry.kind], entry.change)),
    make("span", { class: "quiet" }, nameOf(entry.actor)),
    more(entry),
  );
}

/** What the line adds in people's own words, or in figures; the relay's own sentences are in one language only. */
function more(entry) {
  const found = [];
  const { level, units, count, camera, outcome } = entry.detail;
  if (level !== undefined) found.push(word("level", level));
  if (Array.isArray(units)) found.push(t("entry.units", { count: units.length }));
  if (entry.kind === "count") found.push(count > 0 ? `+${count}` : String(count));
  if (entry.kind === "alert" && camera) found.push(t("entry.camera", { camera }));
  if (outcome) found.push(word("outcome", outcome));
  if (entry.text && entry.kind !== "count" && entry.kind !== "notification" && entry.actor !== RELAY) found.push(entry.text);
  return found.length === 0 ? null : make("span", { class: "quiet" }, found.join(" · "));
}

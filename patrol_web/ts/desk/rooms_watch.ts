// Which video rooms nobody watches although the roster wants somebody there.

import type { components } from "../api/relay.js";
import { reasonOf } from "../kit/api.js";
import { byId, make, showText } from "../kit/dom.js";
import { dateAndTime, named, t } from "../kit/texts.js";
import { poll } from "./polling.js";

type Board = components["schemas"]["WatchBoard"];
type Room = Board["rooms"][number];

const EVERY_MS = 30_000;
const SHOWN = 20;

/** Show them from now on, their number in the header; return a way to ask at once. */
export function watchRooms(): () => void {
  const [badge, list, note] = [byId("unwatched-now"), byId("unwatched"), byId("unwatched-note")];
  const take = (found: Board): void => {
    const unwatched = found.rooms.filter((room) => room.watch === "unwatched");
    const lines = unwatched.slice(0, SHOWN).map(lineOf);
    if (unwatched.length > lines.length) lines.push(make("li", { class: "quiet" }, t("rooms_watch.more", { count: unwatched.length - lines.length })));
    list.replaceChildren(...lines);
    showText(badge, found.unwatched_now > 0 ? t("rooms_watch.now", { count: found.unwatched_now }) : "");
    showText(note, inWords(found));
  };
  return poll("/watch", EVERY_MS, take, (fault) => showText(note, t("rooms_watch.failed", { reason: reasonOf(fault) })));
}

function inWords(found: Board): string {
  if (found.rooms_planned === 0) return t("rooms_watch.no_plan");
  const lost = found.rooms.filter((room) => room.planned === true && room.watch === "unknown").length;
  const planned = found.planned_now;
  return t("rooms_watch.line", { planned, watched: planned - found.unwatched_now - lost, unwatched: found.unwatched_now, lost });
}

function lineOf({ node, title, until, last_round: last }: Room): HTMLLIElement {
  const facts = [until === null ? null : t("rooms_watch.until", { time: dateAndTime(new Date(until)) }), last === null ? null : t("rooms_watch.round", { time: dateAndTime(new Date(last.at)), seen: last.seen, cameras: last.cameras })];
  return make("li", { class: "hole", "data-room": node, "data-now": "true" }, make("strong", {}, named(title)), make("ul", {}, ...facts.filter((fact) => fact !== null).map((fact) => make("li", { class: "quiet" }, fact))));
}

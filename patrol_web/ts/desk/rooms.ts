// The rooms' presence: counts of all, and by name those that were ever heard of, the silent ones first.

import { byId, make, showText } from "../kit/dom.js";
import { age, named, t, word } from "../kit/texts.js";

import type { Room, SiteFigures } from "./relay.js";

const ORDER = ["lost", "late", "online"];
const MOST_LISTED = 30;

/** The panel of rooms. */
export class Rooms {
  #rooms: Room[] = [];
  #counts = byId("room-counts");
  #list = byId("room-list");
  #note = byId("rooms-note");

  /** Take all rooms that were ever heard of. */
  replace(rooms: Room[]): void {
    this.#rooms = [...rooms].sort(
      (one, other) => ORDER.indexOf(one.presence) - ORDER.indexOf(other.presence) || (one.node < other.node ? -1 : 1),
    );
  }

  /** Take the counts by presence, `never` for rooms that are not set up yet. */
  count(counts: SiteFigures["rooms"]): void {
    const shown = [...ORDER, "never"].filter((presence) => presence in counts);
    this.#counts.replaceChildren(
      ...shown.map((presence) =>
        make(
          "li",
          { class: "presence", "data-presence": presence },
          make("span", { class: "dot", "aria-hidden": "true" }),
          make("span", {}, word("presence", presence)),
          make("strong", {}, String(counts[presence])),
        ),
      ),
    );
    const total = Object.values(counts).reduce<number>((sum, count) => sum + (count ?? 0), 0);
    showText(this.#note, total === 0 ? t("rooms.none") : "");
  }

  /** Show each room with the age of its last sign of life; `now` is the relay's clock. */
  tick(now: number): void {
    const listed = this.#rooms.slice(0, MOST_LISTED).map((room) => {
      const seen = room.last_seen_at === null ? t("rooms.never") : t("rooms.seen", { age: age(now - Date.parse(room.last_seen_at)) });
      return make(
        "li",
        { class: "room", "data-presence": room.presence, "data-node": room.node },
        make("span", { class: "dot", "aria-hidden": "true" }),
        make("span", { class: "room-name" }, named(room.title)),
        make("span", { class: "quiet" }, `${word("presence", room.presence)} · ${seen}`),
      );
    });
    const more = this.#rooms.length - listed.length;
    if (more > 0) listed.push(make("li", { class: "quiet" }, t("rooms.more", { count: more })));
    this.#list.replaceChildren(...listed);
  }
}

// The queue of incidents: its order, which are shown, and that nothing moves under a person's hand.

import { byId, setText, showText } from "../kit/dom.js";
import type { Choices } from "./acts.js";
import type { Incident } from "./relay.js";
import { Row } from "./row.js";
import { t } from "../kit/texts.js";

const SEVERITIES = ["critical", "high", "normal", "low"];
const RANKS: Record<Incident["state"], number> = { new: 0, acknowledged: 1, dispatched: 1, on_scene: 1, resolved: 2, closed: 3, cancelled: 3 };
const FINISHED: string[] = ["resolved", "closed", "cancelled"];
const MOST_ROWS = 200;
const FINISHED_SHOWN_MS = 600_000;
/** As long as a hand takes from a row to the button above the list. */
const ON_THE_WAY_MS = 800;

/** Nobody's first, then by severity, then the oldest first; the same order as the API's. */
function before(one: Incident, other: Incident): number {
  return (
    RANKS[one.state] - RANKS[other.state] ||
    SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity) ||
    Date.parse(one.first_alert_at) - Date.parse(other.first_alert_at) ||
    (one.incident_id < other.incident_id ? -1 : 1)
  );
}

/** The list and its rows. */
export class Queue {
  #incidents = new Map<string, Incident>();
  #rows = new Map<string, Row>();
  #list = byId("queue");
  #note = byId("queue-note");
  #waiting = byId("waiting");
  #ready = false;
  #due = false;
  #onTheWayUntil = 0;

  #now: number | undefined;
  /** All kinds of incident and areas of the city, as they were read last. */
  choices: Choices | null = null;
  /** The state that is shown alone; empty: all. */
  only = "";

  /** `actor` returns who acts at the desk, or null while no name is given. */
  constructor(readonly actor: () => string | null) {
    this.#waiting.addEventListener("click", () => this.#arrange());
    for (const held of [this.#list, this.#waiting]) {
      held.addEventListener("focusout", () => requestAnimationFrame(() => this.show()));
      held.addEventListener("mouseleave", () => {
        this.#onTheWayUntil = performance.now() + ON_THE_WAY_MS;
        setTimeout(() => this.show(), ON_THE_WAY_MS);
      });
    }
  }

  /** Take the whole truth: what is not in it is gone. */
  replace(incidents: Incident[]): void {
    this.#incidents = new Map(incidents.map((incident) => [incident.incident_id, incident]));
    this.#ready = true;
    this.show();
  }

  /** Take changed incidents. */
  take(incidents: Incident[]): void {
    for (const incident of incidents) {
      const known = this.#incidents.get(incident.incident_id);
      if (known === undefined || known.revision <= incident.revision) {
        this.#incidents.set(incident.incident_id, incident);
      }
    }
    if (this.#due) return;
    // A burst of changes is shown once, with the next picture.
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      this.show();
    });
  }

  /** Show one state alone, or all with an empty word. */
  filter(state: string): void {
    this.only = state;
    this.#arrange();
  }

  /** Bring the list up to date; while a person points at it or works in it, rows change in place and none moves. */
  show(): void {
    for (const [id, row] of this.#rows) {
      const incident = this.#incidents.get(id);
      if (incident !== undefined && incident !== row.incident) row.update(incident);
    }
    if (!this.#isHeld()) {
      this.#arrange();
      return;
    }
    const fresh = this.#wanted().filter((incident) => !this.#rows.has(incident.incident_id)).length;
    showText(this.#waiting, fresh > 0 ? t("queue.waiting", { count: fresh }) : "");
  }

  /** Let the ages run and forget what was finished ten minutes ago; `now` is the relay's clock. */
  tick(now: number): void {
    this.#now = now;
    let gone = false;
    for (const [id, incident] of this.#incidents) {
      if (FINISHED.includes(incident.state) && now - Date.parse(incident.updated_at) > FINISHED_SHOWN_MS) {
        this.#incidents.delete(id);
        gone = true;
      }
    }
    if (gone) this.show();
    for (const row of this.#rows.values()) row.tick(now);
  }

  /** Return the other open incidents: those of the same area first, then those nearest in time. */
  beside(incidentId: string): Incident[] {
    const mine = this.#incidents.get(incidentId);
    if (mine === undefined) return [];
    const others = [...this.#incidents.values()].filter((each) => each !== mine && !FINISHED.includes(each.state));
    const away = (each: Incident): number => Math.abs(Date.parse(each.first_alert_at) - Date.parse(mine.first_alert_at));
    const elsewhere = (each: Incident): number => Number(each.area_id !== mine.area_id);
    return others.sort((one, other) => elsewhere(one) - elsewhere(other) || away(one) - away(other));
  }

  /** Say why there is nothing to show. */
  fail(reason: string): void {
    if (!this.#ready) showText(this.#note, t("queue.failed", { reason }));
  }

  /** Return the row that has the focus, or undefined. */
  focused(): Row | undefined {
    const element = document.activeElement?.closest<HTMLElement>(".row");
    return element ? this.#rows.get(element.dataset["incident"] ?? "") : undefined;
  }

  /** Move the focus by so many rows. */
  move(by: number): void {
    const rows = [...this.#list.querySelectorAll<HTMLElement>(":scope > .row")];
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  #isHeld(): boolean {
    if (this.#rows.size === 0) return false;
    if (this.#list.contains(document.activeElement)) return true;
    const waits = !this.#waiting.hidden;
    if (waits && document.activeElement === this.#waiting) return true;
    if (!matchMedia("(hover: hover)").matches) return false;
    // Who leaves the list for the button above it must find it there, and not a row that has come to its place.
    if (waits && (this.#waiting.matches(":hover") || performance.now() < this.#onTheWayUntil)) return true;
    return this.#list.matches(":hover");
  }

  #wanted(): Incident[] {
    const all = [...this.#incidents.values()].filter((incident) => this.only === "" || incident.state === this.only);
    return all.sort(before);
  }

  #arrange(): void {
    const wanted = this.#wanted();
    const shown = wanted.slice(0, MOST_ROWS);
    const keep = new Set(shown.map((incident) => incident.incident_id));
    for (const [id, row] of this.#rows) {
      if (!keep.has(id)) {
        row.element.remove();
        this.#rows.delete(id);
      }
    }
    shown.forEach((incident, position) => {
      let row = this.#rows.get(incident.incident_id);
      if (row === undefined) {
        row = new Row(incident, this);
        row.tick(this.#now ?? Date.now());
        this.#rows.set(incident.incident_id, row);
      }
      const there = this.#list.children[position];
      if (there !== row.element) this.#list.insertBefore(row.element, there ?? null);
    });
    showText(this.#waiting, "");
    this.#sayWhatIsMissing(wanted.length > MOST_ROWS, wanted);
  }

  #sayWhatIsMissing(cut: boolean, wanted: Incident[]): void {
    if (!this.#ready) setText(this.#note, t("queue.loading"));
    else if (cut) showText(this.#note, t("queue.more"));
    else if (this.only !== "" && wanted.length === 0) showText(this.#note, t("queue.empty_filtered"));
    else if (wanted.every((incident) => FINISHED.includes(incident.state))) showText(this.#note, t("queue.empty"));
    else showText(this.#note, "");
  }
}

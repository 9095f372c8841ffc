// The last flags: where each stands, what it is, and what the operator can still do about the newest.

import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { KitElement } from "../kit/element.js";
import { t, timeOfDay, word } from "../kit/texts.js";
import { type FlagPhase, UNCLASSIFIED } from "./flag_book.js";
import { firstUnplaced, type PlaceSaid } from "./flag_places.js";
import type { RemarksView } from "./flag_remarks.js";
import type { LonLat } from "./pointed_places.js";
import type { RemarkActs } from "./remark_line.js";
import "./remark_line.js";
import "./voice_player.js";

/** One flag as it is shown. */
export interface FlagRow {
  id: string;
  at: Date;
  camera: string;
  operator: string;
  phase: FlagPhase;
  /** How far it has come, as the room's program knows. */
  rung: string;
  /** What came of it; empty until that is known. */
  outcome: string;
  category: string;
  withdrawn: boolean;
  /** Where it is, and whether that can be pointed on the map. */
  place: LonLat | null;
  pointable: boolean;
  fault: string;
  /** The words added to it; empty: none. */
  note: string;
  /** Length of its voice note; 0: none. */
  voiceMs: number;
  /** True when it was pressed on this page, so that keys act on it. */
  own: boolean;
  /** Seconds left to take it back with one key; 0: no more. */
  withdrawS: number;
}

/** The ladder of a flag, from the disk of the room to what came of it. */
const RUNGS = ["stored", "delivered", "accepted", "on_scene", "outcome"];
const OUTCOME = "outcome";

/** What the list can be asked to do. */
export interface FlagActs {
  classify(category: string): void;
  withdraw(): void;
  remarks: RemarkActs;
  saidOf(alertId: string): string;
  point(row: FlagRow): void;
  placeSaidOf(alertId: string): PlaceSaid | undefined;
}

/** The list of flags. */
@customElement("flag-list")
export class FlagList extends KitElement {
  @property({ attribute: false }) rows: FlagRow[] = [];
  @property({ attribute: false }) kinds: string[] = [];
  @property({ attribute: false }) kindKeys: string[] = [];
  @property() withdrawKey = "";
  @property() noteKey = "";
  @property() voiceKey = "";
  @property() placeKey = "";
  /** What is being added to a flag. */
  @property({ attribute: false }) remarks: RemarksView | null = null;
  /** How many records wait for the relay while it is away; 0: it is there, or nothing waits. */
  @property({ type: Number }) queued = 0;
  /** True when this room has no relay. */
  @property({ type: Boolean }) alone = false;
  @property({ attribute: false }) acts: FlagActs | null = null;

  protected override render(): unknown {
    if (this.rows.length === 0) return html`<p class="note">${t("flag.none")}</p>`;
    return html`<ol class="flags">
      ${repeat(this.rows, (row) => row.id, (row, position) => this.#row(row, position === 0))}
    </ol>`;
  }

  #row(row: FlagRow, isNewest: boolean): unknown {
    const open = isNewest && row.own && row.phase === "stored" && !row.withdrawn;
    return html`<li class="flag" data-phase=${row.withdrawn ? "withdrawn" : row.phase} data-flag=${row.id}>
      <div class="line">
        <time datetime=${row.at.toISOString()}>${timeOfDay(row.at)}</time>
        <strong>${row.camera}</strong>
        <span class="kind">${word("category", row.category)}</span>
        <span class="ladder">${this.#ladder(row)}</span>
      </div>
      ${row.fault === "" ? nothing : html`<p class="alarm">${this.#fault(row)}</p>`}
      ${row.note === "" ? nothing : html`<p class="flag-words">${row.note}</p>`}
      ${row.voiceMs > 0 ? html`<voice-player .alertId=${row.id} .milliseconds=${row.voiceMs}></voice-player>` : nothing}
      ${open ? this.#choices(row) : nothing} ${row.pointable ? this.#place(row) : nothing}
      ${row.own && !row.withdrawn
        ? html`<remark-line
            .alertId=${row.id}
            .open=${open}
            .view=${this.remarks}
            .said=${this.acts?.saidOf(row.id) ?? ""}
            .noteKey=${this.noteKey}
            .voiceKey=${this.voiceKey}
            .acts=${this.acts?.remarks ?? null}
          ></remark-line>`
        : nothing}
    </li>`;
  }

  #ladder(row: FlagRow): string {
    if (row.withdrawn) return t("flag.withdrawn");
    if (row.phase !== "stored") return word("flag_phase", row.phase);
    if (row.rung === RUNGS[0] && this.alone) return t("flag.stored_alone");
    if (row.rung === RUNGS[0] && this.queued > 0) return t("flag.queued", { count: this.queued });
    const climbed = RUNGS.slice(0, RUNGS.indexOf(row.rung) + 1);
    return climbed.map((rung) => (rung === OUTCOME ? row.outcome : word("rung", rung))).join(" → ");
  }

  #fault(row: FlagRow): string {
    if (row.phase === "refused") return t("flag.refused_why", { reason: row.fault });
    if (row.phase === "unknown") return t("flag.unknown_why", { reason: row.fault });
    return t("flag.change_failed", { reason: row.fault });
  }

  /** The key stands where it acts: at the newest flag whose place nobody knows. */
  #place(row: FlagRow): unknown {
    const { place } = row;
    const said = this.acts?.placeSaidOf(row.id);
    const key = firstUnplaced(this.rows)?.id === row.id ? html`<kbd>${this.placeKey}</kbd> ` : nothing;
    return html`<div class="choices flag-place">
      <button type="button" class="plain" data-act="point" @click=${() => this.acts?.point(row)}>
        ${key}${t(place === null ? "flag.point" : "flag.point_again")}
      </button>
      ${place === null ? nothing : html`<span class="quiet">${t("flag.place", { lon: place[0], lat: place[1] })}</span>`}
      ${said === undefined
        ? nothing
        : html`<span class=${said.failed ? "alarm" : "quiet"} role=${said.failed ? "alert" : "status"}>${said.text}</span>`}
    </div>`;
  }

  #choices(row: FlagRow): unknown {
    const withdraw = html`<button type="button" class="plain" @click=${() => this.acts?.withdraw()}>
      <kbd>${this.withdrawKey}</kbd> ${t("flag.withdraw", { seconds: row.withdrawS })}
    </button>`;
    return html`<div class="choices" role="group" aria-label=${t("flag.kinds")}>
      ${this.kinds.map(
        (kind, position) =>
          html`<button
            type="button"
            class="kind-choice"
            aria-pressed=${row.category === kind}
            @click=${() => this.acts?.classify(kind)}
          >
            <kbd>${this.kindKeys[position] ?? ""}</kbd> ${word("category", kind)}
          </button>`,
      )}
      ${row.withdrawS > 0 ? withdraw : nothing}
      ${row.category === UNCLASSIFIED ? nothing : html`<span class="quiet">${t("flag.kind_stored")}</span>`}
    </div>`;
  }
}

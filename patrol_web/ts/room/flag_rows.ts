// The flags that are shown: those pressed on this page, with what the room's state knows of them, then the others.

import { word } from "../kit/texts.js";
import { FlagBook, type OwnFlag } from "./flag_book.js";
import type { FlagRow } from "./flag_list.js";
import type { LonLat } from "./pointed_places.js";
import type { RoomAlert, WallCamera } from "./shapes.js";

const MOST_SHOWN = 6;
const WITHDRAW_WITHIN_S = 10;
const WITHDRAWN = "withdrawn";
const STORED = "stored";

/** What the rows ask of the page. */
export interface RowSource {
  readonly book: FlagBook;
  readonly alerts: readonly RoomAlert[];
  title(camera: string): string;
  camera(name: string): WallCamera | undefined;
  /** Return the place that was stored for a flag from this page. */
  placeOf(alertId: string): LonLat | undefined;
}

/** Return the rows, the newest first. */
export function flagRows(source: RowSource): FlagRow[] {
  const { book, alerts } = source;
  const known = new Map(alerts.filter((one) => one.source === "flag").map((one) => [one.alert_id, one]));
  const own = book.flags.map((flag, position) => ownRow(flag, position, source, known.get(flag.alertId)));
  const mine = new Set(book.flags.map((flag) => flag.alertId));
  const others = [...known.values()].filter((one) => !mine.has(one.alert_id)).map((one) => otherRow(one, source));
  return [...own, ...others].sort((one, other) => other.at.getTime() - one.at.getTime()).slice(0, MOST_SHOWN);
}

function ownRow(flag: OwnFlag, position: number, source: RowSource, known: RoomAlert | undefined): FlagRow {
  const withdrawn = flag.withdrawn || known?.standing === WITHDRAWN;
  const left = Math.ceil(WITHDRAW_WITHIN_S - (Date.now() - flag.pressedAt) / 1000);
  return {
    id: flag.alertId || `pressed-${flag.pressedAt}`,
    at: new Date(flag.pressedAt),
    camera: source.title(flag.camera),
    operator: known?.operator ?? "",
    phase: flag.phase,
    rung: known?.rung ?? STORED,
    outcome: outcomeText(known),
    category: flag.category,
    note: flag.note || (known?.note ?? ""),
    voiceMs: flag.voiceMs || (known?.voice_ms ?? 0),
    own: true,
    withdrawn,
    ...placeOf(known ?? asStored(flag, source), withdrawn, source),
    fault: flag.fault,
    withdrawS: position === 0 && source.book.mayWithdraw(flag) ? Math.max(0, left) : 0,
  };
}

function otherRow(alert: RoomAlert, source: RowSource): FlagRow {
  const withdrawn = alert.standing === WITHDRAWN;
  return {
    id: alert.alert_id,
    at: new Date(alert.raised_at),
    camera: alert.camera === null ? "" : source.title(alert.camera),
    operator: alert.operator,
    phase: "stored",
    rung: alert.rung,
    outcome: outcomeText(alert),
    category: alert.category,
    note: alert.note,
    voiceMs: alert.voice_ms,
    own: false,
    withdrawn,
    ...placeOf(alert, withdrawn, source),
    fault: "",
    withdrawS: 0,
  };
}

/** Where it is, and whether the operator may say so: nobody knows it, or it was pointed, for its camera has none. */
function placeOf(
  alert: Pick<RoomAlert, "alert_id" | "camera" | "place"> | undefined, withdrawn: boolean, source: RowSource,
): Pick<FlagRow, "place" | "pointable"> {
  if (alert === undefined) return { place: null, pointable: false };
  const place = source.placeOf(alert.alert_id) ?? alert.place ?? null;
  const bare = alert.camera !== null && source.camera(alert.camera)?.has_place === false;
  return { place, pointable: !withdrawn && (place === null || bare) };
}

/** What is known of a flag of this page before the room's state brings it; of a camera with a place, nothing yet. */
function asStored(flag: OwnFlag, source: RowSource): Pick<RoomAlert, "alert_id" | "camera" | "place"> | undefined {
  if (flag.phase !== "stored" || source.camera(flag.camera)?.has_place !== false) return undefined;
  return { alert_id: flag.alertId, camera: flag.camera, place: flag.place };
}

/** What was found, else how the incident ended. */
function outcomeText(alert: RoomAlert | undefined): string {
  if (!alert?.progress) return "";
  const { outcome, incident_state } = alert.progress;
  return outcome === null ? word("state", incident_state) : word("outcome", outcome);
}
